#!/usr/bin/env bash
# How far keysift's history scan is from the least that reading a repository costs.
#
#     benches/history.sh REPO [ROUNDS]
#
# REPO is a repository with packs, best a mirror (git clone --mirror). Prints, from one run on this machine, the time
# to decode every blob and look at nothing, the same with all other objects that a search has to decode, keysift without
# attribution, and keysift whole, as ratios to the first; and what all rules cost over those for AWS alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=${1:?usage: benches/history.sh REPO [ROUNDS]}
rounds=${2:-5}
repo=$(cd "$repo" && pwd)
cd "$here/.."

# shellcheck source=benches/build.sh
. "$here/build.sh" with-yardstick

printf '%s, packs of %s bytes\n' "$("$keysift" --version)" \
    "$(find "$repo/objects/pack" "$repo/.git/objects/pack" -name '*.pack' -exec cat {} + 2>/dev/null | wc -c)"
python3 "$here/measure.py" "$rounds" \
    "decode-only (libdeflate)" - "$decode_only" "$repo" \
    ::: "the same, and commits and tags" - "$decode_only" "$repo" --texts \
    ::: "the same, commits, tags and trees" - "$decode_only" "$repo" --texts --trees \
    ::: "decode-only (zlib-rs)" - "$decode_only" "$repo" --zlib-rs \
    ::: "history --no-attribution" 1.3 "$keysift" history --no-store --no-attribution --format json "$repo" \
    ::: "history" 2.2 "$keysift" history --no-store --format json "$repo" \
    ::: "history, AWS rules alone" - "$keysift" history --no-store --rule 'aws-*' --format json "$repo" \
    ::: "history, all rules" '1.25 of history, AWS rules alone' "$keysift" history --no-store --format json "$repo" \
    ::: "history --full-blobs" - "$keysift" history --no-store --full-blobs --format json "$repo"
