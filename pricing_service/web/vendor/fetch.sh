#!/bin/sh
# Fetches what the pages vendor from npm, at these versions, and writes SHA256SUMS. Nothing here runs in a shop:
# the files are committed, so that no page ever asks another host for a script.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# vendor NAME VERSION FILE...: keeps those files of one npm package, flat, in a folder of its name.
vendor() {
    name=$1 version=$2
    shift 2
    (cd "$work" && npm pack --silent "$name@$version" >/dev/null && tar -xzf "$name-$version.tgz")
    rm -rf "${here:?}/$name"
    mkdir "$here/$name"
    for file in "$@"; do
        cp "$work/package/$file" "$here/$name/$(basename "$file")"
    done
    echo "$version" >"$here/$name/VERSION"
    rm -rf "$work/package"
}

vendor swagger-ui-dist 5.35.0 LICENSE NOTICE swagger-ui-bundle.js swagger-ui.css favicon-32x32.png

find . -mindepth 2 -type f | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
