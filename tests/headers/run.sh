#!/usr/bin/env bash
# Compiles each public header by itself, included twice, in every language it is promised for, with strict warnings:
#     run.sh SOURCE_DIR CC [CXX]
# A module's headers see the include folders of the modules below it and no others. A compiler that is "-" is left out.
set -euo pipefail
source=$1 cc=$2 cxx=${3:--}
cd "$source"
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Werror)
status=0 count=0

fail() { echo "headers: $*" >&2; status=1; }

# What a module may include. One that is new must be written down here.
declare -A below=(
    [base]="base"
    [rest]="base rest"
    [auth]="base rest auth"
    [cache]="base cache"
    [discovery]="base rest cache discovery"
    [testing]="base rest auth cache discovery testing"
    [.]="base rest auth cache discovery testing ."
)

compile() { # COMPILER LANGUAGE STANDARD HEADER INCLUDE-FLAGS…
    local compiler=$1 language=$2 standard=$3 header=$4
    shift 4
    count=$((count + 1))
    printf '#include <%s>\n#include <%s>\nint kube_header_test(void);\n' "$header" "$header" |
        "$compiler" -x "$language" -std="$standard" "${warnings[@]}" "$@" -fsyntax-only - ||
        fail "<$header> does not compile by itself as $standard with $compiler"
}

# An options struct must not grow by accident: every byte of it has a name (64-bit targets).
check_padding() { # FILE HEADER INCLUDE-FLAGS…
    local file=$1 header=$2 line
    shift 2
    while IFS=: read -r _ line _; do
        if awk -v at="$line" 'FNR <= at && /^typedef struct/ { name = $3 } END { exit name !~ /_options$/ }' \
            "$file"; then
            fail "$file:$line: an options struct has bytes without a name: add a reserved member"
        fi
    done < <(printf '#include <%s>\n' "$header" |
        "$cc" -x c -std=c11 -Wpadded "$@" -fsyntax-only - 2>&1 | grep -F "$file:" | grep -F 'Wpadded' || true)
}

for folder in */include include; do
    [[ -d $folder ]] || continue
    module=$(dirname "$folder")
    [[ -n ${below[$module]:-} ]] || { fail "module $module is not in this script's list"; continue; }
    flags=()
    for other in ${below[$module]}; do
        [[ ! -d $other/include ]] || flags+=("-I$other/include")
    done
    while read -r file; do
        header=${file#"$folder/"}
        if [[ $cc != - ]]; then
            for standard in c99 c11 c17; do
                compile "$cc" c "$standard" "$header" "${flags[@]}"
            done
            check_padding "$file" "$header" "${flags[@]}"
        fi
        if [[ $cxx != - ]]; then
            for standard in c++11 c++17; do
                compile "$cxx" c++ "$standard" "$header" "${flags[@]}"
            done
        fi
        if grep -nE '^ *# *include *[<"](curl/|openssl/|jansson|yaml|yajl|hiredis)' "$file" >&2; then
            fail "$file includes a header of a library underneath: only a bridge header may"
        fi
        if grep -nE '^ *# *include *"' "$file" >&2; then
            fail "$file includes by a relative name"
        fi
    done < <(find "$folder" -name '*.h' | LC_ALL=C sort)
done

[[ $count -gt 0 || $status -ne 0 ]] || fail "no header found"
[[ $status -ne 0 ]] || echo "headers: $count compilations"
exit $status
