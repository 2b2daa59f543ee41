#!/usr/bin/env bash
# Runs each fuzzer for KUBE_FUZZ_SECONDS (default 60), as many at once as there are processors, beginning with its kept
# corpus. What it finds stays in build-fuzz/found; a finding is fixed with a test, and its input goes into
# tests/fuzz/corpus. One that had no time for inputs of its own has not passed.
#   scripts/fuzz.sh [fuzz_json_reader …]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SECONDS_EACH=${KUBE_FUZZ_SECONDS:-60} JOBS=${KUBE_FUZZ_JOBS:-$(nproc)} LEAST=1000
# shellcheck source=scripts/runner.sh
. scripts/runner.sh
set_runner fuzz

fuzzers=("$@")
if [[ ${#fuzzers[@]} -eq 0 ]]; then
    for source in tests/fuzz/fuzz_*.c; do
        fuzzers+=("$(basename "$source" .c)")
    done
fi
for fuzzer in "${fuzzers[@]}"; do
    [[ -f tests/fuzz/$fuzzer.c ]] || { echo "fuzz: there is no fuzzer $fuzzer (tests/fuzz/$fuzzer.c)" >&2; exit 2; }
done
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${fuzzers[@]}"
mkdir -p build-fuzz/found build-fuzz/logs
rm -f build-fuzz/logs/*

run_one() { # its log begins with "kept N", the inputs it starts from, and ends with "ended N"
    local what=${1#fuzz_} ended=0
    what=${what%_reader}
    local work=build-fuzz/corpus/$what log=build-fuzz/logs/$1
    local arguments=(-max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
                     -artifact_prefix="build-fuzz/found/$1-")
    mkdir -p "$work"
    echo "kept $(find "$work" "tests/fuzz/corpus/$what" -type f | wc -l)" >"$log"
    [[ ! -f tests/fuzz/$what.dict ]] || arguments+=(-dict="tests/fuzz/$what.dict")
    "${runner[@]}" "build-fuzz/tests/fuzz/$1" "${arguments[@]}" "$work" "tests/fuzz/corpus/$what" \
        >>"$log" 2>&1 || ended=$?
    echo "ended $ended" >>"$log"
}

for fuzzer in "${fuzzers[@]}"; do
    while (($(jobs -rp | wc -l) >= JOBS)); do
        wait -n
    done
    run_one "$fuzzer" &
done
wait

own_inputs() { # LOG: how many it made up itself
    awk 'NR == 1 { kept = $2 } /^stat::number_of_executed_units:/ { ran = $2 } END { print ran - kept }' "$1"
}

passed=0
failed=0
for fuzzer in "${fuzzers[@]}"; do
    echo "== $fuzzer, $SECONDS_EACH s"
    log=build-fuzz/logs/$fuzzer
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec)|DONE|ERROR|SUMMARY|Test unit written' "$log" || true
    own=$(own_inputs "$log")
    if [[ $(tail -n 1 "$log") != "ended 0" ]]; then
        tail -n 40 "$log" >&2
        echo "$fuzzer failed" >&2
        failed=$((failed + 1))
    elif ((own < LEAST)); then
        echo "$fuzzer made up $own inputs in $SECONDS_EACH s; fewer than $LEAST are no fuzzing: KUBE_FUZZ_SECONDS" >&2
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
