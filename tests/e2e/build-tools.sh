#!/usr/bin/env bash
# Prints the folder that holds etcd, kube-apiserver and kubectl, and builds the three first when they are missing;
# with them rawget and oracle, which are ours.
#
#   build-tools.sh            the folder is the last line of standard output; progress goes to standard error
#
# KUBEBUILDER_ASSETS, a folder with the three programs (envtest's convention), is used when it is set, and then no Go is
# needed. Otherwise they are built from Go modules, once per machine, into the user's cache directory.
set -euo pipefail

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly MODULE=$E2E_HERE/tools
readonly PROGRAMS=(etcd kube-apiserver kubectl)
readonly ROOM_MB=4000

# missing_program DIR: prints the first of the three that DIR lacks, nothing when it has them all.
missing_program() {
    local program
    for program in "${PROGRAMS[@]}"; do
        if [[ ! -f $1/$program || ! -x $1/$program ]]; then
            printf '%s\n' "$program"
            return
        fi
    done
}

use_given_assets() {
    local missing
    missing=$(missing_program "$KUBEBUILDER_ASSETS")
    [[ -z $missing ]] || die "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no executable $missing"
    (cd "$KUBEBUILDER_ASSETS" && pwd)
}

kubernetes_version() { awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$MODULE/go.mod"; }

# source_digest: changes with everything that can change what is built.
source_digest() {
    {
        cat "$MODULE/go.mod" "$MODULE/go.sum" "$MODULE/cmd/rawget/main.go" "$MODULE/cmd/oracle/main.go"
        version_flags "$(kubernetes_version)"
    } | sha256sum | cut -c 1-12
}

# version_flags VERSION: what a released binary knows about itself. Without it kubectl complains about version skew and
# calls itself v0.0.0 in its user agent.
version_flags() {
    local version=$1 package major minor flags='-s -w'
    major=${version#v}
    major=${major%%.*}
    minor=${version#v*.}
    minor=${minor%%.*}
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
    done
    printf '%s\n' "$flags"
}

# build_into GO DIR: etcd's main package is the root of its module, which Go names "server".
build_into() {
    local go=$1 dir=$2
    (cd "$MODULE" && CGO_ENABLED=0 GOWORK=off "$go" build -mod=readonly -buildvcs=false -trimpath \
        -ldflags "$(version_flags "$(kubernetes_version)")" -o "$dir/" \
        ./cmd/rawget ./cmd/oracle go.etcd.io/etcd/server/v3 k8s.io/kubernetes/cmd/kubectl \
        k8s.io/kubernetes/cmd/kube-apiserver) >&2
    mv "$dir/server" "$dir/etcd"
}

# warn_of_little_room GO DIR: a compiler that has no room left says so late, and not always clearly.
warn_of_little_room() {
    local folder free
    for folder in "$("$1" env GOCACHE)" "$("$1" env GOMODCACHE)" "${GOTMPDIR:-${TMPDIR:-/tmp}}" "$2"; do
        until [[ -d $folder ]]; do # the nearest that is there
            folder=$(dirname "$folder")
        done
        free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
        ((free >= ROOM_MB)) || note "$folder has $free MB left; a build from nothing may need $ROOM_MB"
    done
}

# build_once GO DIR: two runs at the same moment build once (the second waits for the lock, then finds the folder), and
# a build that was interrupted leaves no folder under the final name.
build_once() {
    local go=$1 dir=$2 scratch
    mkdir -p "$(dirname "$dir")"
    exec 9>"$dir.lock"
    flock 9
    if [[ ! -d $dir ]]; then
        note "building etcd, kube-apiserver and kubectl $(kubernetes_version): once per machine, about ten minutes"
        warn_of_little_room "$go" "$(dirname "$dir")"
        scratch=$(mktemp -d "$dir.XXXXXX")
        # Expanded now, on purpose: the name is local and gone when the trap runs.
        # shellcheck disable=SC2064
        trap "rm -rf '$scratch'" EXIT
        build_into "$go" "$scratch"
        chmod 0755 "$scratch"
        mv -T "$scratch" "$dir"
        trap - EXIT
    fi
    exec 9>&-
}

main() {
    local go dir
    if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
        use_given_assets
        return
    fi

    use_installed_go
    go=$(find_go)
    check_go_version "$go"
    dir=${XDG_CACHE_HOME:-$HOME/.cache}/libkube/e2e-tools/$(kubernetes_version)-$("$go" env GOARCH)-$(source_digest)
    [[ -d $dir ]] || build_once "$go" "$dir"
    printf '%s\n' "$dir"
}

main "$@"
