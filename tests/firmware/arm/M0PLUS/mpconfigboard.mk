# A board of MicroPython's qemu port: the machine is an MPS2 with 4 MB in one piece, but what is compiled are the
# instructions of an RP2040, a Cortex-M0+, with the settings of MicroPython's rp2 port that its speed depends on.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385
LDSCRIPT = $(BOARD_DIR)/mps2.ld
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb1.o
MPY_CROSS_FLAGS += -march=armv6m
MICROPY_HEAP_SIZE = 1048576
MICROPY_VFS_LFS2 = 1
FROZEN_MANIFEST =

CFLAGS += -mthumb -mcpu=cortex-m0plus -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_MPS2 -DMICROPY_HW_MCU_NAME='"Cortex-M0+"'
CFLAGS += -DMICROPY_EMIT_THUMB_ARMV7M=0
CFLAGS += '-Dmp_hal_time_ns()=0'
CFLAGS += -DMICROPY_OPT_COMPUTED_GOTO=1 -DMICROPY_QSTR_BYTES_IN_HASH=1

# As ports/rp2/CMakeLists.txt has them; all else is compiled for size.
$(BUILD)/py/map.o $(BUILD)/py/mpz.o $(BUILD)/py/vm.o: CFLAGS += -O2
