"""What devices fetch to update themselves; a person who may read firmware can look at it too.

Nothing here is signed for the way: files of metadata and images are what their signatures and hashes say, or refused.
"""

import time
from typing import Annotated

from fastapi import APIRouter, Path, Response

from pos_client.core.record import Unknown
from pricing_service import firmware_release, firmware_store
from pricing_service.openapi import problems
from pricing_service.routes.access import Running
from pricing_service.routes.device_access import SignedRoute, or_person

router = APIRouter(
    prefix="/v1/firmware", tags=["fleet"], route_class=SignedRoute, dependencies=[or_person("firmware:read")]
)
METADATA = r"^([1-9][0-9]{0,9}\.(root|snapshot|targets)|timestamp)\.json$"
IMAGE = f"^[0-9a-f]{{64}}\\.{firmware_release.NAME.pattern}$"
BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
BY_TILLS = {"security": [{"device": []}]}


@router.get(
    "/metadata/{file}",
    summary="Fetch a file of update metadata",
    operation_id="fetch-firmware-metadata",
    response_class=Response,
    responses={200: BINARY, **problems(404, 422)},
    openapi_extra=BY_TILLS,
)
def metadata(running: Running, file: Annotated[str, Path(pattern=METADATA)]) -> Response:
    """As it was published, byte for byte (The Update Framework; docs/updates.md)."""
    return _answer(running.firmware_file(file, int(time.time())), file)


@router.get(
    "/images/{file}",
    summary="Fetch an image",
    operation_id="fetch-firmware-image",
    response_class=Response,
    responses={200: BINARY, **problems(404, 422)},
    openapi_extra=BY_TILLS,
)
def image(running: Running, file: Annotated[str, Path(pattern=IMAGE)]) -> Response:
    """By its SHA-256 and the name of its release."""
    sha256, _, name = file.partition(".")
    with running.database.reading() as connection:
        known = firmware_store.release(connection, name)
        found = firmware_store.image(connection, sha256) if known and known.sha256 == sha256 else None
    return _answer(found, file)


def _answer(found: bytes | None, name: str) -> Response:
    if found is None:
        raise Unknown("no-such-file", f"There is no {name} here.")
    return Response(found, media_type="application/octet-stream")
