#!/usr/bin/env bash
# Builds what the demonstration needs, and shows it: where an answer of discovery comes from, and what it costs.
set -euo pipefail
cd "$(dirname "$0")/.."

build() {
    cmake --preset demo && cmake --build --preset demo --target kube-demo kube_rest_curl
}

if ! output=$(build 2>&1); then # what the compiler says is of interest only then
    printf '%s\n' "$output" >&2
    exit 1
fi
exec build-demo/bin/kube-demo tests/fixtures/kube-apiserver-1.37/large
