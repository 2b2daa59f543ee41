#!/usr/bin/env bash
# Configures, builds and tests each preset given, and ends with ctest's own summary of the last one. A preset in which
# no test ran has failed.
set -euo pipefail
cd "$(dirname "$0")/.."

# gcc's and clang's thread sanitizer cannot cope with more address randomisation than this.
runner=()
[[ $(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28) -le 28 ]] || runner=(setarch -R)

for preset in "$@"; do
    echo "== $preset"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset"
    "${runner[@]}" ctest --preset "$preset" --no-tests=error --timeout 300 -j "$(nproc)"
done
