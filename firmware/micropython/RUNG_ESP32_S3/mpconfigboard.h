#include "boards/ESP32_GENERIC_S3/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Rung till on ESP32-S3"
#define MICROPY_VFS_ROM (1)
