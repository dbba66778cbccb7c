#!/bin/sh
# MicroPython's WebAssembly port under node, into build/wasm: its interpreter can tell which lines it runs.
# wasm/package-lock.json has the version and the digest of what npm may install.
set -eu
cd "$(dirname "$0")"
. ./debian.sh
command -v npm >/dev/null 2>&1 || install_debian npm "the line coverage needs node and npm"
mkdir -p ../build/wasm
cp wasm/package.json wasm/package-lock.json ../build/wasm/
npm ci --silent --ignore-scripts --no-audit --no-fund --prefix ../build/wasm
