#!/usr/bin/env bash
# What the fuzzers reach: their corpora, the kept ones and those of earlier runs on this machine, go once through the
# coverage build. Each source named in tests/fuzz/parsers.txt reads what others wrote; one of which the fuzzers reach
# less than KUBE_FUZZ_LEAST (80) per cent of the lines fails.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BUILD=build-coverage LIST=tests/fuzz/parsers.txt LEAST=${KUBE_FUZZ_LEAST:-80}
bad=0
while read -r source; do
    [[ -f $source ]] || { echo "$LIST: no such source: $source" >&2; bad=1; }
done < <(grep -v '^#' "$LIST" | grep .)
[[ $bad -eq 0 ]] || exit 1
command -v lcov >/dev/null || { echo "fuzz-coverage: lcov is missing: apt-get install lcov" >&2; exit 1; }

# shellcheck source=scripts/quietly.sh
. scripts/quietly.sh
quietly cmake --preset coverage
quietly cmake --build --preset coverage
find "$BUILD" -name '*.gcda' -delete
hint=
for source in tests/fuzz/fuzz_*.c; do
    fuzzer=$(basename "$source" .c)
    what=${fuzzer#fuzz_}
    what=${what%_reader}
    folders=("tests/fuzz/corpus/$what")
    if [[ -d build-fuzz/corpus/$what ]]; then
        folders+=("build-fuzz/corpus/$what")
    else
        hint=' (not all fuzzers have run here: make fuzz fills the corpora first)'
    fi
    printf '%s: ' "$what"
    "$BUILD/tests/fuzz/$fuzzer" "${folders[@]}"
done
lcov --quiet --capture --rc lcov_branch_coverage=1 --directory "$BUILD" --no-external --base-directory . \
    --output-file "$BUILD/fuzz-raw.info" 2>/dev/null
lcov --quiet --rc lcov_branch_coverage=1 --extract "$BUILD/fuzz-raw.info" "$PWD/*/src/*" \
    --output-file "$BUILD/fuzz.info" 2>/dev/null

awk -v root="$PWD/" -v least="$LEAST" -v hint="$hint" '
    NR == FNR { if ($0 !~ /^#/ && NF > 0) order[++count] = $1; next }
    /^SF:/ { file = substr($0, 4); sub("^" root, "", file) }
    /^LF:/ { lines[file] = substr($0, 4) }
    /^LH:/ { lines_hit[file] = substr($0, 4) }
    /^BRF:/ { branches[file] = substr($0, 5) }
    /^BRH:/ { branches_hit[file] = substr($0, 5) }
    END {
        printf "%-40s %15s %18s\n", "", "lines", "branches"
        for (i = 1; i <= count; i++) {
            f = order[i]
            reached = lines[f] > 0 ? 100 * lines_hit[f] / lines[f] : 0
            taken = branches[f] > 0 ? 100 * branches_hit[f] / branches[f] : 100
            printf "%-40s %6d %6.1f %% %8d %7.1f %%\n", f, lines[f], reached, branches[f], taken
            if (reached < least) { print f ": less than " least " % of the lines" hint; bad = 1 }
        }
        exit bad
    }' "$LIST" "$BUILD/fuzz.info" | tee "$BUILD/fuzz.txt"
