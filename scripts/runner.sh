# Shared by the scripts that start sanitized programs; sourced, never run.
# shellcheck shell=bash

# set_runner PRESET: leaves in `runner` what a program of this preset is started with. The sanitizers of gcc and clang
# before 18 cannot cope with more than 28 random bits in an address: some runs die before main. Who may not read how
# many there are supposes the worst. Where the system does not let us turn it off (a container's seccomp profile), the
# programs run as they are.
set_runner() {
    local bits
    runner=()
    case $1 in
    asan | tsan | fuzz | afl) ;;
    *) return 0 ;;
    esac
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null) && [[ -n $bits ]] || bits=unknown
    [[ $bits == unknown || $bits -gt 28 ]] || return 0
    if setarch -R true 2>/dev/null; then
        runner=(setarch -R)
    else
        echo "$(basename "$0" .sh): address randomisation ($bits bits) cannot be turned off here;" \
            "a sanitizer may die of it at its start" >&2
    fi
}
