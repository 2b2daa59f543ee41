#!/usr/bin/env bash
# Puts each deliberate fault of tests/mutants into a copy of the sources, one at a time, and expects the suites it names
# to notice by the check it names: a test that fails, a message, or a test that hangs. A mutant that survives, that is
# noticed by something else only, or that applies no more, fails. Logs stay in build-mutants/logs.
#   scripts/mutants.sh [NAME …]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly ROOT=$PWD WORK=build-mutants COPY=build-mutants/source BUILD=build-mutants/build MUTANTS=tests/mutants
# What hangs is ended after ten times what the suite takes without a mutant, and not before a minute: a slow machine is
# no test.
readonly BASE_LIMIT_S=1200 LEAST_LIMIT_S=60
declare -A limit=()

copy_sources() {
    local file
    mkdir -p "$COPY"
    # By content: a file that was mutated and mended is newer than its original.
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        [[ -f $file ]] || continue
        cmp -s "$file" "$COPY/$file" || install -D -m "$(stat -c %a "$file")" "$file" "$COPY/$file"
    done
    (cd "$COPY" && find . -type f -name '*.[ch]') | while IFS= read -r file; do
        [[ -f $file ]] || rm "$COPY/$file"
    done
}

applied=
restore() {
    [[ -z $applied ]] || git apply -R --directory="$COPY" "$applied"
    applied=
}
trap restore EXIT
trap 'exit 130' INT TERM HUP

field() { # NAME MUTANT: what the head of the patch says
    sed -n "s/^$1: //p; /^--- /q" "$MUTANTS/$2.patch"
}

# The head of each patch is complete, and the README's table says the same.
check_heads() {
    local mutant bad=0
    for mutant in "$@"; do
        if [[ ! -f $MUTANTS/$mutant.patch ]]; then
            echo "there is no $MUTANTS/$mutant.patch" >&2
        elif [[ -z $(field 'Killed by' "$mutant") || -z $(field 'Noticed by' "$mutant") ]]; then
            echo "$mutant does not say \"Killed by: SUITE …\" and \"Noticed by: CHECK\"" >&2
        else
            continue
        fi
        bad=1
    done
    [[ $bad -eq 0 ]] || return 1
    for mutant in "$@"; do
        printf '| %s | %s | %s |\n' "$mutant" "$(field 'Killed by' "$mutant")" \
            "$(field 'Noticed by' "$mutant" | sed '2,$s/^/or /' | paste -sd ' ')"
    done | grep -vxFf "$MUTANTS/README.md" >&2 || return $(($? - 1)) # 1: there are none; more: grep failed
    echo "these lines are not in the table of $MUTANTS/README.md" >&2
    return 1
}

target_of() { # the program of a suite
    case $1 in
    corpus.json) echo fuzz_json_reader ;;
    corpus.*) echo "fuzz_${1#corpus.}" ;;
    *) echo "${1/./_}" ;;
    esac
}

build() { # SUITE …
    local suite targets=()
    for suite in "$@"; do
        targets+=("$(target_of "$suite")")
    done
    cmake --build "$BUILD" --target "${targets[@]}" >"$WORK/log" 2>&1
}

# run_suite SUITE LIMIT LOG: its status; 124 is timeout's, when the time was over.
run_suite() {
    local program folder=$BUILD/tests
    program=$(target_of "$1")
    # In a shell of its own, so that what that says of a signal is in the log as well.
    if [[ $1 == corpus.* ]]; then
        (timeout "$2" "$folder/fuzz/$program" "$ROOT/tests/fuzz/corpus/${1#corpus.}" || exit "$?") >"$3" 2>&1
    else
        (cd "$folder" && timeout "$2" "./$program" || exit "$?") >"$3" 2>&1
    fi
}

# Without a mutant each of the suites passes: else its failing would mean nothing.
measure() { # SUITE …
    local suite began ended log
    build "$@" || { cat "$WORK/log" >&2; return 1; }
    for suite in "$@"; do
        log=$WORK/logs/unmutated.$suite began=$SECONDS ended=0
        run_suite "$suite" "$BASE_LIMIT_S" "$log" || ended=$?
        if [[ $ended -ne 0 ]]; then
            tail -n 40 "$log" >&2
            echo "$suite fails without a mutant, with status $ended" >&2
            return 1
        fi
        limit[$suite]=$((10 * (SECONDS - began + 1)))
        ((limit[$suite] >= LEAST_LIMIT_S)) || limit[$suite]=$LEAST_LIMIT_S
    done
}

# is_skipped MUTANT: every test that may notice it is skipped on this machine, without being root for example.
is_skipped() {
    local suites check skipped
    read -ra suites <<<"$(field 'Killed by' "$1")"
    skipped=$(cat "${suites[@]/#/$WORK/logs/unmutated.}" | grep -aE '^\[ +SKIPPED +\]' || true)
    while IFS= read -r check; do
        grep -qwE -- "${check#hang }" <<<"$skipped" || return 1
    done < <(field 'Noticed by' "$1")
}

# What a log complains of: all but the tests that began, that passed and that were skipped.
complaints() { grep -avE '^\[ +(RUN|OK|SKIPPED) +\]' "$1" || true; }

# noticed_by CHECK STATUS LOG: a suite that ended so has failed by this check. A test hangs when it was the last to
# begin and the time was over: ours, or the alarm (SIGALRM) that it had set itself.
noticed_by() {
    if [[ $1 == hang\ * ]]; then
        [[ $2 -eq 124 || $2 -eq 142 ]] && [[ $(grep -aE '^\[ +RUN +\]' "$3" | tail -n 1) == *" ${1#hang }" ]]
    else
        complaints "$3" | grep -aqwE -- "$1"
    fi
}

# try MUTANT: with the mutant in place. Leaves in `by` what noticed it, and in `other` what failed beside the point.
try() {
    local suite suites check checks ended log
    read -ra suites <<<"$(field 'Killed by' "$1")"
    mapfile -t checks < <(field 'Noticed by' "$1")
    by='' other=''
    build "${suites[@]}" || { other="no program: the compiler"; return 0; }
    for suite in "${suites[@]}"; do
        log=$WORK/logs/$1.$suite ended=0
        run_suite "$suite" "${limit[$suite]}" "$log" || ended=$?
        [[ $ended -ne 126 && $ended -ne 127 ]] || { echo "$suite cannot be run" >&2; exit 1; }
        [[ $ended -ne 0 ]] || continue
        for check in "${checks[@]}"; do
            if noticed_by "$check" "$ended" "$log"; then
                by="$suite: $check"
                return 0
            fi
        done
        other="not noticed by what should: $suite ended with $ended, see $log"
        complaints "$log" | grep -aE 'ERROR|FAILED|Could not run' | cut -c1-150 | head -n 10 >&2 || true
    done
}

mutants=("$@")
if [[ ${#mutants[@]} -eq 0 ]]; then
    mapfile -t mutants < <(basename -s .patch "$MUTANTS"/*.patch)
fi
check_heads "${mutants[@]}"
copy_sources
rm -rf "$WORK/logs"
mkdir -p "$WORK/logs"
cmake -S "$COPY" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DKUBE_BUILD_SHARED=OFF >/dev/null
mapfile -t all < <(for mutant in "${mutants[@]}"; do
    field 'Killed by' "$mutant"
done | tr ' ' '\n' | sort -u)
measure "${all[@]}"

killed=0 skipped=0 survivors=()
for mutant in "${mutants[@]}"; do
    if is_skipped "$mutant"; then
        skipped=$((skipped + 1))
        printf '%-45s not tried: what has to notice it is skipped here\n' "$mutant"
        continue
    fi
    patch=$ROOT/$MUTANTS/$mutant.patch
    git apply --directory="$COPY" "$patch" || { survivors+=("$mutant (does not apply)"); continue; }
    applied=$patch
    try "$mutant"
    # Once more when something else failed: it may have been the machine.
    [[ -z $other || -n $by || $other == "no program"* ]] || try "$mutant"
    restore
    if [[ -n $by ]]; then
        killed=$((killed + 1))
        printf '%-45s %s\n' "$mutant" "$by"
    else
        survivors+=("$mutant${other:+ ($other)}")
        printf '%-45s SURVIVED\n' "$mutant"
    fi
done
printf '%d killed, %d survived, %d not tried\n' "$killed" "${#survivors[@]}" "$skipped"
[[ ${#survivors[@]} -eq 0 ]] || { printf 'survived: %s\n' "${survivors[@]}" >&2; exit 1; }
