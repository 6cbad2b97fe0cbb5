# What one would write without swarm, and what swarm is measured against: no
# gates, no retries, no record; a conflict or a crash and a person must look.
#
# usage: bash plain.sh REPO TREES TASKS AGENT JOBS
set -euo pipefail
repo=$1 trees=$2 tasks=$3 agent=$4 jobs=$5
list=("$tasks"/*.md)

one() {
    local id tree branch
    id=$(basename "$1" .md)
    tree=$trees/$id
    branch=work/$id
    locked git -C "$repo" worktree add --quiet -b "$branch" "$tree" main
    (cd "$tree" && SWARM_TASK_ID=$id sh "$agent" <"$1" >/dev/null)
    locked git -C "$repo" merge --quiet --no-ff --message "Land $id" "$branch"
    locked git -C "$repo" worktree remove "$tree"
    locked git -C "$repo" branch --quiet -D "$branch"
}

# Merges share the checkout, and git is no friend of worktrees that come and go
# while it looks at them: only the agents run side by side.
locked() {
    if ((jobs == 1)); then
        "$@"
    else
        flock 9
        "$@"
        flock -u 9
    fi
}

worker() {
    local next
    exec 9>"$repo/.git/plain.lock"
    for ((next = $1; next < ${#list[@]}; next += jobs)); do
        one "${list[next]}"
    done
}

workers=()
for ((number = 0; number < jobs; number++)); do
    worker "$number" &
    workers+=($!)
done
for worker in "${workers[@]}"; do
    wait "$worker"
done
