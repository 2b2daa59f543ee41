#!/usr/bin/env bash
# The benchmarks on recorded documents, peers in the same run: a table, and a line of JSON for each figure in
# build-bench/bench.json. Figures of one machine: what counts is the ratio.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset bench >/dev/null
cmake --build --preset bench
rm -f build-bench/bench.json
ran=0
for program in build-bench/bench/bench_*; do
    [[ -x $program ]] || continue
    "$program" --json build-bench/bench.json "$@" tests/fixtures/kube-apiserver-1.37/large/apis.aggregated.json
    ran=$((ran + 1))
done
[[ $ran -gt 0 ]] || { echo "bench: there are no benchmarks in build-bench/bench" >&2; exit 1; }
