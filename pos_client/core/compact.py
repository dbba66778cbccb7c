"""A belief in a fifth of its room: the rows of a compact snapshot, without loss.

A row is told as whole numbers: how many states of the grid before any has weight, how many until none has again, the
second type's weight, those states, the first type. A state is told as its difference to what is expected: that it
changes by as much as the one before did, and where there is much, that this changes as it did before. The first type
is told as its difference to what makes the total 65536. A difference d is 2d, a negative one -2d - 1.

A number n has k bits behind a zero, or, from 2^k on, q more of both behind q ones: q is the largest for which
n >= 2^k (2^q - 1), what is told is the rest. k follows the mean of what came before, so that no table is needed.
"""

LONGEST = 40  # bits of a number of a row
_TOTAL = 65536
_TYPES = 2
_FIRST = 5  # k of the first three numbers
_ONES = 20
_FEW = 64  # below it, how a change changes is chance


def decode(data: bytes, count: int) -> list:
    """The ``count`` whole numbers, at least two, of a row; anything where ``data`` is none."""
    row = [0] * count
    numbers = _numbers(data)
    next(numbers)
    first = _TYPES + numbers.send(_FIRST)
    end = min(first + numbers.send(_FIRST), count)
    row[1] = numbers.send(_FIRST)
    last = before = trend = 0
    mean, k = 4, 2
    for place in range(first, end):
        number = numbers.send(k)
        value = (last * trend + 512 >> 10) + _signed(number)
        row[place] = value
        mean = (mean + 2 * number + 1) // 3
        while mean >> k > 1:
            k += 1
        while k and not mean >> k:
            k -= 1
        change = min(((value << 10) + (last >> 1)) // last, 8192) if last else 1024
        trend = min(change * change // before if before and value >= _FEW else change, 3072)
        last, before = value, change
    row[0] = max(0, _TOTAL - sum(row)) + _signed(numbers.send(0))
    return row


def _numbers(data: bytes):
    """Is sent the k of each number, and gives it; where ``data`` ends too soon, as if zeros followed."""
    held = bits = at = 0
    number = 0
    while True:
        k = yield number
        wanted = k
        while True:
            if not bits:
                held, bits = data[at] if at < len(data) else 0, 8
                at += 1
            bits -= 1
            if not held >> bits & 1 or wanted - k == _ONES:
                break
            wanted += 1
        while bits < wanted:
            held, bits = (held & (1 << bits) - 1) << 8 | (data[at] if at < len(data) else 0), bits + 8
            at += 1
        bits -= wanted
        number = (1 << wanted) - (1 << k) + (held >> bits & (1 << wanted) - 1)


def _signed(number: int) -> int:
    return -(number + 1 >> 1) if number & 1 else number >> 1
