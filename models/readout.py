"""An honest readout: what each arm of an experiment earned against its control, and whether all of it adds up.

    of(table, design)                       one experiment
    reconciled(table, designs, holdout)     all experiments against what was observed and booked
    whole(told, books)                      both in one, its sentences in the order in which they are to be read

All answer JSON. docs/readout.md explains every figure.
"""

from collections.abc import Sequence
from typing import Any

from models import (
    readout_figures,
    readout_metrics,
    readout_reconciliation,
    readout_shares,
    readout_units,
    readout_words,
)
from models.readout_arms import Measured
from models.readout_books import Booked
from models.readout_figures import Json, figure
from models.readout_lift import PRIORS
from models.readout_reconciliation import Balance, Reconciliation
from models.readout_repeats import Repeats
from models.readout_table import Arm, Checkouts, Design

SHOWN = 2  # decimals of a currency that nobody named


def of(table: Checkouts, design: Design, exponent: int = SHOWN) -> Json:
    """The readout of one experiment; ``table`` may hold other rows too, of before the start for instance."""
    units = readout_units.drawn(table, design)
    measured = Measured(table, design, units)
    found = readout_shares.check(units.counts(len(design.arms)), design.shares)
    arms = [_arm(measured, arm, exponent) for arm in design.others()]
    return {
        "experiment": design.name,
        "unit": design.unit,
        "control": design.control.name,
        "adjusted": design.adjusted,
        "priors": {name: {"mean": prior.mean, "sd": prior.stdev} for name, prior in PRIORS.items()},
        "exposure": _exposure(measured),
        "shares": {
            "p": figure(found.surprise, 6),
            "alarm": found.alarm(),
            "furthest_off": design.arms[found.arm].name,
        },
        "arms": arms,
        "says": [readout_words.shares(found, design.arms), *_in_order(arms)],
    }


def whole(told: Json, books: Json) -> Json:
    """What `of` and `reconciled` answer in one, with ``says`` in order: shares, reconciliation, guardrails, lifts."""
    shares, *rest = told["says"]
    return {**told, "reconciliation": books, "says": [shares, *books["says"], *rest]}


def _in_order(arms: list[Json]) -> list[str]:
    """What is said of the arms: all guardrails before any lift."""
    return [arm["says"][at] for at in (0, 1) for arm in arms]


def _exposure(measured: Measured) -> Json:
    """Who came: units and checkouts, by arm, next to what was announced."""
    design, units = measured.design, measured.units
    count, checkouts = units.counts(len(design.arms)), units.checkouts(len(design.arms))
    return {
        "units": int(count.sum()),
        "checkouts": len(units.rows),
        "crossed": units.crossed,
        "days": [int(units.rows.day.min()), int(units.rows.day.max())] if len(units.rows) else None,
        "arms": [
            {
                "arm": arm.name,
                "share": share / sum(design.shares),
                "units": int(count[at]),
                "expected": figure(count.sum() * share / sum(design.shares), 1),
                "checkouts": int(checkouts[at]),
            }
            for at, (arm, share) in enumerate(zip(design.arms, design.shares, strict=True))
        ],
    }


def _arm(measured: Measured, arm: int, exponent: int) -> Json:
    name, rows = measured.design.arms[arm].name, measured.units.rows
    lifts = [measured.lift(metric, arm) for metric in readout_metrics.GOALS]
    judged = [measured.guardrail(metric, arm) for metric in readout_metrics.GUARDRAILS]
    needed = measured.units_for_normality(arm)
    return {
        "arm": name,
        "lifts": [readout_figures.lift(each) for each in lifts],
        "guardrails": [readout_figures.guardrail(each) for each in judged],
        "normality": {
            "units_needed": needed,
            "enough": min(lifts[0].arm.units, lifts[0].control.units) >= needed,
        },
        "cohorts": _groups(measured, arm, rows.cohort, rows.names.cohorts),
        "cashiers": _groups(measured, arm, rows.cashier, rows.names.cashiers),
        "says": [readout_words.guardrails(judged, name), readout_words.lift(lifts[0], name, exponent)],
    }


def _groups(measured: Measured, arm: int, group: Any, names: tuple[str, ...]) -> Json:
    return readout_figures.groups(measured.groups(arm, group, len(names)), names)


def reconciled(
    table: Checkouts,
    designs: Sequence[Design],
    holdout: Arm | None = None,
    booked: Booked | None = None,
    exponent: int = SHOWN,
) -> Json:
    """Claims of all experiments against what was observed and booked; ``table``: all checkouts of that time."""
    found = readout_reconciliation.reconcile(table, list(designs), holdout, booked)
    return {
        "adds_up": not found.alarm(),
        "counted_twice": found.doubled(),
        "independent": found.independent,
        "turnover": found.turnover,
        "repeats": [_repeats(each, table) for each in found.repeats],
        "books": _books(found),
        **{name: _balance(each) for name, each in found.balances.items()},
        "says": readout_words.reconciliation(found, exponent),
    }


def _repeats(each: Repeats, table: Checkouts) -> Json:
    arms = [
        {
            "arm": table.names.arms[arm].name,
            "experiment": table.names.arms[arm].experiment,
            "again": again,
            "of": rows,
        }
        for arm, (again, rows) in each.arms.items()
    ]
    counted = "groups with an even number" if each.mark.even else "checkouts that repeat an earlier one"
    return {
        "mark": each.mark.says,
        "counted": counted,
        "allowed": each.mark.allowed,
        "alarm": each.alarm(),
        "arms": arms,
    }


def _books(found: Reconciliation) -> Json | None:
    if found.books is None:
        return None
    return {**found.books._asdict(), "missing": figure(found.books.missing()), "alarm": found.books.alarm()}


def _balance(balance: Balance) -> Json:
    claims = [
        {
            "experiment": claim.experiment,
            "arm": claim.arm,
            "units": claim.units,
            "claimed": readout_figures.belief(claim.amount, 0),
            "kept": figure(kept, 0),
        }
        for claim, kept in zip(balance.claims, balance.kept(), strict=True)
    ]
    return {
        "claims": claims,
        "claimed": figure(balance.total(), 0),
        "observed": readout_figures.belief(balance.observed.amount, 0),
        "held_out": balance.observed.held,
        "compared": balance.observed.rest,
        "without_counterpart": balance.observed.alone,
        "remainder": figure(balance.remainder(), 0),
        "alarm": balance.alarm(),
    }
