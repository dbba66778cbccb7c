#!/bin/sh
# Computes the locks: every version pinned, every file by hash, and no host named, so that a mirror serves as well.
# `lock.sh UV --upgrade` also takes newer versions.
set -eu
cd "$(dirname "$0")/.."
uv=${1:-.venv/bin/uv}
shift || true

lock() {
    target=$1
    shift
    "$uv" pip compile -q --universal --python-version 3.12 --generate-hashes --no-header --no-emit-index-url \
        --no-annotate "$@" --output-file "requirements/$target.txt"
    if grep -nE '(https?|file)://|^--(index|extra|find)' "requirements/$target.txt"; then
        echo "requirements/$target.txt names a host" >&2
        exit 1
    fi
}

lock dev pyproject.toml requirements/build.in --extra dev "$@"
# The smaller sets are parts of the largest, version for version.
for part in till service shop build stubs stubs-esp32 uv; do rm -f "requirements/$part.txt"; done
lock till pyproject.toml --constraint requirements/dev.txt
lock service pyproject.toml --extra service --constraint requirements/dev.txt
lock shop pyproject.toml requirements/build.in --extra service --extra fit --extra printer --extra boards --constraint requirements/dev.txt
lock build requirements/build.in --constraint requirements/dev.txt
lock stubs requirements/stubs.in
lock stubs-esp32 requirements/stubs-esp32.in
lock uv requirements/uv.in
