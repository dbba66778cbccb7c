"""The service over its HTTP API, as an analyst's notebook talks to it."""

import json
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 60  # seconds for one answer
LOOK_SECONDS = 0.5
PASSING = {"queued", "running", "cancelling", "publishing"}  # states that another one comes after


class ServiceGone(Exception):
    """Nobody answers there; the message says where and what to do."""


class ServiceRefused(Exception):
    """The service did not do what was asked; the message is its own."""


class ServiceApi:
    """Read and ask with an administrator's ``token``. Raises `ServiceGone` and `ServiceRefused`."""

    def __init__(self, url: str, token: str):
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        """The JSON at a path: ``get("/v1/releases")``."""
        return json.loads(self._call("GET", path))

    def post(self, path: str, *, version: int | None = None, **body: Any) -> Any:
        """What is answered to a body of these members; ``version`` is the one it is meant for (If-Match)."""
        expected = {} if version is None else {"If-Match": f'"{version}"'}
        return json.loads(self._call("POST", path, json.dumps(body).encode(), expected))

    def download(self, path: str, file: Path) -> Path:
        """The bytes at a path, written to a file."""
        file.write_bytes(self._call("GET", path))
        return file

    def settled(self, path: str, seconds: float = 600) -> Any:
        """What is at a path once its ``state`` is one that stays. Raises TimeoutError after ``seconds``."""
        until = time.monotonic() + seconds
        while (told := self.get(path))["state"] in PASSING:
            if time.monotonic() > until:
                raise TimeoutError(
                    f"{path} is {told['state']} since {seconds:.0f} seconds: is a worker running?"
                )
            time.sleep(LOOK_SECONDS)
        return told

    def _call(
        self, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None
    ) -> bytes:
        request = Request(self.url + path, body, self._headers | (more or {}), method=method)
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return answer.read()
        except HTTPError as error:
            with error:
                raise ServiceRefused(_said(error.read()) or str(error)) from error
        except (OSError, HTTPException) as error:
            raise ServiceGone(
                f"no service answers at {self.url} ({error}); start one with `rung run`"
            ) from error


def _said(body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"{problem['detail']} ({problem['code']})"
    except (ValueError, KeyError, TypeError):
        return ""
