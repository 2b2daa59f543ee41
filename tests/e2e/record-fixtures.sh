#!/usr/bin/env bash
# Records what a real API server and a real kubectl say, as files for the tests that have no cluster.
#
#   record-fixtures.sh CLUSTER_DIR OUT
#
# OUT is emptied first. tests/fixtures/README.md says what lies where; renew-fixtures.sh calls this for every kind of
# cluster. What differs from run to run (addresses, dates) is replaced, and the result is searched for leftovers.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly AGGREGATED='application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
readonly AGGREGATED_BETA='application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'

# get NAME PATH [FLAGS...]: one answer, as NAME (body) and NAME.headers. Without FLAGS the administrator asks.
get() {
    local name=$1 path=$2
    shift 2
    mkdir -p "$(dirname "$OUT/$name")"
    "$TOOLS/rawget" -server "$(<"$DIR/server")" -cacert "$DIR/pki/ca.crt" -body "$OUT/$name" \
        -headers "$OUT/$name.headers" "$@" "$path"
    normalise "$OUT/$name"
}

get_as_admin() { get "$@" -cert "$DIR/pki/admin.crt" -key "$DIR/pki/admin.key"; }

# The one thing in these answers that depends on the machine.
normalise() { sed -i -E 's/("serverAddress":")[^"]*/\1127.0.0.1:6443/' "$1"; }

etag_of() { sed -n 's/^Etag: //p' "$OUT/$1.headers"; }

record_discovery() {
    local path
    for path in api apis; do
        get_as_admin "$path.aggregated.json" "/$path" -accept "$AGGREGATED,application/json"
        get_as_admin "$path.not-modified" "/$path" -accept "$AGGREGATED,application/json" \
            -if-none-match "$(etag_of "$path.aggregated.json")"
        rm "$OUT/$path.not-modified"
        get_as_admin "$path.legacy.json" "/$path"
        # Servers before 1.30 had only this form; later ones dropped it. Whatever is answered is worth having.
        get_as_admin "$path.v2beta1.json" "/$path" -accept "$AGGREGATED_BETA"
    done
    get_as_admin version.json /version
    get_as_admin openapi-v3.json /openapi/v3
}

# group_versions: all of them, stale ones too, but of the generated groups only two: the others are alike.
group_versions() {
    printf 'v1\n'
    grep -oE '"groupVersion":"[^"]+"' "$OUT/apis.legacy.json" | cut -d '"' -f 4 | sort -u |
        grep -vE '^g[0-9]{3}\.' || true
    grep -oE 'g00[01]\.example\.com/[a-z0-9]+' "$OUT/apis.legacy.json" | sort -u || true
}

# record_resource_lists: headers equal to those of v1's list are not kept.
record_resource_lists() {
    local group_version prefix
    while IFS= read -r group_version; do
        prefix=/apis
        [[ $group_version != v1 ]] || prefix=/api
        get_as_admin "resources/$group_version.json" "$prefix/$group_version"
        if [[ $group_version != v1 ]] &&
            cmp -s "$OUT/resources/$group_version.json.headers" "$OUT/resources/v1.json.headers"; then
            rm "$OUT/resources/$group_version.json.headers"
        fi
    done < <(group_versions)
}

record_errors() {
    local bad=$SCRATCH/bad.token
    printf 'not-a-token\n' >"$bad"
    get_as_admin errors/404-object.json /api/v1/namespaces/absent
    get_as_admin errors/404-path.txt /apis/absent.example.com/v1
    get_as_admin errors/406.json /apis -accept application/xml
    get errors/401.json /apis -token-file "$bad"
    get errors/403-anonymous.json /apis
    get errors/403-user.json /api/v1/secrets -token-file "$DIR/nobody.token"
}

# record_kubectl NAME COMMAND FLAGS...: in a fresh home, because a cache would change what kubectl asks and says.
record_kubectl() {
    local base=$OUT/kubectl/$1 home=$SCRATCH/home status=0
    shift
    rm -rf "$home"
    mkdir -p "$home"
    HOME=$home KUBECACHEDIR=$home/cache "$TOOLS/kubectl" --kubeconfig "$DIR/admin.kubeconfig" "$@" \
        >"$base.stdout" 2>"$base.stderr" </dev/null || status=$?
    printf '%s\n' "$status" >"$base.status"
}

record_kubectl_cases() {
    local line words
    mkdir -p "$OUT/kubectl"
    "$1" >>"$OUT/kubectl/cases.txt"
    while IFS= read -r line; do
        read -ra words <<<"${line#*|}"
        record_kubectl "${line%%|*}" "${words[@]}"
    done < <("$1")
}

# The generated cluster would only make these longer.
is_large() { grep -q 'g002\.example\.com' "$OUT/apis.legacy.json"; }

# check_clean: nothing recorded may tell where, when or by whom.
check_clean() {
    local found
    printf '%s\n' "$DIR" "$HOME/" ":$(cut -d : -f 3 "$DIR/server")" "$(<"$DIR/admin.token")" "$(<"$DIR/nobody.token")" \
        'PRIVATE KEY' >"$SCRATCH/forbidden"
    found=$(
        grep -rnoF -f "$SCRATCH/forbidden" "$OUT"
        # Dates and random ids; then addresses other than the one that stands for all.
        grep -rnoE '20[2-9][0-9]-[01][0-9]-[0-3][0-9]|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-' "$OUT"
        grep -rnoE '\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b' "$OUT" | grep -vE ':(127\.0\.0\.1|0\.0\.0\.0)$'
    ) || true
    [[ -z $found ]] || die "the recording holds what it should not:"$'\n'"$(head -n 5 <<<"$found")"
}

main() {
    (($# == 2)) || die "usage: record-fixtures.sh CLUSTER_DIR OUT"
    DIR=$(realpath "$1")
    OUT=$2
    TOOLS=$(e2e_tools)
    [[ -x $TOOLS/rawget ]] || die "$TOOLS has no rawget: unset KUBEBUILDER_ASSETS, so that it is built"
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT

    rm -rf "$OUT"
    mkdir -p "$OUT"
    record_discovery
    record_resource_lists
    record_errors
    record_kubectl_cases e2e_kubectl_cases
    is_large || record_kubectl_cases e2e_kubectl_extra_cases
    check_clean
    note "recorded $(find "$OUT" -type f | wc -l) files in $OUT"
}

main "$@"
