#!/usr/bin/env bash
# Puts each deliberate fault of tests/mutants into a copy of the sources, one at a time, and expects the suites it names
# to notice by the check it names: a test that fails, a message, or a test that hangs. A mutant that survives, that is
# noticed by something else only, or that applies or compiles no more, fails. Logs stay in build-mutants/logs.
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

# is_test NAME SUITE …: one of the suites runs a test of this name, its own or a shared one of tests/support. Anything
# else might be noticed whatever fails: ERROR is in the log of each failure.
is_test() {
    local name=$1 suite sources=(tests/support/*.c)
    shift
    for suite in "$@"; do
        sources+=("tests/${suite/.//}.c")
    done
    [[ $name =~ ^[a-z][a-z0-9_]*$ ]] &&
        grep -qzE "(TEST|cmocka_unit_test[a-z_]*)\([[:space:]]*$name[[:space:]]*[,)]" "${sources[@]}"
}

# What is wrong with the head of a patch, a line each. A corpus has no tests: there, any message will do.
faults_of_head() { # MUTANT
    local suite suites check checks
    [[ -f $MUTANTS/$1.patch ]] || { echo "there is no $MUTANTS/$1.patch"; return 0; }
    read -ra suites <<<"$(field 'Killed by' "$1")"
    mapfile -t checks < <(field 'Noticed by' "$1")
    if [[ ${#suites[@]} -eq 0 || -z ${checks[*]} ]]; then
        echo "$1 does not say \"Killed by: SUITE …\" and \"Noticed by: CHECK\""
        return 0
    fi
    for suite in "${suites[@]}"; do
        [[ $suite != corpus.* ]] || return 0
        [[ -f tests/${suite/.//}.c ]] || { echo "$1: there is no suite $suite"; return 0; }
    done
    for check in "${checks[@]}"; do
        is_test "${check#hang }" "${suites[@]}" || echo "$1: \"${check#hang }\" is no test of ${suites[*]}"
    done
}

# The head of each patch is complete, and the README's table says the same of all that there are.
check_heads() {
    local mutant faults
    faults=$(for mutant in "$@"; do
        faults_of_head "$mutant"
    done)
    [[ -z $faults ]] || { printf '%s\n' "$faults" >&2; return 1; }
    for mutant in "$MUTANTS"/*.patch; do
        mutant=$(basename "$mutant" .patch)
        printf '| %s | %s | %s |\n' "$mutant" "$(field 'Killed by' "$mutant")" \
            "$(field 'Noticed by' "$mutant" | sed '2,$s/^/or /' | paste -sd ' ')"
    done | sort | diff - <(sed '1,/^|---/d' "$MUTANTS/README.md" | sort) >&2 && return
    echo "the table of $MUTANTS/README.md (>) does not say what the patches do (<)" >&2
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

# try MUTANT: with the mutant in place. Leaves in `by` what noticed it, in `other` what failed beside the point, and in
# `unfit` why it could not be tried.
try() {
    local suite suites check checks ended log
    read -ra suites <<<"$(field 'Killed by' "$1")"
    mapfile -t checks < <(field 'Noticed by' "$1")
    by='' other='' unfit=''
    if ! build "${suites[@]}"; then
        cp "$WORK/log" "$WORK/logs/$1.build"
        unfit="DOES NOT COMPILE: $(grep -am 1 'error:' "$WORK/log" || echo "see $WORK/logs/$1.build")"
        return 0
    fi
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

killed=0 skipped=0 survivors=() misfits=()
for mutant in "${mutants[@]}"; do
    if is_skipped "$mutant"; then
        skipped=$((skipped + 1))
        printf '%-45s not tried: what has to notice it is skipped here\n' "$mutant"
        continue
    fi
    patch=$ROOT/$MUTANTS/$mutant.patch
    git apply --directory="$COPY" "$patch" || { misfits+=("$mutant: DOES NOT APPLY"); continue; }
    applied=$patch
    try "$mutant"
    # Once more when something else failed: it may have been the machine.
    [[ -z $other || -n $by ]] || try "$mutant"
    restore
    if [[ -n $unfit ]]; then
        misfits+=("$mutant: $unfit")
        printf '%-45s %s\n' "$mutant" "$unfit"
    elif [[ -n $by ]]; then
        killed=$((killed + 1))
        printf '%-45s %s\n' "$mutant" "$by"
    else
        survivors+=("$mutant${other:+ ($other)}")
        printf '%-45s SURVIVED\n' "$mutant"
    fi
done
printf '%d killed, %d survived, %d unfit, %d not tried\n' "$killed" "${#survivors[@]}" "${#misfits[@]}" "$skipped"
[[ ${#survivors[@]} -eq 0 ]] || printf 'survived: %s\n' "${survivors[@]}" >&2
[[ ${#misfits[@]} -eq 0 ]] || printf 'unfit: %s\n' "${misfits[@]}" >&2
[[ ${#survivors[@]} -eq 0 && ${#misfits[@]} -eq 0 ]]
