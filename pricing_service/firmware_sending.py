"""What a service lacks of a signers' folder is sent to it; what it has published is fetched into one."""

import json
from base64 import b64encode
from typing import Any, Protocol

from pos_client.core.record import OutOfTurn
from pricing_service import firmware_drafting as drafting
from pricing_service.firmware_folder import Folder


class Service(Protocol):
    """As `models.service_api.ServiceApi` does it."""

    def get(self, path: str) -> Any: ...
    def post(self, path: str, **body: Any) -> Any: ...


def publish(folder: Folder, service: Service) -> list[str]:
    """Send what is new; the names of the releases that the service did not have. Raises `Refused`."""
    state, files = service.get("/v1/firmware"), folder.metadata()
    newer = [name for name in files if _is_newer(name, state)]
    metadata = {name: files[name] for name in newer if drafting.is_signed(folder, name)}
    if newer and not metadata:
        raise OutOfTurn(
            "signatures-missing",
            f"{', '.join(newer)} waits for signatures: `rung firmware sign`, two of three.",
        )
    if not metadata:
        raise OutOfTurn("nothing-to-publish", "All that is signed here is published there.")
    entries: dict[str, Any] = {}
    for name in metadata:
        if name.endswith("targets.json"):
            entries = json.loads(metadata[name])["signed"]["targets"]
    known = {one["name"] for one in service.get("/v1/firmware/releases")["items"]}
    new = sorted(entries.keys() - known)
    images = {name: b64encode(folder.image(name) or b"").decode() for name in new}
    bills = {name: (folder.bill(name) or b"").decode() for name in new}
    texts = {name: data.decode() for name, data in metadata.items()}
    told = service.post("/v1/firmware/releases", metadata=texts, images=images, bills=bills)
    return [one["name"] for one in told["items"]]


def _is_newer(name: str, state: dict[str, Any]) -> bool:
    number, role, _ = name.split(".")
    return int(number) > state[role]
