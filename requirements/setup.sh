#!/bin/sh
# Makes .venv and puts one of the locked sets into it: `setup.sh shop` (what `make run` needs) or `setup.sh dev`.
# Make calls it once per change of a lock; it says what to do when something of the system's is missing.
set -eu
cd "$(dirname "$0")/.."
. requirements/debian.sh
set_name=${1:?usage: setup.sh shop or setup.sh dev}

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null
}

# A plain python3 comes first: inside this folder pyenv makes it the version of .python-version.
find_python() {
    for name in ${RUNG_PYTHON:-} python3 python3.13 python3.12 python3.14; do
        if new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    {
        echo "rung: no Python 3.12 or newer was found (3.13 is the one we test with)."
        echo "  Debian 13, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv"
        echo "  anywhere, with pyenv:              pyenv install 3.13"
        echo "  or name one yourself:              RUNG_PYTHON=/path/to/python3.13 make ..."
    } >&2
    exit 1
}

# Debian splits pip and venv off from python3 into a package of their own.
make_environment() {
    python=$1
    "$python" -c 'import ensurepip, venv' 2>/dev/null || {
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        install_debian "$package" "$python has no venv and ensurepip"
    }
    rm -rf .venv
    "$python" -m venv .venv
}

if ! new_enough .venv/bin/python; then
    python=$(find_python)
    echo "rung: making .venv with $("$python" --version) ..."
    make_environment "$python"
fi

wanted_uv=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements/uv.txt)
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$wanted_uv" ]; then
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
fi

echo "rung: installing requirements/$set_name.txt ..."
export VIRTUAL_ENV="$PWD/.venv"
.venv/bin/uv pip install -q --compile-bytecode --require-hashes -r "requirements/$set_name.txt"
.venv/bin/uv pip install -q --no-deps --no-build-isolation --editable .
if [ "$set_name" = dev ]; then
    # What a device sees, for pyright: MicroPython's stubs in the place of Python's own library, and microdot. Kept in a
    # folder of its own, because the stubs have names like `os` that host code must never find.
    device=.venv/micropython/device/lib/python3.12/site-packages
    rm -rf .venv/micropython
    .venv/bin/uv pip install -q --target "$device" --no-deps --require-hashes -r requirements/stubs.txt -r requirements/till.txt
    mv "$device/stdlib" .venv/micropython/stdlib
    esp32=.venv/micropython/esp32/lib/python3.12/site-packages
    .venv/bin/uv pip install -q --target "$esp32" --no-deps --require-hashes -r requirements/stubs-esp32.txt
fi
