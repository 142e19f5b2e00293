#!/usr/bin/env bash
# What a history costs that was searched before: `keysift history` on ten new commits, beside a search of all of it.
#
#     benches/incremental.sh REPO [ROUNDS] [PROGRAM]
#
# REPO is a repository with a HEAD, best a mirror (git clone --mirror); it is not changed: a clone that borrows its
# objects is searched, gets ten commits of two changed files each, and is searched again, each time with the store that
# the first search left. PROGRAM is a keysift that is built already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=${1:?usage: benches/incremental.sh REPO [ROUNDS] [PROGRAM]}
rounds=${2:-5}
repo=$(cd "$repo" && pwd)
cd "$here/.."

if [ $# -ge 3 ]; then
    keysift=$(realpath "$3")
else
    # shellcheck source=benches/build.sh
    . "$here/build.sh"
fi

# shellcheck source=benches/work.sh
. "$here/work.sh"
clone=$work/clone
git clone --quiet --mirror --shared "$repo" "$clone"
"$keysift" history --store "$work/first.redb" --exit-zero --quiet "$clone" >/dev/null || [ $? -eq 3 ]

export GIT_INDEX_FILE=$work/index
git -C "$clone" read-tree HEAD
git -C "$clone" ls-tree -r HEAD | awk '$2 == "blob" && $1 == "100644"' | cut -f 2 >"$work/files"
count=$(wc -l <"$work/files")
for number in 1 2 3 4 5 6 7 8 9 10; do
    for step in 1 2; do
        file=$(sed -n "$((count * (2 * number + step - 2) / 21 + 1))p" "$work/files")
        blob=$({ git -C "$clone" cat-file blob ":$file" && echo "a line more, the $number."; } |
            git -C "$clone" hash-object -w --stdin)
        git -C "$clone" update-index --cacheinfo "100644,$blob,$file"
    done
    tree=$(git -C "$clone" write-tree)
    commit=$(git -C "$clone" commit-tree "$tree" -p HEAD -m "change $number")
    git -C "$clone" update-ref HEAD "$commit"
done
unset GIT_INDEX_FILE

"$keysift" --version
export BEFORE="cp '$work/first.redb' '$work/store.redb'"
python3 "$here/measure.py" "$rounds" \
    "history" - "$keysift" history --no-store --format json "$clone" \
    ::: "history, ten new commits" 300ms "$keysift" history --store "$work/store.redb" --format json "$clone"
