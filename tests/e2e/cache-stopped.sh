#!/usr/bin/env bash
# The last of all: both write a cache folder, the cluster is stopped, and each is served by the other's.
#
#   cache-stopped.sh BIN_DIR CLUSTER_DIR
#
# Prints TAP; exit status 1 when anything differs. The cluster stays stopped.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ours() { KUBECACHEDIR=$1 "$BIN_DIR/kube-api-resources" --kubeconfig "$CONFIG" "${@:2}"; }
kubectls() { "$TOOLS/kubectl" api-resources --kubeconfig "$CONFIG" --cache-dir "$1" "${@:2}"; }

main() {
    (($# == 2)) || die "usage: cache-stopped.sh BIN_DIR CLUSTER_DIR"
    BIN_DIR=$1
    CONFIG=$2/admin.kubeconfig
    TOOLS=$(e2e_tools)
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT
    export HOME=$SCRATCH

    ours "$SCRATCH/ours" --cached >"$SCRATCH/table"
    kubectls "$SCRATCH/kubectl" --cached >/dev/null
    "$E2E_HERE/cluster.sh" stop "$2"

    local failures=0 number=0 name status
    for name in "kubectl's folder serves us" "our folder serves kubectl" "our folder serves us" \
        "without a folder there is an error"; do
        number=$((number + 1))
        status=0
        case $number in
        1) ours "$SCRATCH/kubectl" --cached >"$SCRATCH/said" 2>&1 || status=$? ;;
        2) kubectls "$SCRATCH/ours" --cached >"$SCRATCH/said" 2>&1 || status=$? ;;
        3) ours "$SCRATCH/ours" --cached >"$SCRATCH/said" 2>&1 || status=$? ;;
        4) ours "$SCRATCH/none" --cached >"$SCRATCH/said" 2>&1 || status=$? ;;
        esac
        if ((number < 4)) && ((status == 0)) && diff "$SCRATCH/table" "$SCRATCH/said" >"$SCRATCH/diff"; then
            printf 'ok %d - stopped: %s\n' "$number" "$name"
        elif ((number == 4 && status == 1)) && grep -q '^error: .*no connection' "$SCRATCH/said"; then
            printf 'ok %d - stopped: %s\n' "$number" "$name"
        else
            failures=$((failures + 1))
            printf 'not ok %d - stopped: %s\n' "$number" "$name"
            head -n 20 "$SCRATCH/said" | sed 's/^/# /'
        fi
    done
    printf '1..%d\n' "$number"
    ((failures == 0))
}

main "$@"
