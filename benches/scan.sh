#!/usr/bin/env bash
# keysift's scan of files beside ripgrep's search for one literal in the same files.
#
#     benches/scan.sh DIR [ROUNDS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: benches/scan.sh DIR [ROUNDS]}
rounds=${2:-5}
dir=$(cd "$dir" && pwd)
cd "$here/.."

# shellcheck source=benches/build.sh
. "$here/build.sh"

printf '%s, %s files, %s bytes\n' "$("$keysift" --version)" "$(find "$dir" -type f | wc -l)" \
    "$(find "$dir" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')"
if ! command -v rg >/dev/null 2>&1; then
    echo "SKIPPED: no rg on this machine (apt-get install ripgrep), so there is no ratio" >&2
    exec python3 "$here/measure.py" "$rounds" "scan" - "$keysift" scan --format json "$dir"
fi
python3 "$here/measure.py" "$rounds" \
    "rg -uu -c AKIA" - rg -uu -c AKIA "$dir" \
    ::: "scan" 4 "$keysift" scan --format json "$dir"
