"""Names that are none of ours: those of MicroPython's library, of its boards, and those it has a spelling for anyway.

Host tool, for `firmware.names`.
"""

import array
import asyncio
import binascii
import gc
import hashlib
import io
import json
import os
import socket
import sys
import time

_LIBRARY = (array, asyncio, binascii, gc, hashlib, io, json, os, socket, sys, time)
_FLOWS = (asyncio.Event, asyncio.StreamReader, asyncio.StreamWriter, asyncio.Task, io.BytesIO, socket.socket)
_VALUES = (array.array, bytearray, bytes, dict, int, list, set, str, tuple, hashlib.sha256(), OSError)
_OF_LIBRARY = {name for one in (*_LIBRARY, *_FLOWS, *_VALUES) for name in dir(one)}
# Members of what boards bring (`machine`, `network`, `ssl`), which no machine that builds has.
_OF_BOARDS = set(
    "ADC I2C PWM Pin SPI Timer UART WDT WLAN active any callback config connect deinit deepsleep disconnect duty"
    " duty_ns duty_u16 feed flush freq hard idle ifconfig init ioctl ipconfig irq isconnected lightsleep"
    " load_verify_locations off on readblocks readfrom readfrom_into readfrom_mem readinto readline reset scan"
    " sendbreak status toggle txdone unique_id value verify_mode wrap_socket write writeblocks writeto writeto_mem"
    " writevto".split()
)
OF_OTHERS = _OF_LIBRARY | _OF_BOARDS  # what is no name of ours, whoever has it
# What every MicroPython has a name for, whatever the port: they cost no heap, and a file their letters.
BUILT_IN = set(
    "ArithmeticError AssertionError AttributeError BaseException EOFError Ellipsis Exception GeneratorExit"
    " ImportError IndentationError IndexError KeyError KeyboardInterrupt LookupError MemoryError NameError OSError"
    " NotImplementedError OverflowError RuntimeError StopIteration SyntaxError SystemExit TypeError ValueError"
    " ZeroDivisionError abs all any bool bytearray bytes callable chr classmethod dict dir divmod eval exec getattr"
    " globals hasattr hash id int isinstance issubclass iter len list locals map next object open ord pow print range"
    " repr round set setattr sorted staticmethod str sum super tuple type zip"
    " acos acosh add append asin asinh atan atan2 atanh calcsize ceil center chdir clear collect compile copy"
    " copysign cos cosh count decode degrees difference discard dump dumps encode endswith errno exp expm1 extend"
    " fabs find floor fmod format frexp from_bytes fromkeys gmtime index insert intersection isalpha isdigit"
    " isdisjoint isfinite isinf islower isnan isspace issubset issuperset isupper items join keys ldexp listdir"
    " load loads localtime log log10 log2 lower lstrip match mem_alloc mem_free mkdir mktime modf pack pack_into"
    " partition pop popitem pow radians remove rename replace reverse rfind rindex rmdir rpartition rsplit rstrip"
    " search setdefault sin sinh sleep sleep_ms sleep_us sort split splitlines sqrt startswith strip tan tanh"
    " ticks_add ticks_cpu trunc union unpack unpack_from upper values"
    " ARRAY AUTO EACCES EAGAIN EBADF EEXIST EINVAL EIO EISDIR ENOBUFS ENODEV ENOENT ENOMEM EPERM ETIMEDOUT"
    " FLOAT32 FLOAT64 GS2_HMSB GS4_HMSB GS8 GZIP INT16 INT32 INT64 INT8 MONO_HLSB MONO_HMSB MONO_VLSB"
    " NATIVE POLLERR POLLHUP POLLIN POLLOUT PTR RAW RGB565 RingIO StringIO TaskQueue UINT16 UINT32 UINT64"
    " UINT8 VOID VfsFat ZLIB addressof blit byteorder bytes_at choice coro crc32 cur_task deque ellipse"
    " errorcode fill fill_rect gather getcwd group heap_lock heapify heappop heappush hline"
    " ilistdir ipoll isenabled kbd_intr line maxsize opt_level ph_key pixel platform poll poly popleft"
    " qstr_info randint random randrange rect register schedule scroll seed sizeof stack_use statvfs stderr"
    " stdin stdout sub ticks_us time_ns umount unhexlify uniform vline wait_for".split()
)
