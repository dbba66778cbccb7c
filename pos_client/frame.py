"""One record on the medium, and how whole ones are told from damage.

A frame is sequence, length, CRC-32 of both and the payload (u32 each, little endian), then the payload.
"""

from binascii import crc32

HEAD = 12
_BLOCK = 512
_NONE = (0, 0)


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


def last_whole(file, size: int, first: int, late: int = 0) -> tuple:
    """(sequence, offset behind it) of the last whole frame; ``first - 1`` and 0 where there is none. Where a whole one
    begins at ``late``, nothing is read before it."""
    last, offset = first - 1, 0
    begin = late if late and _checked(file, late, size)[0] >= first else 0
    for sequence, start, length in whole_frames(file, begin, size, first):
        last, offset = sequence, start + HEAD + length
    return last, offset


def last_in(frames: bytes) -> tuple:
    """(offset, CRC) of the last one of whole frames, one behind the other."""
    at = 0
    while True:
        end = at + HEAD + int.from_bytes(frames[at + 4 : at + 8], "little")
        if end >= len(frames):
            return at, int.from_bytes(frames[at + 8 : at + HEAD], "little")
        at = end


def _checked(file, offset: int, size: int) -> tuple:
    """(sequence, length) of a whole frame at `offset`, or (0, 0). Reads in blocks: a damaged length may be large."""
    file.seek(offset)
    head = file.read(8)
    length = int.from_bytes(head[4:], "little")
    told = file.read(4)
    if len(told) < 4 or offset + HEAD + length > size:
        return _NONE
    crc = crc32(head)
    left = length
    while left:
        block = file.read(min(left, _BLOCK))
        if not block:
            return _NONE
        crc = crc32(block, crc)
        left -= len(block)
    return (int.from_bytes(head[:4], "little"), length) if crc == int.from_bytes(told, "little") else _NONE


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
