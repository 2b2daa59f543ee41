#!/usr/bin/env bash
# Discovery and its caches beside client-go, both in one run and in turn, against a real kube-apiserver with 500 custom
# resources. The answers are compared first. The result is a table, and build-bench/bench-cached.json.
#
#   bench-cached.sh [--cluster=DIR] [--rounds=N] [--only=WORDS]
#
# --cluster   a cluster of tests/e2e/cluster.sh that is large already, in place of a new one
# --rounds    how often each takes its turn (31)
# --only      only the rows whose title contains this
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh

readonly BUILD=build-bench
CLUSTER=
OWN_CLUSTER=false
MORE=()

for option in "$@"; do
    case $option in
    --cluster=*) CLUSTER=$(realpath "${option#*=}") ;;
    --rounds=* | --only=*) MORE+=("$option") ;;
    *) die "usage: bench-cached.sh [--cluster=DIR] [--rounds=N] [--only=WORDS]" ;;
    esac
done

build() {
    local go
    cmake --preset bench >/dev/null
    cmake --build --preset bench --target bench_cached kube-api-resources kube_rest_curl >&2
    use_installed_go
    go=$(find_go)
    check_go_version "$go"
    (cd tests/e2e/tools && CGO_ENABLED=0 GOWORK=off "$go" build -mod=readonly -buildvcs=false -trimpath \
        -o "$1/" ./cmd/benchpeer ./cmd/benchcached) >&2
}

finish() {
    trap - EXIT
    ! $OWN_CLUSTER || tests/e2e/cluster.sh stop "$CLUSTER" || true
    rm -rf "$DIR"
}

# TMPDIR says where: what the caches cost depends on the file system.
DIR=$(mktemp -d "${TMPDIR:-/tmp}/kube-bench.XXXXXX")
trap finish EXIT
trap 'exit 130' INT TERM HUP

build "$PWD/$BUILD/bench/cached"
E2E_TOOLS=$(e2e_tools)
export E2E_TOOLS
if [[ -z $CLUSTER ]]; then
    CLUSTER=$DIR/cluster
    OWN_CLUSTER=true
    tests/e2e/cluster.sh start "$CLUSTER"
    tests/e2e/large-cluster.sh "$CLUSTER/admin.kubeconfig"
fi
mkdir "$DIR/work"
"$BUILD/bench/cached/benchcached" --cluster "$CLUSTER" --work "$DIR/work" --libkube "$BUILD/bench/cached/bench_cached" \
    --client-go "$BUILD/bench/cached/benchpeer" --bin "$BUILD/bin" --kubectl "$E2E_TOOLS/kubectl" \
    --json "$BUILD/bench-cached.json" "${MORE[@]}"
