#!/usr/bin/env bash
# Compares what each shared library exports with the written list, and the list with the headers: run.sh BUILD_DIR
# SOURCE_DIR. A build without shared libraries fails: there is nothing to look at.
set -euo pipefail
build=$1 source=$2
status=0 looked_at=0

fail() { echo "exports: $*" >&2; status=1; }

# "name@@node" for each name in a map file.
listed() {
    awk '/\{/ { node = $1 } /^ +[a-z_0-9]+;/ { gsub(/[ ;]/, ""); print $0 "@@" node }' "$1" | LC_ALL=C sort
}

# The same of a library; the nodes themselves are absolute symbols.
exported() {
    nm -D --defined-only --with-symbol-versions "$1" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort
}

for map in "$source"/*/*.map; do
    library=$(basename "$map" .map)
    "$source/scripts/make-map.sh" --check "$library" || status=1
    so=$(find "$build" -name "libkube-$library.so" | head -n 1)
    [[ -n $so ]] || { fail "there is a list for libkube-$library.so, and no such library"; continue; }
    looked_at=$((looked_at + 1))
    difference=$(diff <(listed "$map") <(exported "$so") || true)
    missing=$(sed -n 's/^< //p' <<< "$difference")
    extra=$(sed -n 's/^> //p' <<< "$difference")
    [[ -z $missing ]] || fail "$(basename "$so") lacks:" $missing
    [[ -z $extra ]] || fail "$(basename "$so") exports unlisted:" $extra
    # A library of ours may use another's private functions, but only under that release's node.
    needed=$(nm -D --undefined-only --with-symbol-versions "$so" | awk '$2 ~ /^kube_/ && $2 !~ /@KUBE_/ { print $2 }')
    [[ -z $needed ]] || fail "$(basename "$so") takes without a version:" $needed
done

# A shared library without a list would export everything.
while read -r so; do
    library=$(basename "$so" .so)
    compgen -G "$source/*/${library#libkube-}.map" > /dev/null || fail "$so has no map file"
done < <(find "$build" -name 'libkube-*.so')

[[ $looked_at -gt 0 ]] || fail "there is no shared library to look at"
[[ $status -ne 0 ]] || echo "exports: $looked_at libraries export what is listed"
exit $status
