"""A belief in half the room: the rows of a snapshot of the second kind, without loss.

The first two states are written as they are, each other as its difference to what the two before let expect. A
difference is 2n, a negative one 2n - 1; of that z, k bits are written behind z >> k ones and a zero, and z whole in
`_WHOLE` bits behind `_MOST` ones. k follows the mean of what came before, so that no table is needed.
"""

LONGEST = 30  # bits of a state: what nothing lets expect
_MOST = 12
_WHOLE = 18
_FIRST = 1024  # the mean before anything came, for the first two states and for the others
_TYPES = 2


def decode(data: bytes, count: int) -> list:
    """The first ``count`` whole numbers of ``data``, each below 65536; where it ends too soon, made of zeros."""
    out = []
    held = bits = at = before = last = 0
    mean = _FIRST
    for place in range(count):
        if place == _TYPES:
            mean, before, last = _FIRST, 0, 0
        k = 0
        while mean >> k > 1:
            k += 1
        while bits < _MOST + 1:
            held = (held & (1 << bits) - 1) << 8 | (data[at] if at < len(data) else 0)
            at += 1
            bits += 8
        ones = 0
        while ones < _MOST and held >> bits - 1 & 1:
            ones += 1
            bits -= 1
        if ones < _MOST:
            bits -= 1
        else:
            k = _WHOLE
            ones = 0
        while bits < k:
            held = (held & (1 << bits) - 1) << 8 | (data[at] if at < len(data) else 0)
            at += 1
            bits += 8
        bits -= k
        z = ones << k | held >> bits & (1 << k) - 1
        expected = max(0, 2 * last - before) if place >= _TYPES else 0
        before, last = last, expected + (-(z + 1 >> 1) if z & 1 else z >> 1)
        mean = max(1, 3 * mean + z + 2 >> 2)
        out.append(last)
    return out
