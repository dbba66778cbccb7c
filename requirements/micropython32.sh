#!/bin/sh
# Debian's MicroPython of 32 bits, whose objects are as large as a board's, into build/micropython32: the packages are
# downloaded by apt and unpacked, never installed, and apt keeps its lists of them in that folder too. So it needs no root,
# and no change of the system. The mirror is the machine's own. Where this cannot be it says why, and the tests that want it
# are skipped.
set -eu
cd "$(dirname "$0")/.."
suite=trixie # the first with one for i386
folder=$PWD/build/micropython32
micropython=$folder/micropython

runs() {
    [ "$("$micropython" -c 'import sys; print(sys.maxsize)' 2>/dev/null)" = 2147483647 ]
}

without() {
    echo "rung: no MicroPython of 32 bits for the tests of a board's heap: $1." >&2
    exit 0
}

# The main archive among what apt has lists of, or nothing.
mirror() {
    apt-get "$@" indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' \
        "Codename: $(. /etc/os-release && echo "${VERSION_CODENAME:-}")" 2>/dev/null | head -n 1
}

# apt with a state of its own, in which nothing is installed, for i386.
apt_apart() {
    apt-get -q -q -o Dir::State="$folder" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder" \
        -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o APT::Default-Release="$suite" \
        -o APT::Architecture=i386 -o APT::Architectures=i386 -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

download() {
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    touch "$folder/status"
    echo "deb [signed-by=$keys] $1 $suite main" >"$folder/sources.list"
    apt_apart update && apt_apart -y --no-install-recommends --download-only install micropython
}

unpack() {
    for package in "$folder"/archives/*.deb; do
        dpkg-deb -x "$package" "$folder/unpacked" || return
    done
    cat >"$micropython" <<'START'
#!/bin/sh
usr=$(dirname "$0")/unpacked/usr
exec "$usr/lib/i386-linux-gnu/ld-linux.so.2" --library-path "$usr/lib/i386-linux-gnu" "$usr/bin/micropython" "$@"
START
    chmod +x "$micropython"
    rm -rf "$folder/lists" "$folder/archives" "$folder"/*.bin
}

if runs; then
    exit 0
fi
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || without "$(uname -s) on $(uname -m) does not run i386 programs"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null 2>&1 && [ -f "$keys" ] || without "it is a package of Debian's, and this is not Debian"
from=$(mirror)
[ -n "$from" ] || without "apt has no lists of Debian's archive; apt-get update brings them"
echo "rung: unpacking Debian's MicroPython of 32 bits for the tests of a board's heap ..."
rm -rf "$folder"
mkdir -p "$folder" || without "$folder cannot be written"
download "$from" >"$folder/log" 2>&1 || without "apt could not download it, as build/micropython32/log says"
unpack >"$folder/log" 2>&1 || without "it could not be unpacked, as build/micropython32/log says"
runs || without "it does not start; perhaps this kernel runs no 32-bit programs"
