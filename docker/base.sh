#!/bin/sh
# Makes a base image out of Debian's own packages, for a machine that reaches no registry of images:
# `base.sh NAME` leaves localhost/NAME in buildah's storage. Needs root, buildah and mmdebstrap.
set -eu
name=${1:?usage: base.sh NAME}
. "$(dirname "$0")/../requirements/debian.sh"
command -v mmdebstrap >/dev/null 2>&1 || install_debian mmdebstrap "a base image is made with mmdebstrap"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates trixie "$root/debian.tar"
container=$(buildah from scratch)
buildah add --quiet "$container" "$root/debian.tar" / >/dev/null
buildah config --cmd python3 "$container"
buildah commit --quiet --rm "$container" "localhost/$name" >/dev/null
echo "localhost/$name"
