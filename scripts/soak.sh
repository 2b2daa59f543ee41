#!/usr/bin/env bash
# Everything that is too long for CI, each step with an end: writers killed at any moment, each allocation of a whole
# process, the suites in which threads and processes meet again and again, each fuzzer for KUBE_FUZZ_SECONDS (60). The
# record is build-soak/soak.json.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly RECORD=build-soak/soak.json
export KUBE_FUZZ_SECONDS=${KUBE_FUZZ_SECONDS:-60}
mkdir -p build-soak
# shellcheck source=scripts/quietly.sh
. scripts/quietly.sh
quietly cmake --preset dev
quietly cmake --build --preset dev

steps=()
failed=0
step() { # name, limit in seconds, command …
    local name=$1 limit=$2 began=$SECONDS ended=0 said
    shift 2
    printf '== %s\n' "$name"
    timeout "$limit" "$@" >"build-soak/$name.log" 2>&1 || ended=$?
    said=$(grep -aE 'killed|allocations|places|tests passed|[0-9]+ passed|ERROR' "build-soak/$name.log" | tail -n 2 |
        tr '\n' ';' | tr -d '"\\' | tr -cd '[:print:]' || true)
    printf '%s: exit %d after %d s: %s\n' "$name" "$ended" $((SECONDS - began)) "$said"
    steps+=("{\"name\": \"$name\", \"exit\": $ended, \"seconds\": $((SECONDS - began)), \"said\": \"$said\"}")
    [[ $ended -eq 0 ]] || failed=1
}

step killed-writers 1800 env KUBE_KILL_ROUNDS=10000 build/tests/cache_test_disk_kill
step every-allocation 3600 env KUBE_SOAK_ROUNDS=0 build/tests/discovery_test_program_memory
step every-byte 3600 env KUBE_SOAK_ROUNDS=0 build/tests/discovery_test_network_faults
meetings='^(base.test_(io|cancel|blocking).*|cache.test_disk_lock|rest.test_(transfer|resolve.*)'
meetings+='|discovery.test_cached_(flight|order|heal))$'
step meetings 1800 ctest --preset dev --no-tests=error -j "$(nproc)" --repeat until-fail:50 -R "$meetings"
step fuzzers 7200 scripts/fuzz.sh

{
    printf '{\n  "commit": "%s",\n  "when": "%s",\n  "steps": [\n' \
        "$(git describe --always --dirty --abbrev=40 2>/dev/null || true)" \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    for i in "${!steps[@]}"; do
        printf '    %s%s\n' "${steps[i]}" "$([[ $i -eq $((${#steps[@]} - 1)) ]] || echo ,)"
    done
    printf '  ]\n}\n'
} >"$RECORD"
cat "$RECORD"
exit "$failed"
