#!/usr/bin/env bash
# The binary interface beside that of the last release, or of another commit: a program that was linked with that one
# has to run with this one. libabigail (package abigail-tools) compares what the public headers describe. Functions may
# come; every other change fails, unless tests/abi.suppr says why it is harmless.
#   scripts/check-abi.sh [commit]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/modules.sh

command -v abidiff >/dev/null || { echo "check-abi: abidiff is missing: apt-get install abigail-tools" >&2; exit 1; }
before=${1:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)}
if [[ -z $before ]]; then
    echo "check-abi: there is no release yet, and no commit was named: nothing to be compatible with" >&2
    exit 1
fi

# shellcheck source=scripts/quietly.sh
. scripts/quietly.sh
build() { # source folder, build folder
    quietly cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DKUBE_BUILD_TESTS=OFF -DKUBE_BUILD_PROGRAMS=OFF \
        -DKUBE_BUILD_STATIC=OFF
    quietly cmake --build "$2"
}

readonly TREE=$PWD/build-abi
rm -rf "$TREE"
mkdir -p "$TREE/before"
git archive "$before" | tar -x -C "$TREE/before"
build "$TREE/before" "$TREE/before-build"
build . "$TREE/now-build"

changed=0
for module in "${modules[@]}"; do
    library=lib/libkube-$module.so
    ended=0
    abidiff --no-added-syms --suppressions tests/abi.suppr \
        --headers-dir1 "$TREE/before/$module/include" --headers-dir2 "$module/include" \
        "$TREE/before-build/$library" "$TREE/now-build/$library" >"$TREE/$module.txt" 2>&1 || ended=$?
    # 4: something changed; 8 beside it: incompatibly. 1 and 2: abidiff failed.
    case $ended in
    0) verdict=compatible ;;
    4) verdict=changed ;;
    12) verdict=incompatible ;;
    *) verdict="abidiff failed" ;;
    esac
    [[ $ended -eq 0 ]] || changed=1
    printf '%-10s %s\n' "$module" "$verdict"
    [[ $ended -eq 0 ]] || sed 's/^/    /' "$TREE/$module.txt"
done
exit "$changed"
