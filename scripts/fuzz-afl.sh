#!/usr/bin/env bash
# The same fuzzers under AFL++ (package afl++), for KUBE_FUZZ_SECONDS (60) each: another engine mutates differently.
# What it finds stays in build-afl/found/<what>/default/crashes, and makes this fail.
#   scripts/fuzz-afl.sh [fuzz_json_reader …]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v afl-fuzz >/dev/null || { echo "fuzz-afl: afl-fuzz is missing: apt-get install afl++" >&2; exit 1; }
seconds=${KUBE_FUZZ_SECONDS:-60}
# shellcheck source=scripts/runner.sh
. scripts/runner.sh
set_runner afl
cmake --preset afl >/dev/null
cmake --build --preset afl
# Run from a script, on a machine whose core pattern and governor are not ours to change.
export AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_AUTORESUME=1 AFL_NO_AFFINITY=1

fuzzers=("$@")
if [[ ${#fuzzers[@]} -eq 0 ]]; then
    for source in tests/fuzz/fuzz_*.c; do
        fuzzers+=("$(basename "$source" .c)")
    done
fi
mkdir -p build-afl/found
passed=0
for fuzzer in "${fuzzers[@]}"; do
    what=${fuzzer#fuzz_}
    what=${what%_reader}
    found=build-afl/found/$what
    arguments=(-V "$seconds" -t 2000 -m none -i "tests/fuzz/corpus/$what" -o "$found")
    [[ ! -f tests/fuzz/$what.dict ]] || arguments+=(-x "tests/fuzz/$what.dict")
    echo "== $fuzzer under AFL++, $seconds s"
    "${runner[@]}" afl-fuzz "${arguments[@]}" -- "build-afl/tests/fuzz/$fuzzer" >build-afl/log 2>&1 ||
        { tail -n 40 build-afl/log >&2; echo "$fuzzer failed" >&2; exit 1; }
    grep -E '^(execs_done|execs_per_sec|corpus_found|saved_crashes|saved_hangs)' "$found/default/fuzzer_stats"
    if [[ $(grep -cE '^saved_(crashes|hangs) +: 0$' "$found/default/fuzzer_stats") -ne 2 ]]; then
        echo "$fuzzer: see $found/default/crashes and hangs" >&2
        exit 1
    fi
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
