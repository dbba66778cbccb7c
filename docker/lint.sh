#!/bin/sh
# Offline: hadolint over the image files, the compose schema over compose.yaml. `lint.sh BIN` with the tools in BIN.
set -eu
bin=$(cd "${1:-.venv/bin}" && pwd)
cd "$(dirname "$0")"
"$bin/hadolint" --config hadolint.yaml Dockerfile
"$bin/check-jsonschema" -q --builtin-schema vendor.compose-spec compose.yaml
