#!/bin/sh
# The tests of power cuts record real system calls. Where strace cannot be had they are skipped, and say so.
set -eu
cd "$(dirname "$0")"
. ./debian.sh
command -v strace >/dev/null 2>&1 || (install_debian strace "the tests of power cuts watch system calls") || true
