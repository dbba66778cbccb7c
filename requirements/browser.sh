#!/bin/sh
# The browser tests drive the system's Chromium; this makes sure that there is one.
set -eu
cd "$(dirname "$0")"
. ./debian.sh
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
install_debian chromium "the browser tests need Chromium"
