#!/usr/bin/env bash
# What no compiler checks: that public functions document their contract, that sources keep the house rules, that no
# module includes what it does not stand on, and that no list forgets a file. Prints file:line for each fault.
#   scripts/check-contract.sh [FILE…] (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."

modules=()
if [[ $# -gt 0 ]]; then
    files=("$@")
else
    . scripts/modules.sh
    mapfile -t files < <(find "${modules[@]}" include examples tests bench scripts cmake \
        \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.sh' -o -name '*.awk' -o -name '*.cmake' \
        -o -name CMakeLists.txt \) -not -path '*/fixtures/*' -not -path '*/corpus/*' 2>/dev/null | LC_ALL=C sort)
fi

[[ ${#files[@]} -gt 0 ]] || { echo "check-contract: there is nothing to look at" >&2; exit 1; }

sources=() headers=()
for file in "${files[@]}"; do
    case $file in
    *.c | *.h) sources+=("$file") ;;&
    */include/kube/*.h | include/kube/*.h) headers+=("$file") ;;
    esac
done
[[ $# -gt 0 || ${#headers[@]} -gt 0 ]] || { echo "check-contract: there are no public headers" >&2; exit 1; }

status=0
check() { awk -f "$1" "${@:2}" || status=1; }

# No check may be the end of a pipeline: that is a process of its own, which cannot set the status.
if [[ ${#headers[@]} -gt 0 ]]; then
    records=$(awk -f scripts/declarations.awk "${headers[@]}") || status=1
    if [[ -n $records ]]; then
        check scripts/check-docs.awk <<<"$records"
    elif [[ $# -eq 0 ]]; then
        echo "check-contract: the headers declare nothing" >&2
        status=1
    fi
fi
[[ ${#sources[@]} -eq 0 ]] || check scripts/check-sources.awk "${sources[@]}"
[[ ${#sources[@]} -eq 0 ]] || check scripts/check-layers.awk "${sources[@]}"
[[ ${#sources[@]} -eq 0 ]] || check scripts/check-listed.awk <<<"$(printf '%s\n' "${sources[@]}")"
check scripts/check-layout.awk "${files[@]}"
for module in "${modules[@]}"; do
    grep -qE "(^|[ =])$module/include( |\$)" docs/Doxyfile ||
        { echo "docs/Doxyfile: INPUT lacks $module/include"; status=1; }
done
exit $status
