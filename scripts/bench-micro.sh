#!/usr/bin/env bash
# Counts the instructions of small pieces of work with callgrind, and compares them with the table the repository
# keeps. More than 5 % above it fails: make it faster again, or let the table change with the reason (--update). The
# table names the compiler and the C library it was made with; with others it is only shown.
#   scripts/bench-micro.sh [--update]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TABLE=bench/micro/instructions.txt PROGRAM=build-bench/bench/micro/bench_micro TOLERANCE=5

update=false
case ${1-} in
'') ;;
--update) update=true ;;
*) echo "usage: bench-micro.sh [--update]" >&2; exit 2 ;;
esac

cmake --preset bench >/dev/null
cmake --build --preset bench --target bench_micro >/dev/null

tools() {
    printf 'gcc %s, glibc %s, %s\n' "$(cc -dumpfullversion)" "$(ldd --version | awk 'NR == 1 { print $NF }')" \
        "$(valgrind --version)"
}

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect="job_$1" \
        "$PROGRAM" "$1" tests/fixtures 2>&1 | awk '/Collected/ { print $NF }'
}

measured=$(mktemp)
trap 'rm -f "$measured"' EXIT
{
    echo "# $(tools)"
    for job in $("$PROGRAM"); do
        instructions=$(count "$job")
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
    echo "bench-micro: the table is of other tools, and is not compared: $(head -1 "$TABLE")"
    cat "$measured"
    exit 0
fi
awk -v tolerance="$TOLERANCE" '
    /^#/ { next }
    NR == FNR { before[$1] = $2; next }
    !($1 in before) { printf "%-24s %12d  not in the table\n", $1, $2; bad = 1; next }
    {
        change = 100 * ($2 - before[$1]) / before[$1]
        said = change > tolerance ? "  SLOWER" : change < -2 * tolerance ? "  less than it should be: --update" : ""
        printf("%-24s %12d  %+.1f %%%s\n", $1, $2, change, said)
        bad = bad || said != ""
        delete before[$1]
    }
    END {
        for (name in before) { printf "%-24s is gone\n", name; bad = 1 }
        exit bad
    }' "$TABLE" "$measured"
