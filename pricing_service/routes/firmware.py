"""``/v1/firmware``: what release keys signed is published, and what is there is listed."""

import time
from base64 import b64decode
from binascii import Error
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid, Unknown, fields
from pricing_service import audit_trail, firmware_publishing, firmware_release, firmware_state, firmware_store
from pricing_service.caller import who
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.routes.access import Running, SentObject, needs

router = APIRouter(prefix="/v1/firmware", tags=["fleet"])
READS = needs("firmware:read")
NAME = f"^{firmware_release.NAME.pattern}$"
BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
FILE = r"^[1-9][0-9]{0,9}\.(root|targets)\.json$"
Name = Annotated[str, Path(pattern=NAME)]


class Firmware(BaseModel):
    """What devices are told, and by whom."""

    keys: list[str] = Field(description="The service's own public keys, in hex: a root names the first one.")
    root: int = Field(description="Version of the newest root, 0 if none is trusted yet.")
    targets: int = Field(description="Version of the newest targets, 0 before the first release.")
    expires: dict[str, str] = Field(
        description="When root and targets have to be signed anew, and what the service itself signs."
    )
    offered: list[str] = Field(description="The releases a device can install.")


class FirmwareRelease(BaseModel):
    """A version for one kind of hardware; its bytes never change."""

    name: str
    hardware: str
    version: int
    sha256: str
    length: int
    journal: list[int] = Field(description="Formats of a journal it reads, the one it writes first.")
    devices: list[str] | None = Field(description="The only devices it is for; null for all.")
    targets: int = Field(description="Version of the targets it came with.")
    published: str = Field(json_schema_extra={"format": "date-time"})
    published_by: str


class FirmwareReleases(BaseModel):
    items: list[FirmwareRelease]


class BilledFirmware(FirmwareRelease):
    bill: str | None = Field(description="Its bill of materials: the text of a CycloneDX document.")


class PublishedFirmware(BaseModel):
    """``items``: the releases that are new."""

    items: list[FirmwareRelease]


_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_SENT = fields({"metadata": lambda value, where: value}, {"images": lambda value, where: value,
                                                          "bills": lambda value, where: value})  # fmt: skip
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["metadata"],
    "additionalProperties": False,
    "properties": {
        "metadata": {
            **_TEXTS,
            "propertyNames": {"pattern": FILE},
            "description": "N.root.json and N.targets.json, each as the text of the file, byte for byte.",
        },
        "images": {
            "type": "object",
            "additionalProperties": {"type": "string", "contentEncoding": "base64", "pattern": BASE64},
            "propertyNames": {"pattern": NAME},
            "description": "The images of new releases by name, in base64.",
        },
        "bills": {
            **_TEXTS,
            "propertyNames": {"pattern": NAME},
            "description": "Their bills of materials, each as the text that was signed for.",
        },
    },
}
EXAMPLE = {"metadata": {"7.targets.json": '{"signatures":[],"signed":{}}'}, "images": {}, "bills": {}}


@router.get(
    "",
    summary="What devices are told",
    operation_id="get-firmware",
    response_model=Firmware,
    responses=problems(),
    dependencies=[READS],
)
def state(running: Running) -> Firmware:
    """The keys, versions and expiries of what is published."""
    with running.database.reading() as connection:
        told = firmware_state.told(connection)
        offered = sorted(firmware_store.offered(connection))
    expires = {role: rfc3339(seconds) for role, seconds in told.expires.items()}
    keys = firmware_publishing.public_keys(running.settings)
    return Firmware(keys=keys, root=told.root, targets=told.targets, expires=expires, offered=offered)


@router.get(
    "/releases",
    summary="List releases",
    operation_id="list-firmware",
    response_model=FirmwareReleases,
    responses=problems(),
    dependencies=[READS],
)
def page(running: Running) -> FirmwareReleases:
    """Every release there ever was, by hardware, the newest first."""
    with running.database.reading() as connection:
        return FirmwareReleases(items=[_told(one) for one in firmware_store.releases(connection)])


@router.get(
    "/releases/{name}",
    summary="Read one release",
    operation_id="read-firmware",
    response_model=BilledFirmware,
    responses=problems(404, 422),
    dependencies=[READS],
)
def one(running: Running, name: Name) -> BilledFirmware:
    """With its bill of materials."""
    with running.database.reading() as connection:
        found = firmware_store.release(connection, name)
    if found is None:
        raise Unknown(
            "unknown-release", f"There is no {name}: GET /v1/firmware/releases lists those there are."
        )
    return BilledFirmware(**_told(found).model_dump(), bill=found.bill)


@router.post(
    "/releases",
    summary="Publish firmware",
    operation_id="publish-firmware",
    status_code=201,
    response_model=PublishedFirmware,
    responses={
        200: {"model": PublishedFirmware, "description": "All of it is here already."},
        **problems(400, 409, 413),
    },
    openapi_extra=sends(SCHEMA, {"example": EXAMPLE}),
    dependencies=[needs("firmware:release")],
)
def publish(running: Running, sent: SentObject, response: Response) -> PublishedFirmware:
    """Publish what release keys signed: nothing else counts, whoever sends it. `rung firmware publish` makes this call.

    What devices would refuse is refused here, with the reason they would give (docs/updates.md).
    """
    given = _given(sent)
    audit_trail.makes(name=" ".join(sorted(given.metadata)))
    database, settings = running.database, running.settings
    new = firmware_publishing.publish(database, running.write, settings, given, who().name, int(time.time()))
    if new is None:
        response.status_code = 200
    return PublishedFirmware(items=[_told(one) for one in new or []])


def _given(sent: dict[str, Any]) -> firmware_publishing.Sent:
    told = read_alone(lambda given: _SENT(given, "firmware"), sent, "firmware")
    metadata = {name: text.encode() for name, text in _texts(told, "metadata").items()}
    images = {name: _decoded(name, text) for name, text in _texts(told, "images").items()}
    return firmware_publishing.Sent(metadata, images, _texts(told, "bills"))


def _texts(told: dict[str, Any], name: str) -> dict[str, str]:
    value = told.get(name, {})
    if type(value) is not dict or any(type(text) is not str for text in value.values()):
        raise Invalid("not-texts", f"{name} must be an object of texts: name to content.")
    return value


def _decoded(name: str, text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError) as error:
        raise Invalid("not-base64", f"The image {name[:80]} is not in base64.") from error


def _told(one: firmware_release.Release) -> FirmwareRelease:
    return FirmwareRelease(**{**one._asdict(), "published": rfc3339(one.published)})
