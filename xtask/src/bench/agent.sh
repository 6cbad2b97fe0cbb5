# The agent of the benchmark: edits five files of its own and commits.
set -eu
cat >/dev/null
number=${SWARM_TASK_ID#task-}
for edit in 0 1 2 3 4; do
    file=$((number * 5 + edit))
    echo "edited by $SWARM_TASK_ID" >>"src/$((file / 50))/$file.txt"
done
git commit --quiet --all --message "Edit five files for $SWARM_TASK_ID"
echo "Edited five files."
