#include "boards/RPI_PICO2_W/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Rung till on Raspberry Pi Pico 2 W"

// Newer versions of the port take both from mpconfigboard.cmake.
#ifndef MICROPY_HW_ROMFS_BYTES
#define MICROPY_HW_ROMFS_BYTES (524288)
#undef MICROPY_HW_FLASH_STORAGE_BYTES
#define MICROPY_HW_FLASH_STORAGE_BYTES (2097152)
#endif
