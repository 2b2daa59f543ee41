#!/usr/bin/env bash
# client-go as the oracle of discovery: the same situation for both, made by the stub server; then groups, resources,
# preferred resources, single group-versions, errors, the files each leaves and the lists each asked for are compared.
# Where libkube differs on purpose, that it does is a case too. Where the API server was given (KUBEBUILDER_ASSETS) this
# needs Go and its modules; without them the one case is skipped. The output is TAP.
#
#   compare-client-go.sh BUILD_DIR
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly LIMIT_S=120

BUILD=$(realpath "$1")
RECORDINGS=$(realpath "$E2E_HERE/../fixtures/kube-apiserver-1.37")
DIR=$(mktemp -d "${TMPDIR:-/tmp}/kube-oracle.XXXXXX")
STUB=
finish() {
    [[ -z $STUB ]] || kill "$STUB" 2>/dev/null || true
    rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

skip() {
    printf 'ok 1 - client-go # skip %s\n1..1\n' "$*"
    exit 0
}

# find_oracle: leaves in ORACLE the one that was built with the API server. Who was given a server has none; it is built
# then, where Go and its modules are at hand.
find_oracle() {
    local tools go
    tools=$(e2e_tools)
    ORACLE=$tools/oracle
    [[ ! -x $ORACLE ]] || return 0
    ORACLE=$DIR/oracle-go
    use_installed_go
    go=$(find_go 2>/dev/null) || skip "there is no Go"
    (check_go_version "$go") || skip "this Go is too old"
    cd "$E2E_HERE/tools"
    GOWORK=off "$go" list -mod=readonly -deps ./cmd/oracle >/dev/null || skip "its Go modules are not to be had"
    CGO_ENABLED=0 GOWORK=off "$go" build -mod=readonly -buildvcs=false -trimpath -o "$ORACLE" ./cmd/oracle >&2
    cd - >/dev/null
}
find_oracle

ready_or_gone() { grep -q '^ready ' "$DIR/ready" || ! kill -0 "$STUB" 2>/dev/null; }

# A server for each side, so that neither profits from what the other one did.
start_stub() { # LOG RECORDING ARGUMENT…
    local log=$1 recording=$2
    shift 2
    rm -f "$DIR/kubeconfig"
    : >"$DIR/ready"
    "$BUILD/bin/kube-apiserver-stub" --recording "$RECORDINGS/$recording" --kubeconfig "$DIR/kubeconfig" --log "$log" \
        "$@" >"$DIR/ready" 2>"$DIR/stub.err" &
    STUB=$!
    local limit=$((SECONDS + LIMIT_S)) # more than a hundred starts: looked at often
    until ready_or_gone || ((SECONDS >= limit)); do
        sleep 0.02
    done
    URL=$(sed -n 's/^ready //p' "$DIR/ready")
    [[ -n $URL ]] || die "the stub does not start: $(cat "$DIR/stub.err")"
    sed -n 's/^ *certificate-authority-data: *//p' "$DIR/kubeconfig" | tr -d '"' | base64 -d >"$DIR/ca.crt"
}

stop_stub() {
    kill "$STUB" || die "the stub is gone: $(cat "$DIR/stub.err")"
    wait "$STUB" 2>/dev/null || true
    STUB=
}

# Which lists were asked for. /api and /apis libkube asks for at once and client-go one after the other, so that after a
# failure one of them may be missing; and a group-version that is not there libkube asks for, and client-go does not.
paths_of() {
    sed -n 's/.*"target":"\([^"?]*\).*/\1/p' "$1" | sort -u |
        grep -vE '^(/api|/apis|/apis/nothing/v1|/apis/metrics.k8s.io/v1beta1)$' || true
}

number=0 failed=0
tell() { # PROBLEM NAME, an empty problem is none
    number=$((number + 1))
    if [[ -z $1 ]]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2: $1"
        head -n 12 "$DIR/diff" | cut -c1-200 | sed 's/^/# /'
        failed=$((failed + 1))
    fi
}

# Both oracles have to come to their end, whatever they were answered: two that say nothing would be alike. Leaves in
# BROKEN what is wrong with them.
ask_both() { # RECORDING ARGUMENT…
    local side ended
    rm -rf "$DIR"/go "$DIR"/c
    BROKEN=
    for side in go c; do
        mkdir -p "$DIR/$side/cache" "$DIR/$side/files"
        ended=0
        start_stub "$DIR/$side/log" "$@"
        if [[ $side == go ]]; then
            timeout "$LIMIT_S" "$ORACLE" -server "$URL" -ca "$DIR/ca.crt" -cache "$DIR/go/cache" "${ONES[@]}" \
                >"$DIR/go/said" 2>"$DIR/go/err" || ended=$?
        else
            timeout "$LIMIT_S" "$BUILD/tests/oracle" "$URL" "$DIR/ca.crt" "$DIR/c/cache" "${ONES[@]}" \
                >"$DIR/c/said" 2>"$DIR/c/err" || ended=$?
        fi
        stop_stub
        if [[ $ended -ne 0 ]] || ! tail -n 1 "$DIR/$side/said" | grep -qxE 'fresh (true|false)'; then
            BROKEN="the oracle \"$side\" ended with $ended after $(wc -l <"$DIR/$side/said") lines"
            cp "$DIR/$side/err" "$DIR/diff"
            return
        fi
        find "$DIR/$side/cache" -mindepth 3 -maxdepth 3 -path '*/discovery/*' -exec mv -t "$DIR/$side/files" {} +
        paths_of "$DIR/$side/log" >"$DIR/$side/paths"
    done
}

compare() { # NAME LEAST_FILES RECORDING ARGUMENT…
    local name=$1 least=$2 files problem
    shift 2
    ask_both "$@"
    problem=$BROKEN
    files=$(find "$DIR/go/files" -type f | wc -l)
    if [[ -n $problem ]]; then
        :
    elif ! diff "$DIR/go/said" "$DIR/c/said" >"$DIR/diff"; then
        problem="another answer"
    elif ! diff -r "$DIR/go/files" "$DIR/c/files" >"$DIR/diff"; then
        problem="other files"
    elif ! diff "$DIR/go/paths" "$DIR/c/paths" >"$DIR/diff"; then
        problem="other paths"
    elif ((files < least)); then
        problem="fewer than $least files"
    fi
    tell "$problem" "$name ($(wc -l <"$DIR/go/said") lines, $files files)"
}

# What client-go says and libkube does not, and the other way round.
differ() { # NAME CLIENT_GO LIBKUBE RECORDING ARGUMENT…
    local name=$1 theirs=$2 ours=$3 problem
    shift 3
    ask_both "$@"
    problem=$BROKEN
    if [[ -z $problem ]]; then
        diff "$DIR/go/said" "$DIR/c/said" >"$DIR/diff" || true
        grep -qxF "$theirs" "$DIR/go/said" || problem="client-go does not say \"$theirs\" any more"
        grep -qxF "$ours" "$DIR/c/said" || problem="libkube does not say \"$ours\" any more"
    fi
    tell "$problem" "$name"
}

ONES=(v1 apps/v1 nothing/v1 metrics.k8s.io/v1beta1)
for recording in bare large stale; do
    for form in v2 v2beta1 legacy; do
        compare "$recording, $form" 20 "$recording" --form "$form"
    done
done
# What the list of groups does not have, libkube finds when the server has it all the same.
ONES=(nothing/v1)
for form in v2 legacy; do
    for code in 401 403 404 500; do
        compare "/apis $code, $form" 0 bare --form "$form" --fault "/apis\$ status=$code"
        compare "/api $code, $form" $((code == 404 ? 20 : 0)) bare --form "$form" --fault "/api\$ status=$code"
        compare "everything $code, $form" 0 bare --form "$form" --fault "/ status=$code"
    done
    compare "/apis of HTML, $form" 0 bare --form "$form" --fault "/apis\$ body=<html></html> type=text/html"
    compare "/apis of nothing, $form" 2 bare --form "$form" --fault "/apis\$ body={} type=application/json"
    compare "/apis of no group, $form" 2 bare --form "$form" \
        --fault "/apis\$ body={\"kind\":\"APIGroupList\",\"groups\":[]} type=application/json"
    compare "/apis cut short, $form" 0 bare --form "$form" --fault "/apis\$ close-after=3000"
done
ONES=(v1 apps/v1 nothing/v1)
for code in 403 404 500 503; do
    compare "apps/v1 $code, legacy" 20 bare --form legacy --fault "/apis/apps/v1 status=$code"
    [[ $code == 404 ]] || compare "v1 $code, legacy" 20 bare --form legacy --fault "/api/v1 status=$code"
done
# A list without resources is an answer, and no failure that is asked for again and again.
differ "v1 404, legacy" "everything: partial" "everything: ok" bare --form legacy --fault "/api/v1 status=404"
differ "apps/v1 without resources, legacy" "one apps/v1: failed" "one apps/v1: ok" bare --form legacy \
    --fault "/apis/apps/v1 body={\"groupVersion\":\"apps/v1\",\"resources\":[]} type=application/json"
differ "apps/v1 of null, legacy" "one apps/v1: failed" "one apps/v1: ok" bare --form legacy \
    --fault "/apis/apps/v1 body={\"groupVersion\":\"apps/v1\",\"resources\":null} type=application/json"
compare "apps/v1 of nonsense, legacy" 20 bare --form legacy --fault "/apis/apps/v1 body={ type=application/json"
for form in v2 v2beta1; do
    compare "apps/v1 stale, $form" 20 bare --form "$form" --stale apps/v1
    compare "v1 stale, $form" 20 bare --form "$form" --stale v1
    compare "two stale, $form" 20 bare --form "$form" --stale batch/v1 --stale policy/v1
done
# What has just been installed: client-go says that it is not there until it is told to look again.
ONES=(apps/v1)
differ "a group-version that the list does not have, legacy" "one apps/v1: not found" "one apps/v1: ok" bare \
    --form legacy --fault "/apis\$ body={\"kind\":\"APIGroupList\",\"groups\":[]} type=application/json"
echo "1..$number"
[[ $failed -eq 0 ]]
