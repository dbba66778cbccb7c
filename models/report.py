"""The gate's report: one page an analyst can read anywhere, the same as JSON, and its figures as files.

write(verdict, tree, dataset, folder)    # report.html, report.json, *.svg, *.png
"""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from models import figures, fit_origin, fit_sentences, report_page
from models.diagnostics import Evidence
from models.fit_sentences import Line
from models.predictive import Acceptance
from models.report_page import Drawing, Page
from models.verdict import Verdict

SEED = 1  # of the prior's draws in a figure


def write(verdict: Verdict, tree: xr.DataTree, dataset: xr.Dataset, folder: Path) -> None:
    """Leave the report in ``folder``. A rejected fit gets one too: what cannot be said or drawn is said to be so."""
    evidence = verdict.evidence
    drawings = [_drawn(name, title, alt, draw, folder) for name, title, alt, draw in _figures(evidence)]
    cells = _acceptance(evidence)
    in_force = evidence.in_force.name
    origin = fit_origin.origin(tree, dataset, in_force)
    page = Page(verdict, origin, _lines(evidence), _counts(dataset), in_force, cells, drawings)
    (folder / "report.html").write_text(report_page.html(page), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(_json(page), indent=1, allow_nan=False), encoding="utf-8")


Figure = tuple[str, str, str, Callable[[], bytes]]


def _figures(evidence: Evidence) -> list[Figure]:
    """File name, title, what the figure shows in words, and how it is drawn."""
    chance = np.random.default_rng(SEED)
    compared: list[Figure] = [
        (f"{name}.svg", title, COMPARED, lambda name=name: figures.acceptance(evidence.acceptance[name]))
        for name, title in ACCEPTANCE.items()
    ]
    return [
        *compared,
        ("prior_posterior.svg", *BEFORE, lambda: figures.prior_posterior(evidence.tree, chance)),
        ("chains.png", *CHAINS, lambda: figures.chains(evidence.tree)),
        ("pareto_k.svg", *PARETO, lambda: figures.pareto_k(evidence.comparison)),
    ]


COMPARED = (
    "For each group of offers: the bar is what the fit allows, the mark what it expects, the point the shop."
)
BEFORE = ("Before and after the data", "Densities of each parameter under the priors and under the fit.")
CHAINS = (
    "The chains",
    "Left: the density of each parameter in every chain. Right: ranks; a chain that leaves the others stands out.",
)
PARETO = (
    "How far single histories move the fit",
    "A point for each history; those above the dashed line cannot be judged by leaving them out.",
)
ACCEPTANCE = {
    "acceptance_by_depth": "Acceptance by depth",
    "acceptance_by_rung": "Acceptance by number of the offer",
    "acceptance_again": "Acceptance by what the customer did last time",
}


def _drawn(name: str, title: str, alt: str, draw: Callable[[], bytes], folder: Path) -> Drawing:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a density of one value is drawn as one: nobody needs to be told
            content = draw()
    except Exception as error:  # A bad fit may lack anything; the report must come out all the same.
        return Drawing(name, title, f"Cannot be drawn: {error!s:.200}", None)
    (folder / name).write_bytes(content)
    return Drawing(name, title, alt, content)


def _lines(evidence: Evidence) -> list[Line]:
    try:
        return fit_sentences.lines(evidence.tree, evidence.in_force)
    except Exception:  # the check "complete" has said what is missing
        return []


def _counts(dataset: xr.Dataset) -> dict[str, int]:
    """What the log held; the visits by how they ended."""
    counted = {
        str(name): int(value) for name, value in dataset.attrs.items() if isinstance(value, int | np.integer)
    }
    endings = np.bincount(dataset["ending"].values, minlength=3).tolist()
    return {
        **counted,
        "customers": int(np.unique(dataset["customer"].values[dataset["customer"].values >= 0]).size),
        "cashiers": dataset.sizes.get("cashier_name", 0),
        "offers": int(dataset["heard"].values.sum()),
        **dict(zip(("accepted", "left", "stayed without"), endings, strict=True)),
    }


def _json(page: Page) -> dict[str, Any]:
    return _finite(
        {
            **page.verdict.as_json(),
            "origin": page.origin,
            "in_force": page.in_force,
            "dataset": page.counts,
            "parameters": [line._asdict() for line in page.lines],
            "acceptance": page.acceptance,
            "figures": [drawing.name for drawing in page.drawings if drawing.content],
        }
    )


def _acceptance(evidence: Evidence) -> dict[str, list[dict[str, Any]]]:
    try:
        return {name: _cells(seen) for name, seen in evidence.acceptance.items()}
    except Exception:  # the checks of acceptance have said why
        return {}


def _cells(seen: Acceptance) -> list[dict[str, Any]]:
    members = {name: np.asarray(values).tolist() for name, values in seen._asdict().items()}
    return [dict(zip(members, row, strict=True)) for row in zip(*members.values(), strict=True)]


def _finite(value: Any) -> Any:
    """JSON has no NaN: null instead."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
