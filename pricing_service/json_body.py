"""A JSON object from the bytes of a request, whatever type they were announced as; what is wrong with it, in words."""

import json
from collections.abc import Callable
from typing import Any

from pos_client.core.record import Invalid

WORDS = {
    "Expecting value": "a value is missing or has no double quotes",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Illegal trailing comma before end of object": "there is a comma behind the last member",
    "Illegal trailing comma before end of array": "there is a comma behind the last item",
    "Unterminated string starting at": "the text that begins here is never closed",
    "Invalid control character at": "a text holds a line break or a tab: write \\n or \\t",
    "Extra data": "the object has ended, and more follows",
}


def json_object(raw: bytes) -> dict[str, Any]:
    """The object that ``raw`` spells. Raises `Invalid`."""
    if not raw.strip():
        raise Invalid("not-json", "The body is empty: send a JSON object.")
    try:
        given = json.loads(_text(raw), parse_float=_number)
    except json.JSONDecodeError as error:
        raise Invalid("not-json", _told(error)) from error
    except UnicodeDecodeError as error:
        raise Invalid("not-json", "The body is not UTF-8: send JSON as UTF-8.") from error
    except UnicodeEncodeError as error:
        raise Invalid(
            "lone-surrogate", "A text in the body is half a character: \\ud800 alone is none."
        ) from error
    except (ValueError, RecursionError) as error:
        detail = "The body cannot be JSON of ours: it is nested too deep or holds too long a number."
        raise Invalid("not-json", detail) from error
    if type(given) is not dict:
        raise Invalid("not-an-object", "Send a JSON object: { … }.")
    return given


def read_alone[T](read: Callable[[Any], T], given: Any, noun: str) -> T:
    """What ``read`` makes of ``given``. Its refusals name members as the sender does: `rate`, not `discount.rate`."""
    try:
        return read(given)
    except Invalid as error:
        raise Invalid(error.code, error.detail.removeprefix(noun + ".")) from error


def _number(text: str) -> float:
    """A number as it was meant: neither a nothing below nothing nor so small that it is none. Raises `Invalid`."""
    value = float(text)
    if value == 0 and (
        text[0] == "-" or any(digit in text.lower().partition("e")[0] for digit in "123456789")
    ):
        raise Invalid("no-number", f"{text[:20]} is no number that can be reckoned with: write 0.")
    return value


def _text(raw: bytes) -> str:
    """The body as text, without half characters: those could be neither stored nor answered.

    `json.loads` takes them from bytes as they are, and from escapes.
    """
    text = raw.decode("utf-8-sig")
    if "\\ud" in text or "\\uD" in text:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    return text


def _told(error: json.JSONDecodeError) -> str:
    what = WORDS.get(error.msg, "something stands there that is not JSON")
    return f"The body is not JSON: in line {error.lineno} at character {error.colno}, {what}."
