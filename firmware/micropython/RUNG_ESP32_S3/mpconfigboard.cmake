# MicroPython's own ESP32-S3 with 8 MiB of flash and a ROMFS partition of two slots.
set(IDF_TARGET esp32s3)
set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.usb
    boards/ESP32_GENERIC_S3/sdkconfig.board
    ${MICROPY_BOARD_DIR}/sdkconfig.board
)
