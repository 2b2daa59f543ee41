#!/usr/bin/env bash
# Runs each fuzzer for KUBE_FUZZ_SECONDS (default 60), beginning with its kept corpus. What it finds stays in
# build-fuzz/found; a finding is fixed with a test, and its input goes into tests/fuzz/corpus.
#   scripts/fuzz.sh [fuzz_json_reader …]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${KUBE_FUZZ_SECONDS:-60}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build-fuzz/found

fuzzers=("$@")
if [[ ${#fuzzers[@]} -eq 0 ]]; then
    for source in tests/fuzz/fuzz_*.c; do
        fuzzers+=("$(basename "$source" .c)")
    done
fi
passed=0
for fuzzer in "${fuzzers[@]}"; do
    what=${fuzzer#fuzz_}
    what=${what%_reader}
    work=build-fuzz/corpus/$what
    mkdir -p "$work"
    arguments=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
               -artifact_prefix="build-fuzz/found/$fuzzer-")
    [[ ! -f tests/fuzz/$what.dict ]] || arguments+=(-dict="tests/fuzz/$what.dict")
    echo "== $fuzzer, $seconds s"
    ended=0
    "build-fuzz/tests/fuzz/$fuzzer" "${arguments[@]}" "$work" "tests/fuzz/corpus/$what" > build-fuzz/log 2>&1 ||
        ended=$?
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec)|DONE|ERROR|SUMMARY|Test unit written' \
        build-fuzz/log || true
    [[ $ended -eq 0 ]] || { tail -n 40 build-fuzz/log >&2; echo "$fuzzer failed" >&2; exit 1; }
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
