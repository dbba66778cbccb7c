"""``GET /v1/decisions/{device}/{epoch}/{sequence}``: one decision, made again from its record."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from pos_client.core.record import Unknown
from pricing_service import decision_replay
from pricing_service.decision_inputs import Archive
from pricing_service.openapi import problems
from pricing_service.problem import NAME
from pricing_service.records import LARGEST
from pricing_service.routes.access import Running, needs, only

router = APIRouter(tags=["audit"])
Number = Annotated[int, Path(ge=0, le=LARGEST)]


class Otherwise(BaseModel):
    """The first member of the record that comes out otherwise."""

    member: str
    recorded: Any = Field(description="What the till wrote.")
    again: Any = Field(description="What its own code decides from the same inputs.")


class Replay(BaseModel):
    device: str
    epoch: int
    sequence: int
    verdict: Literal["identical", "different", "erased", "impossible"] = Field(
        description="`identical`: the same inputs give the same record, byte for byte. `erased`: the customer was."
    )
    says: str
    snapshot: int | None = Field(description="The snapshot it was decided from; 0 for a till without one.")
    difference: Otherwise | None
    assumed: list[str] = Field(description="What the record does not tell, and fitted.")


@router.get(
    "/v1/decisions/{device}/{epoch}/{sequence}",
    operation_id="replay-decision",
    summary="Make a decision again",
    response_model=Replay,
    responses=problems(400, 404, 422),
    dependencies=[needs("audit:read"), only()],
)
def replay(
    running: Running, device: Annotated[str, Path(pattern=NAME)], epoch: Number, sequence: Number
) -> Replay:
    """The till's own code on the record's basket, the snapshot it went by and what that knew of the customer."""
    with running.database.reading() as connection:
        told = decision_replay.one(connection, Archive(connection), device, epoch, sequence)
    if told.verdict == "unknown":
        raise Unknown("unknown-record", told.says)
    difference = Otherwise(**told.difference._asdict()) if told.difference else None
    return Replay(**{**told._asdict(), "difference": difference, "assumed": list(told.assumed)})
