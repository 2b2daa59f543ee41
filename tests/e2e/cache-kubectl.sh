#!/usr/bin/env bash
# One cache folder, kubectl and ours, against a live cluster.
#
#   cache-kubectl.sh BIN_DIR CLUSTER_DIR [LABEL]
#
# Ours is kube-api-resources. Each writes a folder of its own; the files and their modes must be equal, each must be
# served by the other's without a request, and after one of them was served nothing may have changed. Requests are
# counted by --stats and by the server's audit log. Prints TAP; exit status 1 when anything differs.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly LIMIT_S=300

NUMBER=0
FAILURES=0

# check NAME COMMAND...: one case; what the command prints is shown when it fails.
check() {
    local name=$1
    shift
    NUMBER=$((NUMBER + 1))
    if "$@" >"$SCRATCH/said" 2>&1; then
        printf 'ok %d - %s%s\n' "$NUMBER" "$LABEL" "$name"
    else
        FAILURES=$((FAILURES + 1))
        printf 'not ok %d - %s%s\n' "$NUMBER" "$LABEL" "$name"
        head -n 40 "$SCRATCH/said" | sed 's/^/# /'
    fi
}

# ours CACHE FLAGS... and kubectls CACHE FLAGS...: the table to standard output, what else is said to $SCRATCH/stderr.
ours() {
    local cache=$1
    shift
    HOME=$SCRATCH KUBECACHEDIR=$cache timeout "$LIMIT_S" "$BIN_DIR/kube-api-resources" --kubeconfig "$CONFIG" "$@" \
        2>"$SCRATCH/stderr"
}

kubectls() {
    local cache=$1
    shift
    HOME=$SCRATCH timeout "$LIMIT_S" "$TOOLS/kubectl" api-resources --kubeconfig "$CONFIG" --cache-dir "$cache" "$@" \
        2>"$SCRATCH/stderr"
}

# count_of AGENT: how many discovery requests of this user agent the server's log has by now.
count_of() {
    grep -c "\"requestURI\":\"/apis\?[/?\"].*\"userAgent\":\"$1" "$CLUSTER/logs/audit.log" || true
}

# requests_of AGENT: how many it has made so far. A line comes a moment after the answer, so a last request is made, of
# a kind that is not counted, and its line waited for.
requests_of() {
    local fence
    fence="/version?fence=$(date +%s%N)"
    HOME=$SCRATCH "$TOOLS/kubectl" --kubeconfig "$CONFIG" get --raw "$fence" >/dev/null || return 1
    e2e_wait "$LIMIT_S" grep -qF "\"requestURI\":\"$fence\"" "$CLUSTER/logs/audit.log" || return 1
    count_of "$1"
}

# seen AGENT BEFORE LEAST: how many requests came since there were BEFORE, of which LEAST are waited for.
seen() {
    local now
    e2e_wait "$LIMIT_S" reached "$1" $(($2 + $3)) || echo "the server did not see $3 requests" >&2
    now=$(requests_of "$1") || return 1
    echo $((now - $2))
}

reached() { (($(count_of "$1") >= $2)); }

stats_say() { # PART: the stats line has it.
    cat "$SCRATCH/stderr"
    grep -q "^stats .*$1" "$SCRATCH/stderr"
}

modes_of() { (cd "$1/discovery" && find . -printf '%p %m\n' | LC_ALL=C sort); }

same_folders() {
    diff -r "$SCRATCH/kubectl/discovery" "$SCRATCH/ours/discovery"
}

same_modes() {
    diff <(modes_of "$SCRATCH/kubectl") <(modes_of "$SCRATCH/ours")
}

# cold_run: two discovery requests by both counts.
cold_run() {
    local before made
    before=$(requests_of libkube/) || return 1
    ours "$SCRATCH/ours" --cached --stats >"$SCRATCH/table.ours" || return 1
    made=$(seen libkube/ "$before" 2) || return 1
    echo "the server saw $made"
    stats_say 'requests=2 ' && ((made == 2))
}

# kubectls_cold_run: its requests are counted too, or none of them would prove nothing later.
kubectls_cold_run() {
    local before made
    before=$(requests_of kubectl) || return 1
    kubectls "$SCRATCH/kubectl" --cached >"$SCRATCH/table.kubectl" || return 1
    made=$(seen kubectl "$before" 2) || return 1
    echo "the server saw $made"
    ((made >= 2))
}

warm_run() {
    local before made
    before=$(requests_of libkube/) || return 1
    ours "$SCRATCH/ours" --cached --stats >"$SCRATCH/table" || return 1
    made=$(seen libkube/ "$before" 0) || return 1
    echo "the server saw $made"
    stats_say 'requests=0 ' && ((made == 0)) && diff "$SCRATCH/table.ours" "$SCRATCH/table"
}

revalidated_run() {
    ours "$SCRATCH/ours" --stats >"$SCRATCH/table" || return 1
    stats_say 'requests=2 not_modified=2 ' && diff "$SCRATCH/table.ours" "$SCRATCH/table"
}

# A folder that the other one wrote serves without a request, and is left as it was.
served_by_kubectls() {
    cp -rp "$SCRATCH/kubectl" "$SCRATCH/borrowed"
    CONFIG=$SCRATCH/unreachable.kubeconfig ours "$SCRATCH/borrowed" --cached --stats >"$SCRATCH/table" || {
        cat "$SCRATCH/stderr"
        return 1
    }
    stats_say 'requests=0 ' && diff "$SCRATCH/table.kubectl" "$SCRATCH/table" &&
        diff -r "$SCRATCH/kubectl/discovery" "$SCRATCH/borrowed/discovery"
}

kubectl_served_by_ours() {
    rm -rf "$SCRATCH/borrowed"
    cp -rp "$SCRATCH/ours" "$SCRATCH/borrowed"
    CONFIG=$SCRATCH/unreachable.kubeconfig kubectls "$SCRATCH/borrowed" --cached >"$SCRATCH/table" || {
        cat "$SCRATCH/stderr"
        return 1
    }
    diff "$SCRATCH/table.ours" "$SCRATCH/table" && diff -r "$SCRATCH/ours/discovery" "$SCRATCH/borrowed/discovery"
}

kubectl_asks_nothing() {
    local before made
    before=$(requests_of kubectl) || return 1
    kubectls "$SCRATCH/ours" --cached >"$SCRATCH/table" || return 1
    made=$(seen kubectl "$before" 0) || return 1
    echo "the server saw $made"
    ((made == 0)) && diff "$SCRATCH/table.ours" "$SCRATCH/table"
}

# The same name and port, so the same folder, but an authority that the server is not signed by: every request fails.
make_unreachable() {
    sed 's/certificate-authority-data: .*/certificate-authority-data: '"$(base64 -w 0 "$CLUSTER/pki/other-ca.crt")"'/' \
        "$CONFIG" >"$SCRATCH/unreachable.kubeconfig"
}

main() {
    (($# == 2 || $# == 3)) || die "usage: cache-kubectl.sh BIN_DIR CLUSTER_DIR [LABEL]"
    BIN_DIR=$1
    CLUSTER=$2
    CONFIG=$CLUSTER/admin.kubeconfig
    LABEL=${3:+$3: cache: }
    TOOLS=$(e2e_tools)
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"' EXIT
    make_unreachable

    check 'a cold run makes two requests' cold_run
    check 'a warm run makes none' warm_run
    check "kubectl's cold run makes requests that are counted" kubectls_cold_run
    check 'the tables are equal' diff "$SCRATCH/table.kubectl" "$SCRATCH/table.ours"
    check 'the folders are equal' same_folders
    check 'their modes are equal' same_modes
    check "kubectl's folder serves us without a request" served_by_kubectls
    check 'ours serves kubectl without a request' kubectl_served_by_ours
    check 'kubectl asks nothing of a server when our folder is there' kubectl_asks_nothing
    check 'what has not changed is not sent again' revalidated_run
    check 'nor are the files changed by that' same_folders
    printf '1..%d\n' "$NUMBER"
    ((FAILURES == 0))
}

main "$@"
