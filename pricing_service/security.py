"""Keys and tokens derived from the secrets of the service: nothing that a copy of the database would tell."""

import hmac
import time

from pos_client.core import signature


def device_key(master: bytes, device: str, epoch: int) -> bytes:
    """The key of one enrolment, derived so that a copy of the database opens no till."""
    return hmac.digest(master, f"rung device\n{device}\n{epoch}".encode(), "sha256")


def customer_token(tenant_key: bytes, card: str) -> str:
    """A card as the service knows it: 64 hexadecimal characters that lead back to nobody."""
    return hmac.digest(tenant_key, card.encode(), "sha256").hex()


def signed_now(
    key: bytes, device: str, epoch: int, method: str, target: str, body: bytes = b""
) -> dict[str, str]:
    """The headers with which a till of this machine signs; its counter is the time, in hundredths of microseconds."""
    ticks = time.time_ns() // 10
    name = signature.keyid(device, epoch)
    return signature.request(key, method, target, body, ticks // 100_000_000, name, ticks)
