"""Rows of compact snapshots: what was written once is read for ever, on both interpreters."""

from binascii import unhexlify

from pos_client.core import compact

WRITTEN = (
    ("484ffdbe8d15fff81c40", "5 61315 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 2 3"),
    ("00003fffe00000", "0 0 0 0 0 0 0 0 0"),
    ("00703fff800053fff67fff4fffd9fffd3fff67fff7fffbfffc", "65535 0 65535 0 65535 0 65535 0 65535 0"),
    ("010ffe001f500000", "0 65535 1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384 32768"),
    (
        "3d7ff37ad412c9aaae16b2f1903d28e14741f2ae0b93419d22fd90",
        "19 11723 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2 4 7 13 22 37 59 89 128 191"
        " 342 827 2224 5162 9151 11849 11029 7355 3531 1256 359 99",
    ),
    (
        "025f92a406cd9d32969a13d4509cd56eea19b594a9280322222000",
        "49748 298 3 3 3 3 6 11 17 25 42 62 93 131 189 263 358 474 611 764 921 1070"
        " 1194 1273 1293"
        " 1247 1142 992 815 636 472 337 234 162 115"
        " 86 68 57 50 44 39 34 30 25 21 17 14 11 9 7 5 4 3 2 1 1 1 0 0 0 0 0 0 0 0 0",
    ),
)


def test_rows_of_before_are_read():
    for row, numbers in WRITTEN:
        told = [int(number) for number in numbers.split()]
        assert compact.decode(unhexlify(row), len(told)) == told


def test_nothing_that_is_read_raises():
    for data in (b"", b"\xff" * 300, b"\x00" * 300, bytes(range(256))):
        assert len(compact.decode(data, 66)) == 66
