#!/usr/bin/env bash
# Counts the instructions of small pieces of work with callgrind, and compares them with the table the repository
# keeps. More than 5 % above it fails: make it faster again, or let the table change with the reason (--update). The
# table names the compiler and the C library it was made with; with others nothing is compared, as is said at the end.
#   scripts/bench-micro.sh [--update]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TABLE=bench/micro/instructions.txt PROGRAM=build-bench/bench/micro/bench_micro TOLERANCE=5

# The C library takes other ways on another processor, which is up to 30 % here: all are given the oldest one's. Nothing
# that is counted reaches OpenSSL.
TUNABLES=glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load
TUNABLES+=,-AVX2,-AVX,-ERMS,-FSRM,-BMI1,-BMI2,-SSSE3,-SSE4_1,-SSE4_2,-LZCNT,-MOVBE
TUNABLES+=:glibc.cpu.x86_non_temporal_threshold=16777216
readonly TUNABLES

update=false
case ${1-} in
'') ;;
--update) update=true ;;
*) echo "usage: bench-micro.sh [--update]" >&2; exit 2 ;;
esac

# shellcheck source=scripts/quietly.sh
. scripts/quietly.sh
quietly cmake --preset bench
quietly cmake --build --preset bench --target bench_micro

tools() {
    printf 'gcc %s, glibc %s, %s, the oldest %s\n' "$(cc -dumpfullversion)" \
        "$(ldd --version | awk 'NR == 1 { print $NF }')" "$(valgrind --version)" "$(uname -m)"
}

count() {
    GLIBC_TUNABLES=$TUNABLES valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
        --toggle-collect="job_$1" "$PROGRAM" "$1" tests/fixtures 2>&1 | awk '/Collected/ { print $NF }'
}

measured=$(mktemp)
trap 'rm -f "$measured"' EXIT
jobs=$("$PROGRAM")
[[ -n $jobs ]] || { echo "bench-micro: there is nothing to count" >&2; exit 1; }
{
    echo "# $(tools)"
    for job in $jobs; do
        instructions=$(count "$job") || instructions=0
        [[ ${instructions:-0} -gt 0 ]] || { echo "bench-micro: nothing was counted of $job" >&2; exit 1; }
        printf '%-24s %d\n' "$job" "$instructions"
    done
} >"$measured"

if $update; then
    cp "$measured" "$TABLE"
    cat "$TABLE"
    exit 0
fi
if [[ $(head -1 "$TABLE") != "$(head -1 "$measured")" ]]; then
    cat "$measured"
    printf 'bench-micro: NOT COMPARED, nothing was checked: %s is of other tools\n  it:   %s\n  here: %s\n' "$TABLE" \
        "$(head -1 "$TABLE")" "$(head -1 "$measured")" >&2
    exit 0
fi
echo "compared with $TABLE:"
awk -v tolerance="$TOLERANCE" '
    /^#/ { next }
    NR == FNR { before[$1] = $2; next }
    !($1 in before) { printf "%-24s %12d  not in the table: --update\n", $1, $2; bad = 1; next }
    {
        change = 100 * ($2 - before[$1]) / before[$1]
        said = change > tolerance ? "  SLOWER" : change < -2 * tolerance ? "  less than it should be: --update" : ""
        printf("%-24s %12d  %+.1f %%%s\n", $1, $2, change, said)
        bad = bad || said != ""
        delete before[$1]
    }
    END {
        for (name in before) { printf "%-24s is in the table and not counted any more: --update\n", name; bad = 1 }
        exit bad
    }' "$TABLE" "$measured"
