#!/bin/sh
# Make benchmarks/.venv from benchmarks/requirements.lock, where it is not there yet or out of date.
# Without it the benchmark goes on: the rows of mixedlm say that it is missing.
set -eu
cd "$(dirname "$0")/../benchmarks"
done=.venv/.set-up
lock=requirements.lock
if [ -e "$done" ] && [ "$done" -nt "$lock" ]; then
    exit
fi
unset VIRTUAL_ENV
uv=$(sh ../tools/find_uv.sh)
if "$uv" venv --quiet --clear --python ../.venv/bin/python .venv &&
    "$uv" pip sync --quiet --python .venv --require-hashes "$lock"; then
    touch "$done"
else
    rm -rf .venv
    echo "covedge: mixedlm could not be installed, so the benchmark goes without it" >&2
fi
