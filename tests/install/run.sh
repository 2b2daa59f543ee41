#!/usr/bin/env bash
# Installs a build and uses it as strangers do: run.sh BUILD_DIR SOURCE_DIR
#
# By find_package and by pkg-config, shared and static, in C and C++, from where it was installed and from where it
# was moved to; and by add_subdirectory. Each program is run without LD_LIBRARY_PATH. Not for a build with
# sanitizers, which a stranger's compiler knows nothing of.
set -euo pipefail
build=$(cd "$1" && pwd) source=$(cd "$2" && pwd)
cc=${CC:-cc} cxx=${CXX:-c++}
unset LD_LIBRARY_PATH

cached() { sed -n "s/^$1:[^=]*=//p" "$build/CMakeCache.txt"; }

[[ -z $(cached KUBE_SANITIZE) && $(cached CMAKE_C_FLAGS_DEBUG) != *--coverage* ]] ||
    { echo "install: a build with sanitizers or coverage is not for strangers" >&2; exit 1; }
shared=$(cached KUBE_BUILD_SHARED) static=$(cached KUBE_BUILD_STATIC)

work=$(mktemp -d "${TMPDIR:-/tmp}/kube-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; echo "install: failed: $*" >&2; exit 1; }; }

run() {
    "$@" > "$work/out" || { cat "$work/out" >&2; echo "install: $* ended with $?" >&2; exit 1; }
    grep -q 'gopher\|invalid\|config\|unsupported' "$work/out" || { echo "install: $* explained nothing" >&2; exit 1; }
}

by_find_package() { # PREFIX SUFFIX
    local dir
    dir=$(mktemp -d "$work/find.XXXXXX")
    quietly cmake -S "$source/tests/install/find_package" -B "$dir" -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$1" -DSUFFIX="$2"
    quietly cmake --build "$dir"
    run "$dir/consumer_c"
    run "$dir/consumer_cpp"
    run "$dir/consumer_all"
    run "$dir/consumer_testing"
    echo "install: find_package ($([[ -n $2 || $shared != ON ]] && echo static || echo shared)) ok"
}

# With --static pkg-config wants everything static, libcurl's own dependencies included, which few systems have: who
# links only libkube statically adds what it requires privately.
by_pkg_config() { # PREFIX KIND
    local prefix=$1 kind=$2 flags libs private=''
    export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
    [[ $kind != static ]] || private=$(pkg-config --libs $(pkg-config --print-requires-private kube-rest))
    read -ra flags <<< "$(pkg-config --cflags kube-rest)"
    read -ra libs <<< "$(pkg-config --libs kube-rest) $private -pthread"
    quietly "$cc" -std=c99 "$source/tests/install/consumer.c" -o "$work/pc_c" "${flags[@]}" "${libs[@]}" \
        -Wl,-rpath,"$prefix/$libdir"
    run "$work/pc_c"
    quietly "$cxx" -std=c++11 "$source/tests/install/consumer.cpp" -o "$work/pc_cpp" "${flags[@]}" "${libs[@]}" \
        -Wl,-rpath,"$prefix/$libdir"
    run "$work/pc_cpp"
    [[ $kind == static ]] || quickstart "$prefix"
    echo "install: pkg-config ($kind) ok"
}

# The program that the README shows, as C and as C++. Without any configuration it says what it looked for.
quickstart() { # PREFIX
    local flags libs language
    read -ra flags <<< "$(pkg-config --cflags kube-auth kube-discovery)"
    read -ra libs <<< "$(pkg-config --libs kube-auth kube-discovery)"
    for language in c c++; do
        quietly "$cc" -x "$language" "$source/examples/quickstart.c" -x none -o "$work/quickstart" "${flags[@]}" \
            "${libs[@]}" -Wl,-rpath,"$1/$libdir"
        ! env -i HOME="$work" "$work/quickstart" 2> "$work/out" ||
            { echo "install: quickstart invents a server" >&2; exit 1; }
        grep -q 'no configuration was found' "$work/out" || { cat "$work/out" >&2; exit 1; }
    done
}

quietly cmake --install "$build" --prefix "$work/first"
libdir=$(cd "$work/first" && dirname "$(find . -name kube-base.pc)")
libdir=${libdir#./} libdir=${libdir%/pkgconfig}

# Every header that is in the tree, and nothing of ours beside the promised places.
diff <(cd "$source" && find ./*/include include -name '*.h' | sed 's|.*include/kube/|kube/|' | LC_ALL=C sort) \
    <(cd "$work/first/include" && find kube -name '*.h' | LC_ALL=C sort) ||
    { echo "install: the installed headers differ from the tree's" >&2; exit 1; }
if grep -rlF "$source" "$work/first" --include='*.cmake' --include='*.pc' --include='*.h'; then
    echo "install: an installed file names the source folder" >&2
    exit 1
fi

mv "$work/first" "$work/moved"
[[ $shared != ON ]] || by_find_package "$work/moved" ""
[[ $shared != ON ]] || by_pkg_config "$work/moved" shared
if [[ $static == ON ]]; then
    [[ $shared != ON ]] || by_find_package "$work/moved" _static
    find "$work/moved" -name 'libkube-*.so*' -delete # a linker that has the choice takes the shared one
    by_pkg_config "$work/moved" static
fi

quietly cmake -S "$source/tests/install/add_subdirectory" -B "$work/guest" -DKUBE_SOURCE_DIR="$source" \
    -DCMAKE_C_COMPILER="$cc"
quietly cmake --build "$work/guest" --target host
"$work/guest/host" || { echo "install: the guest build's program failed" >&2; exit 1; }
echo "install: add_subdirectory ok"
