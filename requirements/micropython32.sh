#!/bin/sh
# Debian's MicroPython of 32 bits, whose objects are as large as a board's, into build/micropython32: the packages are
# downloaded by apt and unpacked, never installed, and apt keeps its lists of them in that folder too. So it needs no root,
# and no change of the system. The mirror is the machine's own. Where this cannot be it says why, and the tests that want it
# are skipped.
set -eu
cd "$(dirname "$0")/.."
. requirements/apart.sh
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

download() {
    begin_apart deb "$suite" i386 "$1" && apt_apart -y --no-install-recommends --download-only install micropython
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
command -v apt-get >/dev/null 2>&1 && [ -f "$keys" ] || without "it is a package of Debian's, and this is not Debian"
from=$(mirror)
[ -n "$from" ] || without "apt has no lists of Debian's archive; apt-get update brings them"
echo "rung: unpacking Debian's MicroPython of 32 bits for the tests of a board's heap ..."
rm -rf "$folder"
mkdir -p "$folder" || without "$folder cannot be written"
download "$from" >"$folder/log" 2>&1 || without "apt could not download it, as build/micropython32/log says"
unpack >"$folder/log" 2>&1 || without "it could not be unpacked, as build/micropython32/log says"
runs || without "it does not start; perhaps this kernel runs no 32-bit programs"
