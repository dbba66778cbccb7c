#!/bin/sh
# MicroPython for the processor of a Pico, started by QEMU, into build/arm: Debian's source of MicroPython, which is unpacked
# and built with the folder of a board in tests/firmware/arm, and Debian's compiler and emulator, which are installed.
set -eu
cd "$(dirname "$0")/.."
. requirements/apart.sh
. requirements/debian.sh
folder=$PWD/build/arm
board=$PWD/tests/firmware/arm/M0PLUS

stop() {
    echo "rung: no MicroPython for a Pico's processor: $1." >&2
    exit 1
}

unpacked() {
    begin_apart deb-src trixie "$(dpkg --print-architecture)" "$1" || return
    (cd "$folder" && apt_apart source --download-only micropython && mkdir -p source &&
        tar --extract --file micropython_*.orig.tar.xz --directory source --strip-components 1) || return
    rm -rf "$folder/lists" "$folder"/*.bin "$folder"/micropython_*
}

built() {
    make -C "$folder/source/mpy-cross" && make -C "$folder/source/ports/qemu" BOARD=M0PLUS BOARD_DIR="$board" BUILD="$folder/built"
}

if [ -f "$folder/built/firmware.elf" ] && [ -z "$(find "$board" -newer "$folder/built/firmware.elf")" ]; then
    exit 0
fi
(command -v apt-get && command -v dpkg && [ -f "$keys" ]) >/dev/null 2>&1 || stop "its source comes from Debian, and this is not Debian"
command -v gcc >/dev/null 2>&1 || install_debian gcc "MicroPython's own compiler is built here"
command -v arm-none-eabi-gcc >/dev/null 2>&1 || install_debian gcc-arm-none-eabi "a Pico's instructions need their compiler"
[ -d /usr/lib/arm-none-eabi/newlib ] || install_debian libnewlib-arm-none-eabi "that compiler needs its library"
command -v qemu-system-arm >/dev/null 2>&1 || install_debian qemu-system-arm "a Pico's instructions need an emulator"
from=$(mirror)
[ -n "$from" ] || stop "apt has no lists of Debian's archive; apt-get update brings them"
echo "rung: building MicroPython for a Pico's processor, a minute or two ..."
rm -rf "$folder"
mkdir -p "$folder"
unpacked "$from" >"$folder/log" 2>&1 || stop "its source could not be had, as build/arm/log says"
built >"$folder/log" 2>&1 || stop "it could not be built, as build/arm/log says"
