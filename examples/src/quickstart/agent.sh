#!/bin/sh
# A scripted agent. A real one reads the prompt from standard input and thinks;
# this one looks at the task's id and at its role, and does what it was told
# to do beforehand. It works where it was started: in a worktree of its own.
set -eu
cat >/dev/null # the prompt

# Looks busy for a moment.
pause() { sleep 0.4 2>/dev/null || sleep 1; }

commit() {
    git add --all
    git commit --quiet --message "$1"
}

# Waits until both agents of the conflict are at work, so that neither sees
# what the other one does.
meet() {
    here=$(dirname "$0")
    : >"$here/$SWARM_TASK_ID.began"
    tries=0
    until [ -e "$here/$1.began" ] || [ "$tries" -ge 20 ]; do
        pause
        tries=$((tries + 1))
    done
}

case $SWARM_ROLE in
resolve)
    # The line moved, and git cannot merge the two by itself: take it in.
    git merge --quiet "$SWARM_ONTO" >/dev/null 2>&1 || true
    printf 'Open from 9 to 17, closed on Sundays.\n' >hours.txt
    commit 'Say both: the hours and the day off'
    echo 'Took in the other change and kept both.'
    exit
    ;;
fix)
    # The gate said what is wrong.
    pause
    sed 's/teh/the/' soup.txt >soup.new
    mv soup.new soup.txt
    commit 'Mend the spelling'
    echo 'Mended what the gate found.'
    exit
    ;;
esac

pause
case $SWARM_TASK_ID in
bread)
    printf 'Bread: flour, water, salt. Bake until it sounds hollow.\n' >bread.txt
    ;;
soup)
    printf 'Soup: leek and potatoes. Let teh pot simmer.\n' >soup.txt
    ;;
menu)
    # Depends on bread and soup: both are here.
    { echo 'Today:' && cat bread.txt soup.txt; } >menu.txt
    ;;
hours)
    meet sundays
    printf 'Open from 9 to 17.\n' >hours.txt
    ;;
sundays)
    meet hours
    printf 'Closed on Sundays.\n' >hours.txt
    ;;
thanks)
    printf 'Thank you, and see you soon.\n' >>README.md
    ;;
esac
commit "Do the task $SWARM_TASK_ID"
echo "Did the task $SWARM_TASK_ID."
