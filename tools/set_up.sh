#!/bin/sh
# Make .venv from requirements.lock and install the library into it. Safe to run again.
#
# The environment is whole when .venv/.set-up exists. While work goes on that file is called
# .venv/.setting-up; one found at the start was left by a set-up that was cut short, and its
# environment is made anew, since a half-installed package looks like an installed one.
set -eu
cd "$(dirname "$0")/.."

# Without bytecode the first run of every job would compile half the scientific stack.
unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
export UV_COMPILE_BYTECODE=1
uv=$(sh tools/find_uv.sh)

say() { printf 'covedge: %s\n' "$*" >&2; }
stop() {
    say "$@"
    exit 1
}

make_venv() {
    # First the version of .python-version, then any other that will do, last a download.
    words=$("$uv" venv --quiet --clear --no-python-downloads .venv 2>&1) && return
    words=$("$uv" venv --quiet --clear --no-python-downloads --python '>=3.12' .venv 2>&1) && return
    words=$("$uv" venv --quiet --clear --managed-python .venv 2>&1) && return
    stop "no Python 3.12 or newer was found, and uv could not fetch one: install Python $(head -n 1 .python-version), then run make again. uv said:" $words
}

is_usable() {
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

if [ -e .venv/.setting-up ] || ! is_usable; then
    make_venv
fi
rm -f .venv/.set-up
touch .venv/.setting-up
say "installing requirements.lock into .venv"
"$uv" pip sync --quiet --python .venv --require-hashes requirements.lock ||
    stop "requirements.lock could not be installed, for the reason above: mend that, then run make again."
"$uv" pip install --quiet --python .venv --no-deps --no-build-isolation --editable . ||
    stop "the library could not be installed into .venv, for the reason above."
# What the first look would wait for, and a sign that all of it runs.
say "compiling the kernel, which takes half a minute"
.venv/bin/python -m covedge data/published/Machines.csv "score ~ Machine + (Machine | Worker)" >/dev/null ||
    stop "the library is installed and does not run, for the reason above."
mv .venv/.setting-up .venv/.set-up
