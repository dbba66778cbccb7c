"""Tills prove who they are by a signature under the key of their enrolment."""

import hmac
from typing import Annotated

from fastapi import Header

from pricing_service import fleet
from pricing_service.errors import HEX, Problem
from pricing_service.fleet import Device
from pricing_service.security import device_key, signature
from pricing_service.service import Service

DeviceName = Annotated[str, Header(alias="Rung-Device", min_length=1, max_length=64)]
Epoch = Annotated[int, Header(alias="Rung-Epoch", ge=0, le=1 << 31)]
Signature = Annotated[
    str,
    Header(
        alias="Rung-Signature",
        pattern=HEX,
        description="Hex HMAC-SHA256 under the device's key over method, path, hex SHA-256 of the body, device and"
        " epoch, joined by newlines.",
    ),
]


def authenticated(
    service: Service, device: str, epoch: int, given: str, method: str, path: str, body: bytes
) -> Device:
    """The enrolment that signed this request. Raises `Problem`, the same for every reason."""
    key = device_key(service.master_key, device, epoch)
    right = hmac.compare_digest(signature(key, method, path, body, device, epoch), given)
    with service.database.reading() as connection:
        enrolled = fleet.get(connection, device, epoch)
    if not right or enrolled is None or enrolled.revoked is not None:
        raise Problem(401, "unknown-device", "This device is not enrolled here, or its key is another.")
    return enrolled
