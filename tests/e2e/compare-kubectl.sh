#!/usr/bin/env bash
# Runs kubectl and our program with the same flags against a live cluster; standard output and exit status must be
# equal.
#
#   compare-kubectl.sh BIN_DIR CLUSTER_DIR [LABEL]
#
# Prints TAP: one line per command line, a difference as comments below it. Exit status 1 when any differs, or kubectl
# fails. Standard error is not compared: ours is our own.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly LIMIT_S=300

# capture SIDE PROGRAM ARGS...: output, errors and status of one run in a home of its own, so that nothing is cached.
capture() {
    local side=$SCRATCH/$1 status=0
    shift
    rm -rf "$side"
    mkdir -p "$side/home" "$side/cache"
    HOME=$side/home KUBECACHEDIR=$side/cache timeout "$LIMIT_S" "$@" \
        >"$side/stdout" 2>"$side/stderr" </dev/null || status=$?
    printf '%s\n' "$status" >"$side/status"
}

# compare COMMAND FLAGS...: COMMAND is kubectl's; ours is a program of that name.
compare() {
    local command=$1 own_flags=()
    shift
    [[ $command != api-resources ]] || own_flags=(--cache=none)
    capture kubectl "$TOOLS/kubectl" "$command" --kubeconfig "$KUBECONFIG_FILE" "$@"
    capture ours "$BIN_DIR/kube-$command" --kubeconfig "$KUBECONFIG_FILE" "${own_flags[@]}" "$@"
    # Two that are refused by the server would be alike.
    if [[ $(<"$SCRATCH/kubectl/status") != 0 ]]; then
        { echo "kubectl itself fails: $(<"$SCRATCH/kubectl/status")"; cat "$SCRATCH/kubectl/stderr"; } >"$SCRATCH/diff"
        return 1
    fi
    (
        cd "$SCRATCH"
        diff -u --label kubectl --label ours kubectl/status ours/status &&
            diff -u --label kubectl --label ours kubectl/stdout ours/stdout
    ) >"$SCRATCH/diff" && return
    sed 's/^/ours says: /' "$SCRATCH/ours/stderr" >>"$SCRATCH/diff"
    return 1
}

main() {
    (($# == 2 || $# == 3)) || die "usage: compare-kubectl.sh BIN_DIR CLUSTER_DIR [LABEL]"
    BIN_DIR=$1
    KUBECONFIG_FILE=$2/admin.kubeconfig
    TOOLS=$(e2e_tools)
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT

    local line label=${3:+$3: } number=0 failures=0 words
    while IFS= read -r line; do
        read -ra words <<<"${line#*|}"
        number=$((number + 1))
        if compare "${words[@]}"; then
            printf 'ok %d - %s%s\n' "$number" "$label" "${words[*]}"
        else
            failures=$((failures + 1))
            printf 'not ok %d - %s%s\n' "$number" "$label" "${words[*]}"
            head -n 40 "$SCRATCH/diff" | sed 's/^/# /'
        fi
    done < <(e2e_kubectl_cases)
    printf '1..%d\n' "$number"
    ((failures == 0))
}

main "$@"
