#!/usr/bin/env bash
# Start to end of what a commit hook waits for: `keysift staged` on a small repository with three changes staged.
#
#     benches/staged.sh [ROUNDS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-20}
cd "$here/.."

# shellcheck source=benches/build.sh
. "$here/build.sh"

# shellcheck source=benches/work.sh
. "$here/work.sh"
git init --quiet "$work"
for folder in a b c d e; do
    mkdir "$work/$folder"
    for file in 1 2 3 4 5 6 7 8 9 10; do
        seq -f "line %g of $folder/$file" 1 400 >"$work/$folder/$file.txt"
    done
done
git -C "$work" add --all
git -C "$work" commit --quiet --message "fifty files"
for file in a/1 b/2 c/3; do
    printf 'region = "eu-central-1"\n' >>"$work/$file.txt"
done
git -C "$work" add --all

"$keysift" --version
python3 "$here/measure.py" "$rounds" \
    "an empty process (true)" - true \
    ::: "staged" 15ms "$keysift" staged "$work" \
    ::: "git diff --cached --quiet" - git -C "$work" diff --cached --quiet
