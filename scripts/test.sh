#!/usr/bin/env bash
# Configures, builds and tests each preset given, and ends with ctest's own summary of the last one. A preset in which
# no test ran has failed. The limit is for what hangs: a suite may take minutes under a sanitizer, on a busy machine.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=scripts/runner.sh
. scripts/runner.sh

for preset in "$@"; do
    echo "== $preset"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset"
    set_runner "$preset"
    "${runner[@]}" ctest --preset "$preset" --no-tests=error --timeout 1200 -j "$(nproc)"
done
