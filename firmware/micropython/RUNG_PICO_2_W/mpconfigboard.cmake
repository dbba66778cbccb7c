# MicroPython's own Pico 2 W with a ROMFS partition of two slots, without Bluetooth; files keep 2048 KiB of the 4 MiB.
set(PICO_BOARD "pico2_w")
set(MICROPY_PY_LWIP ON)
set(MICROPY_PY_NETWORK_CYW43 ON)
set(MICROPY_HW_ROMFS_BYTES 524288)
set(MICROPY_HW_FLASH_STORAGE_BYTES 2097152)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_PORT_DIR}/boards/RPI_PICO2_W/manifest.py)
