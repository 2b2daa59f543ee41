#!/usr/bin/env bash
# Makes a bare cluster a large one: many groups of custom resources, generated here, so that nothing large is stored.
#
#   large-cluster.sh KUBECONFIG [GROUPS [CRDS_PER_GROUP]]      100 and 5 when not given; at most 1000 groups
#
# Group gNNN.example.com has versions v1 (preferred) and v1beta1. Its first resource is called `widgets` in every group
# (short name wd), so that a bare name is ambiguous; the others have names of their own (gadgetNNNx1s, short name
# gNNNx1). All have a status subresource and the categories `all` and `widgets`, and are namespaced and cluster-scoped
# in turn. Waits until discovery shows them all.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly WAIT_S=600

kubectl() { "$TOOLS/kubectl" --kubeconfig "$KUBECONFIG_FILE" --cache-dir "$SCRATCH/cache" "$@"; }

# print_crd GROUP PLURAL SINGULAR KIND SHORT SCOPE
print_crd() {
    local schema='{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}'
    local rest='"schema":'$schema',"subresources":{"status":{}}'
    printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",'
    printf '"metadata":{"name":"%s.%s"},' "$2" "$1"
    printf '"spec":{"group":"%s","scope":"%s",' "$1" "$6"
    printf '"names":{"plural":"%s","singular":"%s","kind":"%s",' "$2" "$3" "$4"
    printf '"shortNames":["%s"],"categories":["all","widgets"]},"versions":[' "$5"
    printf '{"name":"v1","served":true,"storage":true,%s},' "$rest"
    printf '{"name":"v1beta1","served":true,"storage":false,%s}]}}\n' "$rest"
}

# print_crds FIRST LAST: the definitions of these groups, one JSON document after another.
print_crds() {
    local number resource id scope
    for ((number = $1; number <= $2; number++)); do
        for ((resource = 0; resource < PER_GROUP; resource++)); do
            scope=Namespaced
            (((number * PER_GROUP + resource) % 2 == 0)) || scope=Cluster
            printf -v id '%03dx%d' "$number" "$resource"
            if ((resource == 0)); then
                print_crd "g${id%x*}.example.com" widgets widget Widget wd "$scope"
            else
                print_crd "g${id%x*}.example.com" "gadget${id}s" "gadget$id" "Gadget$id" "g$id" "$scope"
            fi
        done
    done
}

# create FIRST LAST: kubectl slows itself down after 300 requests, hence two of them, which also keeps two cores busy.
create() {
    print_crds "$1" "$2" >"$SCRATCH/crds-$1.json"
    kubectl create --validate=false -f "$SCRATCH/crds-$1.json" >/dev/null
}

create_all() {
    local half=$((GROUP_COUNT / 2)) first
    create 0 $((half - 1)) &
    first=$!
    create "$half" $((GROUP_COUNT - 1))
    wait "$first"
}

count() { grep -cE "$1" || true; }

# discovery_complete: a group-version appears with its first resource, so the resources are counted too.
discovery_complete() {
    local versions resources
    versions=$(kubectl api-versions | count '^g[0-9]{3}\.example\.com/')
    resources=$(kubectl api-resources -o name | count '\.g[0-9]{3}\.example\.com$')
    ((versions == GROUP_COUNT * 2 && resources == GROUP_COUNT * PER_GROUP))
}

main() {
    (($# >= 1 && $# <= 3)) || die "usage: large-cluster.sh KUBECONFIG [GROUPS [CRDS_PER_GROUP]]"
    KUBECONFIG_FILE=$1
    GROUP_COUNT=${2:-100}
    PER_GROUP=${3:-5}
    ((GROUP_COUNT >= 1 && GROUP_COUNT <= 1000 && PER_GROUP >= 1)) || die "not a size: $GROUP_COUNT groups of $PER_GROUP"
    TOOLS=$(e2e_tools)
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT

    create_all
    e2e_wait "$WAIT_S" discovery_complete || die "discovery does not show all groups after $WAIT_S s"
    note "$((GROUP_COUNT * PER_GROUP)) resources in $GROUP_COUNT groups after $SECONDS s"
}

main "$@"
