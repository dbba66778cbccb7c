"""What came of an experiment: ``/v1/experiments/{id}/readout``, its rows, and the power announced before it begins."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from pricing_service import experiment_readout, log_turn, readout_export
from pricing_service.experiment_readout import Seen
from pricing_service.openapi import problems
from pricing_service.routes.access import Running, needs
from pricing_service.routes.experiments import Name, today
from pricing_service.routes.sent_model import Asked, described, reader

router = APIRouter(prefix="/v1/experiments", tags=["experiments"], dependencies=[needs("experiments:read")])


class Readout(BaseModel):
    """docs/readout.md says what every figure means. Money is in minor units of ``currency``."""

    model_config = ConfigDict(extra="allow")
    experiment: str
    unit: str
    control: str = Field(description="The arm all others are held against.")
    currency: str | None
    counts: dict[str, int] = Field(description="What became of the records of its days.")
    exposure: dict[str, Any] = Field(description="Units and checkouts by arm, beside what was announced.")
    shares: dict[str, Any] = Field(description="Whether the arms have the shares they should have.")
    arms: list[dict[str, Any]] = Field(
        description="Lifts with intervals, chance to win, expected loss, guardrails, cohorts and cashiers."
    )
    reconciliation: dict[str, Any] = Field(description="Whether all claims add up to what was observed.")
    says: list[str]


class Power(BaseModel):
    """What the experiment will find by its end, if customers come as they did before."""

    model_config = ConfigDict(extra="allow")
    experiment: str
    control: str
    share: float = Field(
        description="The part of all units that it draws, after those that are drawn before it."
    )
    lasts: int = Field(description="Days from today, or its first, to its last.")
    days: int = Field(description="Days of the log that were read as if they had been the experiment.")
    units: int = Field(description="Units that came in so many days.")
    arms: list[dict[str, Any]] = Field(
        description="Each against the control: chance to find a lift of 1, 2 and 5 %, and the lift found 4 times in 5."
    )


class AskedPolicy(Asked):
    """A policy that gives each cohort an arm."""

    choice: dict[str, str] = Field(description="Cohort to arm, by their names in the readout.")
    otherwise: str | None = Field(None, description="The arm of all other cohorts; else the control.")
    ALLOWED: ClassVar[dict[str, str]] = {
        "choice": "is an object that names an arm for each cohort",
        "otherwise": "is the name of an arm",
        **Asked.ALLOWED,
    }


class Untried(BaseModel):
    """Margin per checkout in minor units, with 95 % intervals; docs/readout.md says how it is reckoned."""

    model_config = ConfigDict(extra="allow")
    experiment: str
    currency: str | None
    refused: str | None = Field(description="Why there is no answer; null where there is one.")
    doubly_robust: dict[str, Any] | None


def _content(kind: str) -> dict[int | str, dict]:
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


@router.get(
    "/{name}/readout",
    summary="What came of it",
    operation_id="readout-of-experiment",
    response_model=Readout,
    responses=problems(401, 404, 409, 422),
)
def readout(running: Running, name: Name) -> Readout:
    """Exposure, sample-ratio check, lifts with intervals, guardrails, and the reconciliation with what was booked."""
    day = _today(running)
    return Readout.model_validate(experiment_readout.of(running.database, name, running.settings.store, day))


@router.get(
    "/{name}/readout.csv",
    summary="Its rows as CSV",
    operation_id="rows-of-experiment",
    response_class=StreamingResponse,
    responses=problems(401, 404, 409, 422) | _content("text/csv; charset=utf-8"),
)
def rows(running: Running, name: Name) -> StreamingResponse:
    """A row for each checkout of its days, those of other experiments and of none too. Customers are numbers."""
    with log_turn.taken():
        read = _seen(running, name).read
    return StreamingResponse(
        readout_export.as_csv(read.table, read.held),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


@router.get(
    "/{name}/readout.parquet",
    summary="Its rows as Parquet",
    operation_id="parquet-of-experiment",
    response_class=Response,
    responses=problems(401, 404, 409, 422) | _content("application/vnd.apache.parquet"),
)
def parquet(running: Running, name: Name) -> Response:
    """The same rows as Parquet, written by a process of its own; it needs what the extra `fit` brings (503)."""
    with log_turn.taken():
        read = _seen(running, name).read
        file = readout_export.as_parquet(read.table, read.held)
    return Response(
        file,
        media_type="application/vnd.apache.parquet",
        headers={"content-disposition": f'attachment; filename="{name}.parquet"'},
    )


@router.post(
    "/{name}/untried",
    summary="What a policy would have earned that nobody tried",
    operation_id="untried-policy",
    response_model=Untried,
    responses=problems(400, 401, 404, 409, 413, 422),
    openapi_extra=described(AskedPolicy, required=True),
)
def untried(
    running: Running, name: Name, asked: Annotated[AskedPolicy, Depends(reader(AskedPolicy, required=True))]
) -> Untried:
    """Margin per checkout if every cohort got the arm it is given here: doubly robust, from arms that were drawn.

    Nothing is written. `refused` says why there is no answer, where the log did too little of it.
    """
    choice, otherwise = asked.choice, asked.otherwise
    asked_of = running.database, name, running.settings.store, _today(running)
    return Untried.model_validate(experiment_readout.untried(*asked_of, choice, otherwise))


@router.get(
    "/{name}/power",
    summary="What it can find",
    operation_id="power-of-experiment",
    response_model=Power,
    responses=problems(401, 404, 409, 422),
)
def power(running: Running, name: Name) -> Power:
    """Which lift it will find with which chance by its last day, if customers come as in the last eight weeks."""
    day = _today(running)
    return Power.model_validate(
        experiment_readout.announced(running.database, name, running.settings.store, day)
    )


def _today(running: Running) -> int:
    with running.database.reading() as connection:
        return today(running, connection)


def _seen(running: Running, name: str) -> Seen:
    with running.database.reading() as connection:
        kept = experiment_readout.started(connection, name)
        day = today(running, connection)
    return experiment_readout.gathered(running.database, kept, running.settings.store, day)
