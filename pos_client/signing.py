"""What a till signs with, and what it reads in answers; signed refusals tell the time and the next good counter."""

import json
from binascii import unhexlify

from pos_client.core import signature
from pos_client.core.signature import keyid

_MOST_COUNTER = (1 << 63) - 1


class Signer:
    """Signs for ``identity``, whose epoch and key may change while it lives. ``clock`` is the till's."""

    def __init__(self, identity: dict, clock):
        self._identity = identity
        self._clock = clock
        self._counter = 0
        self._began = None  # Unix seconds at monotonic 0, by the service; None while nobody had to correct us

    def headers(self, method: str, target: str, body) -> dict:
        """The headers that make this request ours, its body bytes or a list of pieces. No two get the same counter."""
        self._counter += 1
        name = keyid(self._identity["device"], self._identity["epoch"])
        return signature.request(self._key(), method, target, body, self._now(), name, self._counter)

    def is_ours(self, sent: dict, status: int, headers: dict, body: bytes) -> bool:
        """Whether our service answered so to the request with the headers ``sent``."""
        return signature.is_answer(self._key(), status, headers, body, sent["Signature"])

    def corrects(self, told: dict) -> bool:
        """Take a refusal's word for the time or the counter; False where it says neither."""
        code, now, counter = told.get("code"), told.get("now"), told.get("next")
        if code == "clock-off" and type(now) is int:
            self._began = now - self._clock.monotonic_ms() // 1000
        elif code == "counter-used" and type(counter) is int and 0 < counter < _MOST_COUNTER:
            self._counter = max(self._counter, counter - 1)
        else:
            return False
        return True

    def _now(self) -> int:
        """A till whose clock is dead says 1970 until it is told better."""
        if self._began is None:
            return self._clock.now() or 0
        return self._began + self._clock.monotonic_ms() // 1000

    def _key(self) -> bytes:
        return unhexlify(self._identity["key"])


def parsed(raw: bytes) -> dict:
    """The JSON object in an answer; an empty one where it is anything else."""
    try:
        value = json.loads(raw.decode())
    except (ValueError, RuntimeError):  # MicroPython reports too deep nesting as RuntimeError
        return {}
    return value if type(value) is dict else {}
