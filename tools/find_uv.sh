#!/bin/sh
# Print the path of a uv that runs; where there is none, install one into .tools with pip first.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

say() { printf 'covedge: %s\n' "$*" >&2; }
stop() {
    say "$@"
    exit 1
}

# A pyenv shim for uv can exist and exit with 127, so only a uv that answers counts.
runs() { "$@" >/dev/null 2>&1 </dev/null; }

for uv in uv "$root/.tools/bin/uv"; do
    if runs "$uv" --version; then
        echo "$uv"
        exit
    fi
done

# pyenv's python3 obeys .python-version here and the user's own choice elsewhere. Either will do,
# whatever its version, since it only has to install uv.
found=
for folder in "$root" /; do
    cd "$folder"
    for python in python3 python /usr/bin/python3; do
        runs "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' || continue
        found=$python
        runs "$python" -m ensurepip --version || continue
        say "there is no uv that runs: installing one into .tools"
        rm -rf "$root/.tools"
        "$python" -m venv "$root/.tools" >&2 || continue
        "$root/.tools/bin/python" -m pip install --quiet uv >&2 ||
            stop "pip could not install uv into .tools, for the reason above: mend that or install uv yourself, then run make again."
        echo "$root/.tools/bin/uv"
        exit
    done
done

if [ -n "$found" ]; then
    stop "$found cannot make virtual environments: install python3-venv (Debian, Ubuntu: apt install python3-venv) or uv, then run make again."
fi
stop "no Python runs here: install Python 3.12 or newer, or uv, then run make again."
