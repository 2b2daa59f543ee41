#!/usr/bin/env bash
# clang-tidy over our sources, with the flags of the dev build.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(git ls-files 'base/src/*.c' 'cache/src/*.c' 'rest/src/*.c' 'auth/src/*.c' \
    'discovery/src/*.c' 'testing/src/*.c' 'examples/*.c')
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 8 clang-tidy -p build --quiet 2>/dev/null
echo "clang-tidy: ${#sources[@]} files"
