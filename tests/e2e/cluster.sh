#!/usr/bin/env bash
# A real API server for the tests: one etcd and one kube-apiserver on free loopback ports, with all state in one folder.
#
#   cluster.sh start DIR [--timeout=SECONDS] [--apiserver-arg=ARG]...
#   cluster.sh stop DIR
#   cluster.sh env DIR        prints `export NAME=value` lines for a shell to evaluate
#
# DIR is made by start (mode 0700) and emptied first when an earlier cluster left it. stop keeps it, for its logs. In
# DIR:
#
#   admin.kubeconfig          client certificate, everything inline      admin-files.kubeconfig  the same by relative
# paths
#   token.kubeconfig          an administrator's bearer token            exec.kubeconfig         the same token from a
# plugin
#   nobody.kubeconfig         a user who may do nothing but discovery    wrongca.kubeconfig      a CA the server is not
# signed by
#   server                    the server's URL                           admin.token, nobody.token
#   pki/                      certificates and keys                      etcd.pid, kube-apiserver.pid
#   logs/audit.log            JSON lines. Each request has one of stage ResponseComplete: userAgent, requestURI, verb,
#                             requestReceivedTimestamp and stageTimestamp (its end). A watch has one of stage
#                             ResponseStarted before it.
#   logs/kube-apiserver.log   each request has a line with the message "HTTP": srcIP="address:port", and as audit-ID the
#                             auditID of the other log. Requests with one srcIP shared a connection; by the times of the
#                             other log they overlapped or not.
#
# Both lines are written when a request ends, which may be a moment after its client has the answer: a test waits for
# them by condition. The server's own requests to itself are in both logs; tell requests apart by their user agent.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly MARKER=libkube-e2e-cluster
readonly ATTEMPTS=5

usage() {
    sed -n '/^#   cluster.sh/s/^# *//p' "$0" >&2
    exit 2
}

# --- certificates and credentials ---

# make_ca NAME COMMON_NAME
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$2" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$1.key" -out "$1.crt" 2>/dev/null
}

# make_certificate NAME SUBJECT EXTENSIONS: signed by ca.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf '%s\n' "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" \
        -out "$1.crt" 2>/dev/null
    rm "$1.csr" "$1.ext"
}

make_pki() {
    mkdir "$DIR/pki"
    (
        cd "$DIR/pki"
        make_ca ca libkube-e2e-ca
        make_ca other-ca libkube-e2e-other-ca
        make_certificate server /CN=localhost \
            $'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
        make_certificate admin /O=system:masters/CN=e2e-admin extendedKeyUsage=clientAuth
        openssl ecparam -name prime256v1 -genkey -noout -out service-account.key
    )
}

make_tokens() {
    local who
    for who in admin nobody; do
        openssl rand -hex 24 >"$DIR/$who.token"
    done
    {
        printf '%s,e2e-token-admin,e2e-token-admin,"system:masters"\n' "$(<"$DIR/admin.token")"
        printf '%s,e2e-nobody,e2e-nobody\n' "$(<"$DIR/nobody.token")"
    } >"$DIR/pki/tokens.csv"
}

make_audit_policy() {
    cat >"$DIR/audit-policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
# The last event of a request holds the time of its arrival too.
omitStages: [RequestReceived]
rules:
- level: Metadata
YAML
}

# --- kubeconfig files ---

# write_kubeconfig NAME CLUSTER_LINES USER_LINES: each a piece of YAML that begins in column 0.
write_kubeconfig() {
    {
        printf 'apiVersion: v1\nkind: Config\ncurrent-context: e2e\n'
        printf 'clusters:\n- name: e2e\n  cluster:\n'
        printf '%s\n' "server: $(<"$DIR/server")" "$2" | sed 's/^/    /'
        printf 'users:\n- name: e2e\n  user:\n'
        printf '%s\n' "$3" | sed 's/^/    /'
        printf 'contexts:\n- name: e2e\n  context:\n    cluster: e2e\n    user: e2e\n'
    } >"$DIR/$1.kubeconfig"
}

# inline FIELD FILE: the field's -data form.
inline() { printf '%s-data: %s\n' "$1" "$(base64 -w 0 "$DIR/pki/$2")"; }

write_exec_plugin() {
    cat >"$DIR/exec-credential" <<'SH'
#!/bin/sh
# A client-go credential plugin: prints the administrator's token.
token=$(cat "$(dirname "$0")/admin.token")
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}\n' "$token"
SH
    chmod 0700 "$DIR/exec-credential"
}

write_kubeconfigs() {
    local ca admin
    ca=$(inline certificate-authority ca.crt)
    admin=$(inline client-certificate admin.crt && inline client-key admin.key)
    write_exec_plugin
    write_kubeconfig admin "$ca" "$admin"
    write_kubeconfig admin-files 'certificate-authority: pki/ca.crt' \
        $'client-certificate: pki/admin.crt\nclient-key: pki/admin.key'
    write_kubeconfig token "$ca" "token: $(<"$DIR/admin.token")"
    write_kubeconfig nobody "$ca" "token: $(<"$DIR/nobody.token")"
    write_kubeconfig wrongca "$(inline certificate-authority other-ca.crt)" "$admin"
    # A command with a slash is looked up beside the kubeconfig file.
    write_kubeconfig exec "$ca" "exec:
  apiVersion: client.authentication.k8s.io/v1
  command: ./exec-credential
  interactiveMode: Never"
}

# --- processes ---

# command_line PID: fails when the process is over. A zombie's is empty; so is, for a moment, that of a process in the
# middle of its exec, which is waited for.
command_line() {
    local line try
    for ((try = 0; try < 40; try++)); do
        line=$({ tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null) || return 1
        [[ -z $line ]] || break
        ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null || return 1
        sleep 0.05
    done
    printf '%s\n' "$line"
}

# ours PROGRAM: prints the program's pid while it runs. A pid may have been given to a stranger since, so the command
# line must name our folder.
ours() {
    local pid line
    [[ -s $DIR/$1.pid ]] || return 1
    pid=$(<"$DIR/$1.pid")
    line=$(command_line "$pid") && [[ $line == *"$DIR/"* ]] || return 1
    printf '%s\n' "$pid"
}

gone() { ! ours "$1" >/dev/null; }

# launch PROGRAM ARGS...: nohup, because the servers outlive this script and its terminal.
launch() {
    local program=$1
    shift
    nohup "$TOOLS/$program" "$@" </dev/null >"$DIR/logs/$program.log" 2>&1 &
    printf '%s\n' "$!" >"$DIR/$program.pid"
    # Until its exec the child has this script's command line and would pass for a stranger.
    e2e_wait 5 started "$!" || true
}

# started PID: it runs its own program, or is over already.
started() {
    local line
    line=$(command_line "$1") || return 0
    [[ $line == *"$DIR/"* ]]
}

stop_program() {
    local pid
    if pid=$(ours "$1"); then
        kill "$pid" 2>/dev/null || true
        if ! e2e_wait 20 gone "$1"; then
            kill -KILL "$pid" 2>/dev/null || true
            e2e_wait 5 gone "$1" || note "cannot stop $1 (pid $pid)"
        fi
    fi
    rm -f "$DIR/$1.pid"
}

# The API server first: without its store it would spend its last seconds retrying.
stop_all() {
    stop_program kube-apiserver
    stop_program etcd
}

# free_port: a port nobody listens on, below the range the kernel hands out by itself. Somebody may take it before we
# do; then the server's bind fails and the caller comes back for another.
free_port() {
    local port
    while :; do
        port=$((RANDOM % 12000 + 20000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}

# launch_until_ready PROGRAM: launch_PROGRAM with new ports, again when a port was taken meanwhile.
launch_until_ready() {
    local program=$1 attempt
    for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
        "launch_${program//-/_}"
        if e2e_wait "$TIMEOUT" ready_or_gone "$program" && ! gone "$program"; then
            return
        fi
        stop_program "$program"
        grep -q 'address already in use' "$DIR/logs/$program.log" || break
    done
    fail "$program did not become ready"
}

# fail MESSAGE: says why, from the logs; the trap of start stops what runs.
fail() {
    local log
    for log in "$DIR"/logs/etcd.log "$DIR"/logs/kube-apiserver.log; do
        [[ -s $log ]] || continue
        printf -- '--- the end of %s ---\n' "$log" >&2
        tail -n 25 "$log" | cut -c 1-400 >&2
    done
    die "$1"
}

ready_or_gone() { gone "$1" || "ready_${1//-/_}" >/dev/null 2>&1; }

launch_etcd() {
    local client peer
    client=http://127.0.0.1:$(free_port)
    peer=http://127.0.0.1:$(free_port)
    printf '%s\n' "$client" >"$DIR/etcd.url"
    rm -rf "$DIR/etcd"
    launch etcd --name e2e --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
        --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "e2e=$peer"
}

ready_etcd() {
    local url
    url=$(<"$DIR/etcd.url")
    (
        exec 3<>"/dev/tcp/127.0.0.1/${url##*:}"
        printf 'GET /health HTTP/1.0\r\n\r\n' >&3
        timeout 2 grep -q '"health":"true"' <&3
    )
}

# --vmodule=httplog=3 logs each request with the client's port, which the audit log does not have.
launch_kube_apiserver() {
    local port
    port=$(free_port)
    printf 'https://127.0.0.1:%s\n' "$port" >"$DIR/server"
    launch kube-apiserver --bind-address=127.0.0.1 --secure-port="$port" --etcd-servers="$(<"$DIR/etcd.url")" \
        --cert-dir="$DIR/pki" --tls-cert-file="$DIR/pki/server.crt" --tls-private-key-file="$DIR/pki/server.key" \
        --client-ca-file="$DIR/pki/ca.crt" --token-auth-file="$DIR/pki/tokens.csv" \
        --authorization-mode=RBAC --disable-admission-plugins=ServiceAccount --allow-privileged=true \
        --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --service-account-key-file="$DIR/pki/service-account.key" \
        --service-account-signing-key-file="$DIR/pki/service-account.key" \
        --service-cluster-ip-range=10.0.0.0/24 --endpoint-reconciler-type=none \
        --audit-policy-file="$DIR/audit-policy.yaml" --audit-log-path="$DIR/logs/audit.log" \
        --vmodule=httplog=3 "${APISERVER_ARGS[@]}"
    write_kubeconfigs
}

# The default namespace comes a moment after readiness; tests use it at once.
ready_kube_apiserver() {
    kubectl_admin get --raw /readyz && kubectl_admin get namespace default
}

kubectl_admin() {
    "$TOOLS/kubectl" --kubeconfig "$DIR/admin.kubeconfig" --cache-dir "$DIR/kubectl-cache" --request-timeout=5s "$@"
}

# --- commands ---

prepare_folder() {
    if [[ -e $DIR && -n $(ls -A "$DIR") ]]; then
        [[ -f $DIR/$MARKER ]] || die "$DIR is not empty and no cluster of ours"
        if ! gone kube-apiserver || ! gone etcd; then
            die "a cluster runs in $DIR already"
        fi
        find "$DIR" -mindepth 1 -delete
    fi
    mkdir -p "$DIR"
    chmod 0700 "$DIR"
    touch "$DIR/$MARKER"
    mkdir "$DIR/logs"
}

start() {
    umask 077
    TOOLS=$(e2e_tools)
    prepare_folder
    make_pki
    make_tokens
    make_audit_policy
    # Whatever ends this script early, an error included, leaves nothing running.
    trap stop_all EXIT
    trap 'exit 130' INT TERM HUP
    launch_until_ready etcd
    launch_until_ready kube-apiserver
    trap - EXIT INT TERM HUP
    note "$(<"$DIR/server") is ready after $SECONDS s; KUBECONFIG=$DIR/admin.kubeconfig"
}

stop() {
    [[ -f $DIR/$MARKER ]] || die "no cluster in $DIR"
    stop_all
}

env_lines() {
    [[ -s $DIR/server ]] || die "no cluster in $DIR"
    printf 'export KUBE_E2E_DIR=%q\n' "$DIR"
    printf 'export KUBE_E2E_SERVER=%q\n' "$(<"$DIR/server")"
    printf 'export KUBE_E2E_TOOLS=%q\n' "$(e2e_tools)"
    printf 'export KUBECONFIG=%q\n' "$DIR/admin.kubeconfig"
}

main() {
    (($# >= 2)) || usage
    local command=$1
    # Absolute, because the servers get paths below it and a pid is recognised by them.
    DIR=$(realpath -m "$2")
    TIMEOUT=600
    APISERVER_ARGS=()
    shift 2
    local option
    for option in "$@"; do
        case $option in
        --timeout=*) TIMEOUT=${option#*=} ;;
        --apiserver-arg=*) APISERVER_ARGS+=("${option#*=}") ;;
        *) usage ;;
        esac
    done

    case $command in
    start) start ;;
    stop) stop ;;
    env) env_lines ;;
    *) usage ;;
    esac
}

main "$@"
