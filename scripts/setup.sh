#!/usr/bin/env bash
# Installs what the build and the tests need on Debian and its relatives. It runs nothing when nothing is missing,
# prints the command before it runs it, and only prints it when KUBE_INSTALL=0.
set -euo pipefail

packages=(gcc g++ make cmake ninja-build pkg-config git ca-certificates
          libcurl4-openssl-dev libssl-dev libyaml-dev libjansson-dev libcmocka-dev libyajl-dev
          clang clang-tidy libclang-rt-14-dev valgrind lcov openssl procps)

if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian system; needed are: ${packages[*]}" >&2
    exit 0 # configuring says what is really missing
fi

missing=()
for package in "${packages[@]}"; do
    # A newer Debian has another clang: its run-time library comes under another number.
    if [[ $package == libclang-rt-14-dev ]] &&
        compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer*' >/dev/null; then
        continue
    fi
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [[ $status == *"ok installed"* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
[[ $(id -u) -eq 0 ]] || as_root=(sudo)
command=("${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}")
echo "setup: ${as_root[*]} apt-get update && ${command[*]}"
[[ ${KUBE_INSTALL:-1} != 0 ]] || exit 1
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${command[@]}" -qq >/dev/null
