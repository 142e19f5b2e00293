#!/usr/bin/env bash
# What the GitHub Action does: finds out which commits the event is about, sees to it that they are here, searches them,
# and reports. Told by variables only, see action.yml.
set -euo pipefail

fail() {
    printf '::error title=keysift::%s\n' "$*"
    exit 2
}

# The checkout may belong to another user than the one that runs this, in a container for instance.
git() {
    command git -c safe.directory="$PWD" "$@"
}

have() {
    [ -n "$1" ] && git cat-file -e "$1^{commit}" 2>/dev/null
}

is_shallow() {
    [ "$(git rev-parse --is-shallow-repository)" = true ]
}

# Whether all commits of $1..$2 are here, with their parents.
is_whole() {
    have "$1" && have "$2" || return 1
    is_shallow || return 0
    local boundary
    boundary=$(git rev-parse --git-path shallow)
    [ -z "$(comm -12 <(git rev-list "$2" --not "$1" | sort) <(sort "$boundary"))" ]
}

# Fetches until $1..$2 is whole: a checkout of one commit holds nothing to compare with.
deepen() {
    local depth
    for depth in 100 1000; do
        is_whole "$1" "$2" && return
        is_shallow || break
        git fetch --quiet --no-tags --no-recurse-submodules --depth="$depth" origin "$1" "$2" 2>/dev/null || true
    done
    is_whole "$1" "$2" && return
    if is_shallow; then
        git fetch --quiet --no-tags --no-recurse-submodules --unshallow origin 2>/dev/null || true
    fi
    is_whole "$1" "$2" && return
    git fetch --quiet --no-tags --no-recurse-submodules origin "$1" "$2" 2>/dev/null || true
    is_whole "$1" "$2"
}

everything() {
    if is_shallow; then
        git fetch --quiet --unshallow --tags origin 2>/dev/null ||
            fail 'This checkout is shallow and cannot be deepened. Give actions/checkout the option fetch-depth: 0'
    fi
    searched=history
}

between() {
    deepen "$1" "$2" ||
        fail "The commits $1..$2 are not all here and cannot be fetched. Give actions/checkout the option fetch-depth: 0"
    searched=$1..$2
}

is_none() {
    [[ $1 =~ ^0*$ ]]
}

# What a push is about. A new branch has nothing before it, and what a forced push replaced may be gone: then it is
# what the branch has and the default branch has not.
pushed() {
    if is_none "$head"; then
        searched=
    elif ! is_none "$base" && deepen "$base" "$head"; then
        searched=$base..$head
    elif [ "${KEYSIFT_REF:-}" = "refs/heads/$KEYSIFT_DEFAULT_BRANCH" ]; then
        everything
    elif git fetch --quiet --no-tags origin "+refs/heads/$KEYSIFT_DEFAULT_BRANCH:refs/remotes/origin/$KEYSIFT_DEFAULT_BRANCH" 2>/dev/null; then
        between "$(git rev-parse "refs/remotes/origin/$KEYSIFT_DEFAULT_BRANCH")" "$head"
    else
        everything
    fi
}

# Sets keysift to the program.
find_program() {
    if [ -n "$KEYSIFT_PROGRAM" ]; then
        keysift=$KEYSIFT_PROGRAM
    elif ! keysift=$(command -v keysift); then
        local root=${RUNNER_TEMP:-/tmp}/keysift
        # With cargo-auditable the program tells what it was built from.
        local auditable=()
        if cargo auditable --version >/dev/null 2>&1; then auditable=(auditable); fi
        cargo "${auditable[@]}" install --quiet --locked --path "$KEYSIFT_ACTION" --root "$root" ||
            fail 'keysift cannot be built: install Rust before this step, or give the input "program"'
        keysift=$root/bin/keysift
    fi
}

# Takes configuration and baseline from the commit that the event starts from: what a pull request brings must not say
# what counts in it. Without such a commit it is HEAD.
trusted() {
    local commit=$base folder=$work/trusted
    have "$commit" || commit=HEAD
    git rev-parse --quiet --verify "$commit^{commit}" >"$work/commit" || return 0
    GIT_INDEX_FILE=$work/index git read-tree "$commit"
    GIT_INDEX_FILE=$work/index git ls-files -z -- ':(glob)**/*.toml' ':(glob)**/*baseline*' |
        GIT_INDEX_FILE=$work/index git checkout-index -z --stdin --prefix="$folder/"
    echo "keysift: configuration and baseline of $(cat "$work/commit")"
    if [ -f "$folder/.keysift.toml" ]; then
        options+=(--config "$folder/.keysift.toml")
    fi
    if [ -f "$folder/.keysift-baseline" ] && ! grep -qs '^baseline *=' "$folder/.keysift.toml"; then
        options+=(--baseline "$folder/.keysift-baseline")
    fi
}

output() {
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

base=${KEYSIFT_BASE:-}
head=${KEYSIFT_HEAD:-}
for id in "$base" "$head"; do
    [[ $id =~ ^[0-9a-f]*$ ]] || fail 'The event names something that is no commit'
done
case $KEYSIFT_RANGE:$KEYSIFT_EVENT in
history:*) everything ;;
?*:*) searched=$KEYSIFT_RANGE ;;
:pull_request | :pull_request_target | :merge_group) between "$base" "$head" ;;
:push) pushed ;;
*) everything ;;
esac
output searched "$searched"
if [ -z "$searched" ]; then
    echo 'keysift: a branch was deleted, so there is nothing to search'
    output status clean
    output findings 0
    exit 0
fi

find_program
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
options=(--color never --no-repo-config)
trusted
command=(range)
target=(-- "$searched")
if [ "$searched" = history ]; then
    command=(history)
    target=()
fi
code=0
"$keysift" "${command[@]}" "${options[@]}" --format human --format "sarif=$KEYSIFT_SARIF" --sarif-suppressed omit \
    --format "jsonl=$work/lines" --format "github=$work/annotations" --format "markdown=$work/summary" \
    "${target[@]}" >"$work/report" || code=$?
# The report quotes what was searched: no line of it may be taken for a command.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"
cat "$work/report"
printf '\n::%s::\n' "$token"
[ "$code" -le 3 ] && [ "$code" -ne 2 ] || fail 'keysift gave no answer: see above'
cat "$work/annotations"
case $code in
0) status=clean ;;
1) status=found ;;
*) status=incomplete ;;
esac
output status "$status"
output findings "$(grep -c '^{"type":"finding"' "$work/lines" || true)"
output sarif "$KEYSIFT_SARIF"
# A summary may have a megabyte.
head -c 1000000 "$work/summary" >>"$GITHUB_STEP_SUMMARY"
[ "$code" -ne 1 ] || [ "$KEYSIFT_FAIL" != false ] || code=0
exit "$code"
