"""One record on the medium, and how whole ones are told from damage.

A frame is sequence, length, CRC-32 of both and the payload (u32 each, little endian), then the payload.
"""

from binascii import crc32

HEAD = 12
_BLOCK = 512


def framed(sequence: int, payload: list) -> list:
    """The pieces of the frame that keeps the pieces of `payload` under `sequence`."""
    length = sum([len(piece) for piece in payload])
    head = sequence.to_bytes(4, "little") + length.to_bytes(4, "little")
    crc = crc32(head)
    for piece in payload:
        crc = crc32(piece, crc)
    return [head + crc.to_bytes(4, "little")] + payload


def whole_frames(file, offset: int, size: int, expected: int):
    """Yields (sequence, offset, length) of the whole frames with sequences from `expected` on, in order."""
    while offset < size:
        sequence, length = _checked(file, offset, size)
        if sequence < expected:
            offset = _next_whole(file, offset + 1, size, expected)
        else:
            yield sequence, offset, length
            offset += HEAD + length
            expected = sequence + 1


def last_whole(file, size: int, first: int) -> tuple:
    """(sequence, offset behind it) of the last whole frame; ``first - 1`` and 0 where there is none."""
    last, offset = first - 1, 0
    for sequence, start, length in whole_frames(file, 0, size, first):
        last, offset = sequence, start + HEAD + length
    return last, offset


def _checked(file, offset: int, size: int) -> tuple:
    """(sequence, length) of a whole frame at `offset`, or (0, 0). Reads in blocks: a damaged length may be large."""
    file.seek(offset)
    head = file.read(HEAD)
    length = int.from_bytes(head[4:8], "little")
    if len(head) < HEAD or offset + HEAD + length > size:
        return 0, 0
    crc = crc32(head[:8])
    left = length
    while left:
        block = file.read(min(left, _BLOCK))
        if not block:
            return 0, 0
        crc = crc32(block, crc)
        left -= len(block)
    return (
        (int.from_bytes(head[:4], "little"), length) if crc == int.from_bytes(head[8:], "little") else (0, 0)
    )


def _next_whole(file, offset: int, size: int, expected: int) -> int:
    """Where the first whole frame after some damage begins, or `size`.

    The highest byte of every length is zero and no record line holds a zero byte, so only zeros are looked at.
    """
    while offset < size:
        file.seek(offset + 7)
        block = file.read(_BLOCK)
        at = block.find(b"\0")
        while at >= 0:
            if _checked(file, offset + at, size)[0] >= expected:
                return offset + at
            at = block.find(b"\0", at + 1)
        offset += _BLOCK
    return size
