#!/usr/bin/env bash
# Lines and branches the suites reach, module by module. The modules everything stands on must have 95 % of their
# lines. Each line and each branch that is not reached has its reason in tests/coverage/<module>.tsv, or is listed here
# and fails. All that is not reached is left in build-coverage/unreached.txt.
#   scripts/coverage.sh [suites]    only these suites, as ctest -R takes them, and their modules
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/modules.sh

readonly BUILD=build-coverage LEAST=95
command -v lcov >/dev/null || { echo "coverage: lcov is missing: apt-get install lcov" >&2; exit 1; }

# shellcheck source=scripts/quietly.sh
. scripts/quietly.sh
quietly cmake --preset coverage
quietly cmake --build --preset coverage
find "$BUILD" -name '*.gcda' -delete
# What they check is the same in every build, and what is installed cannot be linked without the coverage library.
ctest --preset coverage -j "$(nproc)" --no-tests=error --timeout 1200 -R "${1:-.}" \
    -E '^(install|headers|exports|contract)$' | tail -n 4
lcov --quiet --capture --rc lcov_branch_coverage=1 --directory "$BUILD" --no-external --base-directory . \
    --output-file "$BUILD/raw.info" 2>/dev/null
patterns=("$PWD/examples/*") reasons=(tests/coverage/examples.tsv)
named=()
if [[ -n ${1:-} ]]; then
    mapfile -t named < <(ctest --preset coverage -N -R "$1" | sed -n 's/^ *Test *#[0-9]*: *\([a-z]*\)\.test_.*/\1/p' |
        sort -u)
fi
if [[ ${#named[@]} -gt 0 ]]; then # a corpus is of no module
    modules=("${named[@]}") patterns=() reasons=()
fi
for module in "${modules[@]}"; do
    patterns+=("$PWD/$module/src/*")
    reasons+=("tests/coverage/$module.tsv")
done
lcov --quiet --rc lcov_branch_coverage=1 --extract "$BUILD/raw.info" "${patterns[@]}" \
    --output-file "$BUILD/all.info" 2>/dev/null

awk -v root="$PWD/" -v partial="${1:-}" -v modules="${modules[*]}" '
    /^SF:/ { file = substr($0, 4); sub("^" root, "", file); module = file; sub("/.*", "", module) }
    /^LF:/ { lines[module] += substr($0, 4) }
    /^LH:/ { lines_hit[module] += substr($0, 4) }
    /^BRF:/ { branches[module] += substr($0, 5) }
    /^BRH:/ { branches_hit[module] += substr($0, 5) }
    END {
        n = split(modules " examples", order, " ")
        printf "%-10s %14s %18s\n", "", "lines", "branches"
        for (i = 1; i <= n; i++) {
            m = order[i]
            if (lines[m] == 0 && partial != "")
                continue
            if (lines[m] == 0) {
                print m ": nothing was captured"
                exit 1
            }
            printf "%-10s %6d %6.1f %% %8d %7.1f %%\n", m, lines[m], 100 * lines_hit[m] / lines[m], branches[m],
                100 * branches_hit[m] / branches[m]
        }
    }' "$BUILD/all.info" | tee "$BUILD/summary.txt"

# "file:line<TAB>kind<TAB>source", and whether the next line with code is not reached either
awk -v root="$PWD/" '
    function flush(    i, n) {
        for (i = 1; i <= count; i++) {
            n = line[i]
            if (hits[n] == 0)
                print file ":" n "\tline"
            else if (n in missed)
                print file ":" n "\t" (i < count && hits[line[i + 1]] == 0 ? "branch-into-line" : "branch")
        }
        count = 0
        delete hits
        delete missed
    }
    /^SF:/ { file = substr($0, 4); sub("^" root, "", file) }
    /^DA:/ { split(substr($0, 4), a, ","); line[++count] = a[1]; hits[a[1]] = a[2] }
    /^BRDA:/ { split(substr($0, 6), a, ","); if (a[4] == "0") missed[a[1]] = 1 }
    /^end_of_record/ { flush() }
' "$BUILD/all.info" | sort -t: -k1,1 -k2,2n | while IFS=$'\t' read -r place kind; do
    printf '%s\t%s\t%s\n' "$place" "$kind" "$(sed -n "${place##*:}s/^ *//p" "${place%:*}")"
done >"$BUILD/unreached.txt"

# A reason is "file<TAB>line or branch<TAB>source<TAB>why", so that it outlives moved lines, and a fifth field says for
# how many such places of the file it stands (1). A branch into a line that is not reached has that line's reason. A
# place that is reached after all is only told: some are reached by chance.
awk -F '\t' '
    FILENAME ~ /\.tsv$/ {
        if (NF == 4 || NF == 5)
            places[$1 "\t" $2 "\t" $3] = NF == 5 ? $5 : 1
        else {
            print FILENAME ":" FNR ": four or five fields are wanted"
            missing++
        }
        next
    }
    $2 != "branch-into-line" {
        file = $1
        sub(":[0-9]*$", "", file)
        key = file "\t" $2 "\t" $3
        if (++found[key] > places[key]) {
            print "no reason: " $1 ": " $2 ": " $3
            missing++
        }
    }
    END {
        for (key in places)
            if (!(key in found))
                print "reached after all, or gone: " key
            else if (found[key] < places[key])
                print "only " found[key] " of " places[key] ", the others are reached after all, or gone: " key
        if (missing)
            print missing " without a reason"
        exit missing != 0
    }' "${reasons[@]}" "$BUILD/unreached.txt"
awk -v least="$LEAST" '
    $1 ~ /^(base|cache|discovery)$/ && $3 < least { print $1 ": less than " least " % of the lines"; bad = 1 }
    END { exit bad }' "$BUILD/summary.txt"
