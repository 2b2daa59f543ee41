# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash

E2E_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The commands' own names, so that a message says which script speaks.
E2E_ME=$(basename "$0")
# What Kubernetes' module asks for.
readonly MIN_GO_MINOR=26

note() { printf '%s: %s\n' "$E2E_ME" "$*" >&2; }

die() {
    note "$*"
    exit 1
}

# find_go: the go command, from GO, the PATH, or the place where Go's own installer puts it.
find_go() {
    local go=${GO:-}
    [[ -n $go ]] || go=$(command -v go) || go=/usr/local/go/bin/go
    [[ -x $go ]] ||
        die "needs Go 1.$MIN_GO_MINOR or later, or KUBEBUILDER_ASSETS (etcd, kube-apiserver, kubectl); found no go"
    printf '%s\n' "$go"
}

# use_installed_go: an older go would quietly download a newer toolchain; what is installed is what counts. And flags of
# somebody's shell are for somebody's programs.
use_installed_go() {
    export GOTOOLCHAIN=local
    unset GOFLAGS
}

check_go_version() {
    local version minor
    version=$("$1" env GOVERSION)
    minor=${version#go1.}
    minor=${minor%%[!0-9]*}
    [[ $version == go1.* && -n $minor ]] || die "cannot tell the version of $1 from '$version'"
    ((minor >= MIN_GO_MINOR)) ||
        die "needs Go 1.$MIN_GO_MINOR or later, or KUBEBUILDER_ASSETS (etcd, kube-apiserver, kubectl); $1 is $version"
}

# e2e_tools: prints the folder of etcd, kube-apiserver and kubectl, building them when they are not there yet. A caller
# that has just asked exports E2E_TOOLS, so that one run asks once.
e2e_tools() {
    if [[ -z ${E2E_TOOLS:-} ]]; then
        # build-tools.sh has said why when it fails.
        E2E_TOOLS=$("$E2E_HERE/build-tools.sh" | tail -n 1) || exit 1
        export E2E_TOOLS
    fi
    printf '%s\n' "$E2E_TOOLS"
}

# e2e_wait SECONDS COMMAND...: runs the command until it succeeds; fails when the time is over.
e2e_wait() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < limit)) || return 1
        sleep 0.2
    done
}

# e2e_kubectl_cases: the command lines whose output is compared with kubectl's, one a line: a name fit for a file, a
# bar, the command, its flags. No word holds a blank, so a reader may split at blanks.
e2e_kubectl_cases() {
    cat <<'CASES'
default|api-resources
wide|api-resources -o wide
name|api-resources -o name
no-headers|api-resources --no-headers
sort-by-name|api-resources --sort-by=name
sort-by-kind|api-resources --sort-by=kind
namespaced-true|api-resources --namespaced=true
namespaced-false|api-resources --namespaced=false
api-group-apps|api-resources --api-group=apps
api-group-core|api-resources --api-group=
api-group-unknown|api-resources --api-group=unknown.example.com
verbs-list-watch|api-resources --verbs=list,watch
categories-all|api-resources --categories=all
api-versions|api-versions
CASES
}

# e2e_kubectl_extra_cases: more of the same form, whose output is recorded but not compared live: formats that are ours
# to print too, combinations, and the errors, where our exit status for a usage error is 2 and kubectl's is 1.
e2e_kubectl_extra_cases() {
    cat <<'CASES'
json|api-resources -o json
yaml|api-resources -o yaml
json-api-group-apps|api-resources -o json --api-group=apps
name-no-headers|api-resources -o name --no-headers
wide-no-headers|api-resources -o wide --no-headers
wide-sort-by-kind|api-resources -o wide --sort-by=kind
name-api-group-unknown|api-resources -o name --api-group=unknown.example.com
json-api-group-unknown|api-resources -o json --api-group=unknown.example.com
verbs-twice|api-resources --verbs=list --verbs=create
verbs-unknown|api-resources --verbs=fly
categories-two|api-resources --categories=all,api-extensions
categories-unknown|api-resources --categories=nothing
group-and-scope|api-resources --api-group=rbac.authorization.k8s.io --namespaced=false
error-sort-by|api-resources --sort-by=age
error-output|api-resources -o table
error-namespaced|api-resources --namespaced=perhaps
error-argument|api-resources pods
error-flag|api-resources --absent
error-api-versions-argument|api-versions v1
CASES
}
