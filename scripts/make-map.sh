#!/usr/bin/env bash
# Writes the list of what a library exports, from the headers: scripts/make-map.sh [--check] LIBRARY…
#
# Public are the KUBE_API functions of <module>/include, in a node named after their @since. Private are the kube__
# functions that a header in <module>/src marks KUBE_API (base: in base/src/shared). A library that is a part of a
# module, such as rest-curl, exports the private functions kube__<part>_*, and the module's own library does not.
set -euo pipefail
cd "$(dirname "$0")/.."

check=false
if [[ ${1:-} == --check ]]; then
    check=true
    shift
fi
[[ $# -gt 0 ]] || { echo "usage: $0 [--check] LIBRARY…" >&2; exit 2; }

version=$(sed -n 's/^#define KUBE_VERSION "\(.*\)"/\1/p' base/include/kube/base/version.h)

declarations() {
    find "$@" -name '*.h' -print0 | LC_ALL=C sort -z | xargs -0 -r awk -f scripts/declarations.awk |
        awk -F'\t' '$3 == "api"'
}

# "node name" lines, sorted: nodes by version, names by the alphabet.
public_names() {
    declarations "$1/include" | awk -F'\t' '
        $5 == "-" { printf "%s:%s: %s has no @since\n", $1, $2, $4 > "/dev/stderr"; bad = 1 }
        { print $5, $4 }
        END { exit bad }' | LC_ALL=C sort -k1,1V -k2,2
}

private_names() {
    local module=$1 part=$2 folder=$1/src others=() map
    [[ $module != base ]] || folder=base/src/shared
    for map in "$module/$module"-*.map; do
        [[ -e $map ]] || continue
        map=${map#"$module/$module-"}
        others+=("${map%.map}")
    done
    declarations "$folder" | cut -f4 | { grep '^kube__' || true; } | LC_ALL=C sort -u |
        awk -v part="$part" -v others="${others[*]}" '
            BEGIN { n = split(others, other, " ") }
            {
                owner = ""
                for (i = 1; i <= n; i++)
                    if (index($0, "kube__" other[i] "_") == 1)
                        owner = other[i]
                if (owner == part)
                    print
            }'
}

generate() {
    local module=${1%%-*} part='' public private
    [[ $1 == "$module" ]] || part=${1#*-}
    public=''
    # Said each time: inside a condition, where this runs, a failure ends nothing by itself.
    [[ -n $part ]] || public=$(public_names "$module") || return 1
    private=$(private_names "$module" "$part") || return 1
    { printf '%s\n' "$public" | sed '/^$/d; s/^/KUBE_/'
      printf '%s\n' "$private" | sed "/^\$/d; s/^/KUBE_PRIVATE_$version /"; } | awk '
        function close_node() {
            if (node == "")
                return
            if (nodes++ == 0)
                print "  local:\n    *;"
            print (previous != "" && node !~ /PRIVATE/ ? "} " previous ";" : "};")
            previous = node
        }
        $1 != node { close_node(); if (nodes) print ""; node = $1; print node " {\n  global:" }
        { print "    " $2 ";" }
        END { close_node() }'
}

status=0
for library in "$@"; do
    map=${library%%-*}/$library.map
    if ! text=$(generate "$library"); then
        status=1
    elif ! $check; then
        printf '%s\n' "$text" > "$map"
    elif ! diff -u "$map" <(printf '%s\n' "$text") >&2; then
        echo "$map is not what the headers declare: run scripts/make-map.sh $library" >&2
        status=1
    fi
done
exit $status
