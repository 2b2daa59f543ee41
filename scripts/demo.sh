#!/usr/bin/env bash
# Builds what the demonstration needs, and shows it: where an answer of discovery comes from, and what it costs.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset demo >/dev/null
cmake --build --preset demo --target kube-demo kube_rest_curl >/dev/null
exec build-demo/bin/kube-demo tests/fixtures/kube-apiserver-1.37/large
