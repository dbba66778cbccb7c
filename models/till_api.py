"""A till over its HTTP API, as a point of sale talks to it."""

import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlsplit

PATIENCE = 10  # seconds; a till answers in milliseconds


class TillGone(Exception):
    """Nobody answers there; the message says where and what to do."""


class TillRefused(Exception):
    """The till did not take what was sent: ``code`` and ``detail`` are its own."""

    def __init__(self, code: str, detail: str):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class TillApi:
    """The checkout calls of one till. Raises `TillGone` and `TillRefused`."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise TillGone(f"{url} is not the address of a till; give one like http://127.0.0.1:8080")
        self.url = url
        self._connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=PATIENCE)

    def put(self, checkout_id: str, body: dict) -> dict:
        """Send a basket; the till's decision."""
        return self._call("PUT", _path(checkout_id), body)

    def react(self, checkout_id: str, rung: int, reaction: str) -> dict:
        """Tell what the customer did about the rung on offer."""
        return self._call("POST", _path(checkout_id, "/reactions"), {"rung": rung, "reaction": reaction})

    def close(self, checkout_id: str, outcome: str) -> dict:
        """End the checkout; it is final after this."""
        return self._call("POST", _path(checkout_id, "/close"), {"outcome": outcome})

    def health(self) -> dict:
        """What the till says about itself."""
        return self._call("GET", "/v1/health", None)

    def _call(self, method: str, path: str, body: dict | None) -> dict:
        sent = b"" if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, path, sent, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()
            raise TillGone(f"no till answers at {self.url} ({error}); start one with `make run`") from error
        if response.status >= 400:
            raise TillRefused(answer.get("code", str(response.status)), answer.get("detail", ""))
        return answer


def _path(checkout_id: str, call: str = "") -> str:
    return f"/v1/checkouts/{quote(checkout_id, safe='')}{call}"
