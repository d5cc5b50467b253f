# What the scripts of this directory share. Sourced, never run; it changes no directory.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the variables are for the scripts that source this

root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
state_dir=$root/.cache # what the scripts remember; safe to remove
build_dir=$(realpath -m "${TYPHON_BUILD_DIR:-$root/build}")
venv=$root/.venv
# python3 on PATH may be another build, without a shared libpython: everything here uses Debian's.
system_python=/usr/bin/python3

# say TEXT...: one line of progress for a person, on standard error.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# die TEXT...: a clear message and the end.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

if [[ ! -t 2 || -n ${NO_COLOR:-} ]]; then
    say() { printf '==> %s\n' "$*" >&2; }
fi
