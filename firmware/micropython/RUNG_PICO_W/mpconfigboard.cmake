# MicroPython's own Pico W with a ROMFS partition of two slots, without Bluetooth: its code takes their place in flash.
set(PICO_BOARD "pico_w")
set(MICROPY_PY_LWIP ON)
set(MICROPY_PY_NETWORK_CYW43 ON)
set(MICROPY_HW_ROMFS_BYTES 327680)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_PORT_DIR}/boards/RPI_PICO_W/manifest.py)
