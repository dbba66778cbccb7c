"""``/v1/enrolments``: one-time codes for new tills, and new epochs for tills whose history forked."""

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pos_client.core.record import choice, fields, integer, text
from pos_client.core.signature import keyid, wrapped
from pricing_service import audit_store, audit_trail, enrolling, fleet, standing
from pricing_service.fleet import Device
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import NAME, TEXT
from pricing_service.routes.access import SIGNED, Running, SentObject, needs
from pricing_service.routes.device_access import Coded, Proof, Proven, SignedRoute, set_back
from pricing_service.security import device_key

LARGEST = (1 << 53) - 1
router = APIRouter(prefix="/v1/enrolments", tags=["fleet"], route_class=SignedRoute)
_wish = fields({"device": text(64), "store": text(64)}, {"language": choice("en", "ru", "fr")})
_renewal = fields({"store": text(64), "resume": integer(0, LARGEST)}, {"history": text(64, 0)})
_redemption = fields({"proof": text(128)})


class Wish(BaseModel):
    """Which till a code is for."""

    model_config = ConfigDict(extra="forbid")
    device: str = Field(pattern=NAME)
    store: str = Field(pattern=NAME)
    language: Literal["en", "ru", "fr"] = "en"


class Code(BaseModel):
    """Shown once; type it at the till. It works for one machine and ten minutes."""

    code: str
    device: str
    expires: str = Field(json_schema_extra={"format": "date-time"})


class Renewal(BaseModel):
    """``resume``: the last number both sides agree on, under ``history``; the new epoch goes on behind it."""

    model_config = ConfigDict(extra="forbid")
    store: str = Field(pattern=NAME)
    resume: int = Field(ge=0, le=LARGEST)
    history: str = Field("", max_length=64, pattern=TEXT)


class Epoch(BaseModel):
    epoch: int
    key: str = Field(description="Of the new epoch, 64 hex digits, wrapped under the old one.")


class Redemption(BaseModel):
    """``proof``: what this machine says each time it asks, so that an answer that got lost can be had again."""

    model_config = ConfigDict(extra="forbid")
    proof: str = Field(min_length=1, max_length=128, pattern=TEXT)


class Identity(BaseModel):
    """A till's identity; both keys are wrapped under the code's secret."""

    device: str
    epoch: int
    store: str
    language: str
    key: str
    tenant_key: str


def _body(model: type[BaseModel], **example: Any) -> dict[str, Any]:
    return sends(model.model_json_schema(), {"example": example})


@router.post(
    "",
    summary="Make a one-time code",
    operation_id="make-code",
    status_code=201,
    response_model=Code,
    responses=problems(400, 409, 413, 422),
    openapi_extra=_body(Wish, device="till-2", store="sample"),
)
def make(running: Running, sent: SentObject, person: Annotated[str, needs("devices:enrol")]) -> Code:
    """A code that enrols one till, once, within ten minutes."""
    # Names that are none are refused with what to send, where they are looked up: `fleet.check_free`, `fleet.renew`.
    wish = Wish.model_construct(**read_alone(lambda given: _wish(given, "code"), sent, "code"))
    now = int(time.time())
    audit_trail.makes(device=wish.device)
    code, expires = running.write(
        lambda to: enrolling.make(to, running.master_key, wish.device, wish.store, wish.language, person, now)
    )
    return Code(code=code, device=wish.device, expires=rfc3339(expires))


@router.post(
    "/redeem",
    summary="Redeem a code",
    operation_id="redeem-code",
    response_model=Identity,
    responses=problems(400, 401, 404, 409, 413, 422),
    openapi_extra={**_body(Redemption, proof="3c9a"), **SIGNED},
)
def redeem(running: Running, proof: Coded, sent: SentObject) -> Identity:
    """Signed with the code's secret (`keyid` is the code's id, epoch 0): the identity of the till."""
    told = Redemption(**read_alone(lambda given: _redemption(given, "redemption"), sent, "redemption"))
    found, device = running.write(lambda to: _redeemed(to, proof.device, told.proof))
    return Identity(
        device=device.device,
        epoch=device.epoch,
        store=device.store,
        language=found.language,
        key=_wrapped(proof, "device key", device_key(running.master_key, device.device, device.epoch)),
        tenant_key=_wrapped(proof, "tenant key", running.tenant_key),
    )


@router.post(
    "/renewals",
    summary="Go on under a new epoch",
    operation_id="renew-enrolment",
    response_model=Epoch,
    responses=problems(400, 401, 409, 413, 422),
    openapi_extra={**_body(Renewal, store="sample", resume=49), **SIGNED},
)
def renew(running: Running, proof: Proven, sent: SentObject) -> Epoch:
    """For a till whose numbers the service holds with other records (409 `identity-conflict`), or that a set back
    service forgot (409 `enrolment-unknown`). Records that are here under an earlier epoch are not taken twice."""
    told = Renewal.model_construct(**read_alone(lambda given: _renewal(given, "renewal"), sent, "renewal"))
    device = running.write(lambda to: _renewed(to, proof, told))
    return Epoch(
        epoch=device.epoch,
        key=_wrapped(proof, "device key", device_key(running.master_key, device.device, device.epoch)),
    )


def _redeemed(connection: Connection, code_id: str, told: str) -> tuple[enrolling.Code, Device]:
    found, device = enrolling.redeem(connection, code_id, told, int(time.time()))
    audit_store.append(connection, "code:" + code_id, "redeem-code", keyid(device.device, device.epoch))
    return found, device


def _renewed(connection: Connection, proof: Proof, told: Renewal) -> Device:
    history = standing.read(connection).history
    if told.history not in ("", history):
        raise set_back(history)
    device = fleet.renew(connection, proof.device, proof.epoch, told.store, told.resume, proof.counter)
    actor = "device:" + keyid(proof.device, proof.epoch)
    detail = f"resume={told.resume}"
    audit_store.append(connection, actor, "renew-enrolment", keyid(device.device, device.epoch), detail)
    return device


def _wrapped(proof: Proof, purpose: str, key: bytes) -> str:
    return wrapped(proof.key, purpose, proof.signature, key).hex()
