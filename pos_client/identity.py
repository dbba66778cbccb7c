"""``till.json``, what `rung device enrol` wrote for one till, read and checked before anything relies on it."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos_client.claim import Unusable

_NAME = re.compile("[A-Za-z0-9._-]{1,64}")
_KEY = re.compile("(?:[0-9a-f]{2}){16,}")
_ADDRESS = re.compile(r"(http://[A-Za-z0-9._-]+(:[0-9]{1,5})?/?)?")


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


_MEMBERS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "device": (_matches(_NAME), "letters, digits, dots, dashes or underscores"),
    "epoch": (lambda value: type(value) is int and value > 0, "a whole number above 0"),
    "store": (_matches(_NAME), "letters, digits, dots, dashes or underscores"),
    "key": (_matches(_KEY), "hexadecimal digits"),
    "tenant_key": (_matches(_KEY), "hexadecimal digits"),
    "service": (_matches(_ADDRESS), "http://HOST:PORT, or empty for a till that keeps to itself"),
    "language": (lambda value: value in ("en", "ru", "fr"), "en, ru or fr"),
}


def read(path: Path) -> dict[str, Any] | None:
    """The identity at ``path``; None, and words to the operator, where there is none: a till serves without.

    Raises `Unusable` for a file that is there and not whole: a till that went on as another one would keep its
    sales from the service, and nobody would know.
    """
    try:
        told = json.loads(path.read_text())
    except FileNotFoundError:
        said = f"no identity at {path}: serving, but not enrolled; see `rung device enrol`"
        print(f"rung till: {said}", file=sys.stderr)
        return None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Unusable(f"{path} is not whole: it is not JSON ({error}); enrol the till again") from error
    for member, (is_right, form) in _MEMBERS.items():
        if type(told) is not dict or not is_right(told.get(member, "en" if member == "language" else None)):
            raise Unusable(f"{path}: {member} must be {form}; enrol the till again or mend it")
    return told
