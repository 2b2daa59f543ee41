#!/usr/bin/env bash
# Records tests/fixtures/kube-apiserver-<minor> anew: a bare cluster, one with dead API services, and a large one.
#
#   renew-fixtures.sh [OUT]
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

finish() {
    [[ ! -d $DIR/logs ]] || "$E2E_HERE/cluster.sh" stop "$DIR"
    rm -rf "$DIR"
}

# fresh_cluster: each recording starts from nothing, so that it does not depend on what was recorded before.
fresh_cluster() {
    [[ ! -d $DIR/logs ]] || "$E2E_HERE/cluster.sh" stop "$DIR"
    "$E2E_HERE/cluster.sh" start "$DIR"
}

record() { "$E2E_HERE/record-fixtures.sh" "$DIR" "$OUT/$1"; }

main() {
    local minor
    minor=$(awk '$1 == "k8s.io/kubernetes" { split($2, part, "."); print part[2]; exit }' "$E2E_HERE/tools/go.mod")
    OUT=$(realpath -m "${1:-$E2E_HERE/../fixtures/kube-apiserver-1.$minor}")
    DIR=$(mktemp -d /tmp/kube-e2e.XXXXXX)
    trap finish EXIT
    trap 'exit 130' INT TERM HUP

    fresh_cluster
    record bare
    "$E2E_HERE/dead-apiservice.sh" "$DIR/admin.kubeconfig"
    record stale
    fresh_cluster
    "$E2E_HERE/large-cluster.sh" "$DIR/admin.kubeconfig"
    record large
}

main "$@"
