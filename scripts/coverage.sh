#!/usr/bin/env bash
# Lines and branches the suites reach, module by module. The modules everything stands on must have 95 % of their
# lines; each of their lines that is not reached has its reason in tests/unreached.txt, or is listed here and fails.
# What is not reached of all modules, branches too, is left in build-coverage/unreached.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BUILD=build-coverage REASONS=tests/unreached.txt LEAST=95
command -v lcov >/dev/null || { echo "coverage: lcov is missing: apt-get install lcov" >&2; exit 1; }

cmake --preset coverage >/dev/null
cmake --build --preset coverage >/dev/null
find "$BUILD" -name '*.gcda' -delete
# What they check is the same in every build, and what is installed cannot be linked without the coverage library.
ctest --preset coverage -j "$(nproc)" --no-tests=error --timeout 300 -E '^(install|headers|exports|contract)$' |
    tail -n 4
lcov --quiet --capture --rc lcov_branch_coverage=1 --directory "$BUILD" --no-external --base-directory . \
    --output-file "$BUILD/raw.info" 2>/dev/null
patterns=()
for module in base cache rest auth discovery testing; do
    patterns+=("$PWD/$module/src/*")
done
lcov --quiet --rc lcov_branch_coverage=1 --extract "$BUILD/raw.info" "${patterns[@]}" "$PWD/examples/*" \
    --output-file "$BUILD/all.info" 2>/dev/null

awk -v root="$PWD/" '
    /^SF:/ { file = substr($0, 4); sub("^" root, "", file); module = file; sub("/.*", "", module) }
    /^LF:/ { lines[module] += substr($0, 4) }
    /^LH:/ { lines_hit[module] += substr($0, 4) }
    /^BRF:/ { branches[module] += substr($0, 5) }
    /^BRH:/ { branches_hit[module] += substr($0, 5) }
    END {
        n = split("base cache rest auth discovery testing examples", order, " ")
        printf "%-10s %14s %18s\n", "", "lines", "branches"
        for (i = 1; i <= n; i++) {
            m = order[i]
            if (lines[m] == 0) {
                print m ": nothing was captured"
                exit 1
            }
            printf "%-10s %6d %6.1f %% %8d %7.1f %%\n", m, lines[m], 100 * lines_hit[m] / lines[m], branches[m],
                100 * branches_hit[m] / branches[m]
        }
    }' "$BUILD/all.info" | tee "$BUILD/summary.txt"

# "file:line<TAB>kind<TAB>source"
awk -v root="$PWD/" '
    /^SF:/ { file = substr($0, 4); sub("^" root, "", file) }
    /^DA:/ { split(substr($0, 4), a, ","); if (a[2] == 0) print file ":" a[1] "\tline" }
    /^BRDA:/ { split(substr($0, 6), a, ","); if (a[4] == 0) print file ":" a[1] "\tbranch" }
' "$BUILD/all.info" | sort -u -t: -k1,1 -k2,2n | while IFS=$'\t' read -r place kind; do
    printf '%s\t%s\t%s\n' "$place" "$kind" "$(sed -n "${place##*:}s/^ *//p" "${place%:*}")"
done >"$BUILD/unreached.txt"

# A reason is "file<TAB>source<TAB>why", so that it outlives moved lines.
awk -F '\t' '
    NR == FNR { if ($0 !~ /^#/ && NF == 3) known[$1 "\t" $2] = 1; next }
    $2 == "line" && $1 ~ /^(base|cache|discovery)\// {
        file = $1
        sub(":[0-9]*$", "", file)
        if (!((file "\t" $3) in known)) { print "no reason: " $1 ": " $3; missing = 1 }
    }
    END { exit missing }' "$REASONS" "$BUILD/unreached.txt"
awk -v least="$LEAST" '
    $1 ~ /^(base|cache|discovery)$/ && $3 < least { print $1 ": less than " least " % of the lines"; bad = 1 }
    END { exit bad }' "$BUILD/summary.txt"
