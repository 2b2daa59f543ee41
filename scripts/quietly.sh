# Shared by the scripts that build something first; sourced, never run.
# shellcheck shell=bash

# quietly COMMAND …: what it prints is shown only when it fails. Ninja tells the compiler's errors on standard output.
quietly() {
    local said ended=0
    said=$("$@") || ended=$?
    [[ $ended -eq 0 ]] || printf '%s\n' "$said" >&2
    return "$ended"
}
