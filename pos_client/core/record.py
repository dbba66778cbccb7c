"""Errors of the core and strict readers for what comes from outside.

A reader is a function ``reader(value, where) -> value`` that returns the value it accepts or raises `Invalid`.
Readers compose: ``fields({"sku": text(64)})`` reads a whole JSON object and refuses unknown members.
"""

LARGEST = 1000000000000  # 10^12 minor units: exact in every JSON reader, and times 10^4 still below 2^63


class Refused(Exception):
    """Something was refused and nothing was changed.

    ``code`` names the cause in kebab-case and never changes; ``detail`` tells a person what to do next.
    """

    def __init__(self, code: str, detail: str = ""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Invalid(Refused):
    """The caller must send something else."""


class OutOfTurn(Refused):
    """Right form, wrong moment: the caller must read the present state again."""


class Unknown(Refused):
    """There is no such thing here."""


class Damaged(Refused):
    """Stored or received bytes are not what was written: fetch them again."""


def integer(low: int, high: int = LARGEST):
    """Reader of a whole number in [low, high]; floats, NaN and booleans are not whole numbers."""

    def read(value, where):
        if type(value) is not int:
            raise Invalid("not-an-integer", where + " must be a whole number")
        if not low <= value <= high:
            raise Invalid("out-of-range", where + " must be from " + str(low) + " to " + str(high))
        return value

    return read


def text(longest: int, shortest: int = 1):
    """Reader of printable text of ``shortest`` to ``longest`` characters.

    JSON escapes of characters beyond 16 bits arrive as one character on CPython and as two surrogates on
    MicroPython; pairs are joined so that both journal the same bytes. Lone surrogates are refused.
    """

    def read(value, where):
        if type(value) is not str:
            raise Invalid("not-text", where + " must be text")
        if not value.isalpha():  # most words are; the walk below is only for the others
            value = _plain(value, where)
        if not shortest <= len(value) <= longest:
            raise Invalid(
                "text-length", where + " must have " + str(shortest) + " to " + str(longest) + " characters"
            )
        return value

    return read


def _plain(value: str, where: str) -> str:
    for character in value:
        if character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff":
            return _joined(value, where)
    return value


def _joined(value: str, where: str) -> str:
    out = []
    high = 0
    for character in value:
        code = ord(character)
        if code < 32 or 127 <= code <= 159:
            raise Invalid("control-character", where + " must not contain control characters")
        if bool(high) != (0xDC00 <= code <= 0xDFFF):
            raise Invalid("lone-surrogate", where + " is not valid Unicode")
        if 0xD800 <= code <= 0xDBFF:
            high = code
        else:
            out.append(chr(0x10000 + (high - 0xD800) * 1024 + code - 0xDC00) if high else character)
            high = 0
    if high:
        raise Invalid("lone-surrogate", where + " is not valid Unicode")
    return "".join(out)


def flag(value, where):
    """Reader of true or false."""
    if value is not True and value is not False:
        raise Invalid("not-a-flag", where + " must be true or false")
    return value


def choice(*values: str):
    """Reader of one of the given words."""

    def read(value, where):
        if type(value) is not str or value not in values:
            raise Invalid("unknown-choice", where + " must be one of " + ", ".join(values))
        return value

    return read


def optional(reader):
    """Reader that also takes null."""

    def read(value, where):
        return None if value is None else reader(value, where)

    return read


def listing(reader, most: int, least: int = 0):
    """Reader of a list of ``least`` to ``most`` items."""

    def read(value, where):
        if type(value) is not list:
            raise Invalid("not-a-list", where + " must be a list")
        if not least <= len(value) <= most:
            raise Invalid("list-length", where + " must have " + str(least) + " to " + str(most) + " items")
        return [reader(item, where + "[" + str(index) + "]") for index, item in enumerate(value)]

    return read


def fields(required: dict, *others: dict):
    """Reader of an object with all ``required`` members, any of the ``others``, and nothing else.

    The result has only the members that were given.
    """

    def read(value, where):
        if type(value) is not dict:
            raise Invalid("not-an-object", where + " must be an object")
        out = {}
        for name in value:
            reader = required.get(name)
            for group in others:
                reader = reader or group.get(name)
            if reader is None:
                raise Invalid("unknown-field", where + " has no field " + str(name)[:40])
            out[name] = reader(value[name], where + "." + name)
        for name in required:
            if name not in out:
                raise Invalid("missing-field", where + " needs the field " + name)
        return out

    return read
