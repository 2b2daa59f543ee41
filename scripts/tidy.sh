#!/usr/bin/env bash
# clang-tidy over our sources, with the flags of the dev build. What it says beside its findings (how many warnings of
# others it left out) is shown only when it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/modules.sh

readonly LEAST=100
# In a substitution of its own, because mapfile does not say when git failed.
listed=$(git ls-files "${modules[@]/%//src/*.c}" 'examples/*.c')
mapfile -t sources <<<"$listed"
[[ ${#sources[@]} -ge $LEAST ]] ||
    { echo "tidy: git lists fewer than $LEAST sources" >&2; exit 1; }
[[ -f build/compile_commands.json ]] || { echo "tidy: build the dev preset first: make tidy" >&2; exit 1; }

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 8 clang-tidy -p build --quiet 2>"$errors" ||
    { cat "$errors" >&2; echo "tidy: clang-tidy failed" >&2; exit 1; }
echo "clang-tidy: ${#sources[@]} files"
