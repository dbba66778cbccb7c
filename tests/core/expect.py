"""What tests of the core need and MicroPython does not have: refusals, chance, and nothing else."""


class raises:
    """``with raises(Invalid, "unknown-rung") as refused: ...`` passes only if that error comes out."""

    def __init__(self, kind, code=None):
        self.kind = kind
        self.code = code
        self.error = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert kind is not None, repr(self.kind) + " was expected and nothing was raised"
        if not issubclass(kind, self.kind):
            return False
        self.error = error
        assert self.code is None or error.code == self.code, "refused as " + error.code + ", not " + self.code
        return True


class Chance:
    """The same random numbers on every interpreter (xorshift, 32 bits)."""

    def __init__(self, seed: int):
        self._state = (seed * 2654435761 + 88172645) & 0xFFFFFFFF or 1

    def below(self, end: int) -> int:
        """A whole number in [0, end), end up to 2^31."""
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x * end >> 32

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def pick(self, options: list):
        """One of the options."""
        return options[self.below(len(options))]
