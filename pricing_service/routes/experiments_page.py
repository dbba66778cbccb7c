"""The pages ``/experiments`` and ``/experiments/{id}``: what runs, what it can find, what came of it."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from models.readout_ratio import FEWEST
from pos_client.core import money
from pos_client.core.record import OutOfTurn
from pricing_service import experiment_readout, experiment_store, forest, pages
from pricing_service.routes.access import Running, needs
from pricing_service.routes.experiments import Name, state, today, told

router = APIRouter(dependencies=[needs("experiments:read")], include_in_schema=False)
MOST = 500  # experiments on the page; a shop has a few a year
UNKNOWN = "–"


@router.get("/experiments")
def every(running: Running) -> HTMLResponse:
    """All experiments."""
    with running.database.reading() as connection:
        day = today(running, connection)
        items = [told(kept, day) for kept in experiment_store.page(connection, "", MOST)]
    return pages.answer("experiments.html", items=items)


@router.get("/experiments/{name}")
def one(running: Running, name: Name) -> HTMLResponse:
    """A draft with its power, anything else with its readout."""
    with running.database.reading() as connection:
        day = today(running, connection)
        kept = experiment_store.get(connection, name)
    shown: dict[str, Any] = {
        "kept": told(kept, day),
        "told": None,
        "power": None,
        "nothing": None,
        "forest": None,
    }
    asked = running.database, name, running.settings.store, day
    try:
        if state(kept, day) in ("draft", "scheduled"):
            shown["power"] = experiment_readout.announced(*asked)
        else:
            shown["told"] = experiment_readout.of(*asked)
            shown["forest"] = forest.of(shown["told"]["arms"])
    except OutOfTurn as refused:
        shown["nothing"] = refused.detail
    shown["least_units"] = FEWEST
    figures = shown["told"] or shown["power"] or {}
    return pages.answer("experiment.html", **shown, **_writers(figures.get("currency")))


def _writers(currency: str | None) -> dict[str, Any]:
    """How figures are written: money in major units, shares and lifts in percent."""
    digits = money.exponent(currency) if currency else 2
    writers = {
        "money": _written(
            lambda value: f"{round(value / 10**digits, digits) + 0.0:,.{digits}f} {currency or ''}".strip()
        ),
        "share": _written(lambda value: f"{round(100 * value, 1) + 0.0:.1f} %"),
        "percent": _written(lambda value: f"{round(value, 1) + 0.0:+.1f} %"),
        "seconds": _written(lambda value: f"{round(value, 2) + 0.0:.2f} s"),
        "number": _written(lambda value: f"{value + 0.0:,.4g}"),
    }
    return {**writers, "writers": writers}


def _written(write: Any) -> Any:
    return lambda value: UNKNOWN if value is None else write(value)
