#!/usr/bin/env bash
# Puts each deliberate fault of tests/mutants into a copy of the sources, one at a time, and expects the suites it names
# to notice: they must not pass. Says which assertion did; a mutant that survives, or applies no more, fails.
#   scripts/mutants.sh [NAME …]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly ROOT=$PWD COPY=build-mutants/source BUILD=build-mutants/build
readonly LIMIT_S=20 # a suite that hangs has noticed as well

mkdir -p "$COPY"
# By content: a file that was mutated and mended is newer than its original.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ -f $file ]] || continue
    cmp -s "$file" "$COPY/$file" || install -D -m "$(stat -c %a "$file")" "$file" "$COPY/$file"
done
(cd "$COPY" && find . -type f -name '*.[ch]') | while IFS= read -r file; do
    [[ -f $file ]] || rm "$COPY/$file"
done
cmake -S "$COPY" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DKUBE_BUILD_SHARED=OFF >/dev/null

applied=
restore() {
    [[ -z $applied ]] || git apply -R --directory="$COPY" "$applied"
    applied=
}
trap restore EXIT
trap 'exit 130' INT TERM HUP

target_of() { # the program of a suite
    case $1 in
    corpus.json) echo fuzz_json_reader ;;
    corpus.*) echo "fuzz_${1#corpus.}" ;;
    *) echo "${1/./_}" ;;
    esac
}

run_suite() {
    local program folder=$BUILD/tests
    program=$(target_of "$1")
    if [[ $1 == corpus.* ]]; then
        timeout "$LIMIT_S" "$folder/fuzz/$program" "$ROOT/tests/fuzz/corpus/${1#corpus.}"
    else
        (cd "$folder" && timeout "$LIMIT_S" "./$program")
    fi
}

# What the first thing was that somebody noticed.
reason() {
    { grep -m1 -E 'Could not run test|ERROR *\]|ERROR:' build-mutants/log ||
        grep -m1 'is still alive' build-mutants/log || true; } |
        sed -E 's/^Could not run test: |^\[ *ERROR *\] *(---)? *|^ERROR: //' | cut -c1-90
}

mutants=("$@")
if [[ ${#mutants[@]} -eq 0 ]]; then
    mapfile -t mutants < <(basename -s .patch tests/mutants/*.patch)
fi
# Without a mutant each of the suites passes: else its failing would mean nothing.
mapfile -t all < <(for mutant in "${mutants[@]}"; do
    sed -n 's/^Killed by: //p' "tests/mutants/$mutant.patch"
done | tr ' ' '\n' | sort -u)
targets=()
for suite in "${all[@]}"; do
    targets+=("$(target_of "$suite")")
done
cmake --build "$BUILD" --target "${targets[@]}" >build-mutants/log 2>&1 || { cat build-mutants/log >&2; exit 1; }
for suite in "${all[@]}"; do
    run_suite "$suite" >build-mutants/log 2>&1 || { echo "$suite fails without a mutant" >&2; exit 1; }
done

killed=0 survivors=()
for mutant in "${mutants[@]}"; do
    patch=$ROOT/tests/mutants/$mutant.patch
    read -ra suites < <(sed -n 's/^Killed by: //p' "$patch")
    git apply --directory="$COPY" "$patch" || { survivors+=("$mutant (does not apply)"); continue; }
    applied=$patch
    targets=()
    for suite in "${suites[@]}"; do
        targets+=("$(target_of "$suite")")
    done
    by=
    if ! cmake --build "$BUILD" --target "${targets[@]}" >build-mutants/log 2>&1; then
        by="the compiler"
    fi
    for suite in "${suites[@]}"; do
        [[ -z $by ]] || break
        ended=0
        run_suite "$suite" >build-mutants/log 2>&1 || ended=$?
        [[ $ended -ne 126 && $ended -ne 127 ]] || { echo "$suite cannot be run" >&2; exit 1; }
        [[ $ended -eq 0 ]] || by="$suite ($([[ $ended -ne 124 ]] && echo "exit $ended" || echo "hung"))"
    done
    restore
    if [[ -n $by && $by != "the compiler" ]]; then
        killed=$((killed + 1))
        printf '%-45s %s: %s\n' "$mutant" "$by" "$(reason)"
    else
        survivors+=("$mutant${by:+ (no program: $by)}")
    fi
done
printf '%d killed, %d survived\n' "$killed" "${#survivors[@]}"
[[ ${#survivors[@]} -eq 0 ]] || { printf 'survived: %s\n' "${survivors[@]}" >&2; exit 1; }
