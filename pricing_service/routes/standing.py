"""``/v1/standing`` and the page ``/standing``: whether starting small pays in this shop, and how surely."""

import json
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from models import release
from pos_client.core import policy
from pricing_service import (
    fit_queue,
    hazard_report,
    pages,
    release_store,
    rule_store,
    shop_ladders,
    starting_small,
)
from pricing_service.caller import own_store
from pricing_service.openapi import problems
from pricing_service.plot import Plot, ticks
from pricing_service.problem import NAME
from pricing_service.routes.access import Running, needs, only

router = APIRouter(tags=["standing"], dependencies=[needs("reports:read")])
Store = Annotated[
    str | None, Query(pattern=NAME, description="One store; else the one this service decides for.")
]
NOTHING = (
    "Not known: no checkout of the last 30 days had anything to offer at this store,"
    " so there is no ladder to reckon with."
)
NARROWEST = 0.1  # of the hazard, shown at least


class Curves(BaseModel):
    """Expected margin a visit of a customer nobody has met, as a share of gross, for each of `hazards`."""

    hazards: list[float] = Field(description="Chance that a sensitive customer leaves after a refusal.")
    smallest_first: list[float]
    any_start: list[float] = Field(description="The best plan, whichever rung it begins with.")
    one_offer: list[float] = Field(description="The best single offer.")
    best_first: list[float] = Field(description="The largest rung at once.")


class Ladder(BaseModel):
    depths: list[int] = Field(description="Basis points of gross.")
    checkouts: int
    gross: int = Field(description="Of these checkouts, minor units.")


class Standing(BaseModel):
    """Where the shop stands. It is reckoned from the release in force, so it is as good as that is."""

    store: str
    release: int = Field(description="Its number.")
    release_name: str
    fit: str | None = Field(description="The fit the release was made of; null if made by hand.")
    verdict: Literal["pays", "does_not_pay", "open", "unknown"]
    says: str
    hazard: float = Field(description="The release's, of sensitive customers.")
    hazard_low: float | None = Field(description="Lower end of the fit's 95 % interval.")
    hazard_high: float | None
    crossing: float | None = Field(
        description="The hazard from which the best single offer earns more; null if it never does."
    )
    chance_below: float | None = Field(
        description="That the shop's own hazard lies below it; null where nobody measured it."
    )
    checkouts: int = Field(description="Looked at, of the last 30 days, with something to offer.")
    ladders_share: float = Field(description="Share of their gross in the ladders that were reckoned with.")
    margin: int = Field(description="The policy's, basis points.")
    lost_sale: int = Field(description="What a lost customer costs besides the sale, basis points of gross.")
    most_offers: int
    earned: dict[str, float] = Field(description="By plan, at the release's hazard, as a share of gross.")
    curves: Curves | None
    ladders: list[Ladder]


@router.get("/v1/standing", summary="Does starting small pay here", operation_id="standing", response_model=Standing,
            responses=problems(400, 401, 422), dependencies=[only("store")])  # fmt: skip
def told(running: Running, store: Store = None) -> Standing:
    """What starting small earns in this shop, against any start, the best single offer and the largest at once."""
    name = own_store(store) or running.settings.store
    with running.database.reading() as connection:
        present = release_store.present(connection)
        made = release.read(json.loads(present.model))
        law = policy.read(rule_store.policy_of(connection, name))
        ladders = shop_ladders.lately(connection, name)
    hazard = hazard_report.of(made, fit_queue.folder(running.settings, present.fit) if present.fit else None)
    stands = starting_small.stands(made, law, ladders.each, hazard, fitted=present.fit is not None)
    low, high = hazard.interval or (None, None)
    return Standing(
        store=name,
        release=present.number,
        release_name=present.identity,
        fit=present.fit,
        verdict=stands.verdict if stands else "unknown",
        says=stands.says if stands else NOTHING,
        hazard=hazard.here,
        hazard_low=low,
        hazard_high=high,
        crossing=stands.crossing if stands else None,
        chance_below=stands.chance_below if stands else None,
        checkouts=ladders.checkouts,
        ladders_share=round(ladders.of_all, 4),
        margin=law.margin,
        lost_sale=law.lost_sale,
        most_offers=policy.most_offers(law, 0),
        earned=stands.curves.at(hazard.here) if stands else {},
        curves=Curves(**{name: list(values) for name, values in stands.curves._asdict().items()})
        if stands
        else None,
        ladders=[Ladder(**{**ladder._asdict(), "depths": list(ladder.depths)}) for ladder in ladders.each],
    )


@router.get("/standing", include_in_schema=False)
def page(running: Running, store: Store = None) -> HTMLResponse:
    """For people: the verdict, a figure, and the same as a table."""
    standing = told(running, store)
    return pages.answer("standing.html", told=standing, drawn=_drawn(standing) if standing.curves else None)


class Drawn(NamedTuple):
    """Where the lines of the figure lie."""

    plot: Plot
    across: list[float]
    up: list[float]


def _drawn(standing: Standing) -> Drawn:
    """The figure: hazards up to well beyond what matters, margins from 0 or from the lowest there is."""
    curves = standing.curves
    assert curves is not None
    matters = max(standing.hazard, standing.hazard_high or 0, standing.crossing or 0, NARROWEST / 1.6)
    widest = next((hazard for hazard in curves.hazards if hazard >= 1.6 * matters), curves.hazards[-1])
    shown = [at for at, hazard in enumerate(curves.hazards) if hazard <= widest]
    values = [
        line[at] for line in (curves.smallest_first, curves.any_start, curves.one_offer) for at in shown
    ]
    low, high = min(0.0, *values), max(0.01, *values) * 1.08
    return Drawn(plot=Plot((0.0, widest), (low, high)), across=ticks(0.0, widest, 8), up=ticks(low, high, 6))
