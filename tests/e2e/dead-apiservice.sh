#!/usr/bin/env bash
# Registers API services that nobody serves, so that discovery has stale group-versions, and waits until it shows them.
#
#   dead-apiservice.sh KUBECONFIG
#
# v1.dead.example.com is a group with nothing but a stale version; v2.apps is a stale version of a group that is alive.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly WAIT_S=600
readonly DEAD=(v1.dead.example.com v2.apps)

kubectl() { "$TOOLS/kubectl" --kubeconfig "$KUBECONFIG_FILE" --cache-dir "$SCRATCH/cache" "$@"; }

# print_apiservice VERSION.GROUP: the lowest priorities, so that the living version stays the preferred one.
print_apiservice() {
    cat <<YAML
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: $1
spec:
  version: ${1%%.*}
  group: ${1#*.}
  groupPriorityMinimum: 1
  versionPriority: 1
  insecureSkipTLSVerify: true
  service:
    namespace: default
    name: nobody-serves-this
YAML
}

# stale_versions: how many the aggregated document marks stale. kubectl does not say, but it keeps the document it was
# given in its HTTP cache, which is thrown away first. A digest in raw bytes stands before it, hence -a.
stale_versions() {
    rm -rf "$SCRATCH/cache"
    kubectl api-versions >/dev/null
    { grep -rhoa '"freshness":"Stale"' "$SCRATCH/cache/http" || true; } | wc -l
}

shows_stale() { (($(stale_versions) >= ${#DEAD[@]})); }

main() {
    (($# == 1)) || die "usage: dead-apiservice.sh KUBECONFIG"
    KUBECONFIG_FILE=$1
    TOOLS=$(e2e_tools)
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT

    local name
    for name in "${DEAD[@]}"; do
        print_apiservice "$name"
    done | kubectl apply -f - >/dev/null
    e2e_wait "$WAIT_S" shows_stale || die "discovery does not show ${DEAD[*]} as stale after $WAIT_S s"
    note "${DEAD[*]} stale after $SECONDS s"
}

main "$@"
