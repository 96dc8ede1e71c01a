#!/bin/sh
# Resolve pyproject.toml, with its dev group, into requirements.lock: for every platform and every
# Python from 3.12 on, with hashes and without addresses. Pins that still fit stay as they are;
# `--upgrade` as argument takes the newest versions.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV
uv=$(sh tools/find_uv.sh)
"$uv" pip compile --quiet --universal --python-version 3.12 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate "$@" \
    --group dev --output-file requirements.lock pyproject.toml
# What only `make bench` wants, as it is beside the rest.
"$uv" pip compile --quiet --universal --python-version 3.12 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate "$@" --constraint requirements.lock \
    --output-file benchmarks/requirements.lock benchmarks/requirements.in
