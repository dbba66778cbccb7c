"""What a caller is told of a refusal. Without the web framework: whoever writes or decides raises these too."""

from typing import Any

from pos_client.core.record import OutOfTurn

HEX = "^[0-9a-f]{64}$"
NAME = "^[A-Za-z0-9._-]{1,64}$"
TEXT = r"^[^\u0000-\u001f\u007f-\u009f]*$"


class Problem(Exception):
    """An answer other than success; ``more`` are members of the answer beyond the standard ones."""

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
    ):
        super().__init__(code, detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.more = headers or {}, more


class Stale(OutOfTurn):
    """Somebody changed the thing since the caller read it."""
