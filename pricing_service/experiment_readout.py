"""The readout of an experiment: what log and books hold of its days, handed to the statistics of `models.readout`."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from models import readout, readout_announcement, readout_untried
from models.readout_table import Arm, Checkouts, Design
from pos_client.core import money, policy
from pos_client.core.experiment import WHOLE
from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import (
    experiment_store,
    log_days,
    readout_rows,
    release_store,
    rule_store,
    turnover_store,
)
from pricing_service.database import Database
from pricing_service.experiment_store import Kept
from pricing_service.readout_rows import Read, Window

BEFORE = 28  # days before the first that an adjusted experiment is held against
WEEKS = 56  # days by which power is announced: as long as many an experiment, and then as many before
REST = "rest"  # what the shop's holdout is compared with: everybody else


class Seen(NamedTuple):
    """What a readout is made from: the rows, every experiment of those days, the books."""

    read: Read
    designs: list[Design]
    holdout: Arm | None
    booked: dict[tuple[str, int], int]


def of(database: Database, name: str, store: str, today: int) -> dict[str, Any]:
    """The readout of the experiment ``name`` as of ``today``. Raises `Unknown`, `OutOfTurn` for a draft."""
    with database.reading() as connection:
        kept = started(connection, name)
    seen = gathered(database, kept, store, today)
    exponent = money.exponent(seen.read.currency) if seen.read.currency else 2
    table, plan = rows_of(kept, seen.read.table), design(kept)
    return {
        **readout.of(table, plan, exponent),
        "currency": seen.read.currency or None,
        "counts": seen.read.counts,
        "reconciliation": readout.reconciled(
            seen.read.table, seen.designs, seen.holdout, seen.booked or None, exponent
        ),
    }


def untried(
    database: Database, name: str, store: str, today: int, choice: dict[str, str], otherwise: str | None
) -> dict[str, Any]:
    """What giving every cohort an arm of its own would have earned. Raises `Invalid` for an unknown arm or cohort."""
    with database.reading() as connection:
        kept = started(connection, name)
    seen = gathered(database, kept, store, today)
    plan = design(kept)
    try:
        found = readout_untried.of(rows_of(kept, seen.read.table), plan, choice, otherwise)
    except readout_untried.Unasked as unknown:
        raise Invalid("unknown-arm", f"{unknown}.") from unknown
    return {"experiment": name, "currency": seen.read.currency or None, **found}


def started(connection: Connection, name: str) -> Kept:
    """The experiment ``name``. Raises `Unknown`, and `OutOfTurn` for a draft."""
    kept = experiment_store.get(connection, name)
    if kept.state == "draft":
        raise OutOfTurn(
            "not-started", f"{name} is a draft: nobody was drawn, and there is nothing to read out."
        )
    return kept


def gathered(database: Database, kept: Kept, store: str, today: int) -> Seen:
    """Everything of the days of an experiment, in one pass over the log."""
    begun = kept.read
    first = begun.first - BEFORE if kept.adjusted else begun.first
    with database.reading() as connection:
        law = policy.read(rule_store.policy_of(connection, store))
        release = release_store.in_force(connection).model.release
        cohort_of = readout_rows.cohorts(connection, release)
        others = experiment_store.between(connection, begun.first, min(begun.last, today))
        booked = turnover_store.between(connection, begun.first, min(begun.last, today))
    window = Window(first, begun.last, law.margin)
    read = readout_rows.read(log_days.read(database, first), window, cohort_of)
    holdouts = [Arm(each.id, each.read.arms[0].name) for each in others if each.read.is_holdout()]
    designs = [design(each) for each in others if not each.read.is_holdout()]
    return Seen(read, designs, holdouts[0] if holdouts else None, booked)


def design(kept: Kept) -> Design:
    """What was announced; the shop's holdout is held against everybody else."""
    begun = kept.read
    arms = tuple(Arm(kept.id, arm.name) for arm in begun.arms)
    shares = tuple(arm.share for arm in begun.arms)
    if begun.is_holdout():
        arms, shares = (*arms, Arm(None, REST)), (*shares, WHOLE - shares[0])
    return Design(
        kept.id,
        arms,
        shares,
        Arm(kept.id, kept.control),
        begun.unit,
        (begun.first, begun.last),
        kept.adjusted,
    )


def rows_of(kept: Kept, table: Checkouts) -> Checkouts:
    """The table as this experiment sees it: for the shop's holdout, whoever is not in it is the rest."""
    if not kept.read.is_holdout():
        return table
    own = Arm(kept.id, kept.read.arms[0].name)
    outside = np.array([arm != own for arm in table.names.arms], np.int32)
    names = replace(table.names, arms=(own, Arm(None, REST)))
    return replace(table, arm=outside[table.arm], names=names)


def announced(database: Database, name: str, store: str, today: int) -> dict[str, Any]:
    """What the experiment will find by its last day, if customers come as in the `WEEKS` before ``today``.

    Raises `OutOfTurn` where those days have nothing to go by, and where nobody is left to be drawn.
    """
    with database.reading() as connection:
        kept = experiment_store.get(connection, name)
        law = policy.read(rule_store.policy_of(connection, store))
        before = [each for each in experiment_store.running(connection, today) if each.id != name]
    window = Window(today - WEEKS, today - 1, law.margin)
    read = readout_rows.read(log_days.read(database, window.first), window, {})
    days = kept.read.last - max(kept.read.first, today) + 1
    plan, left = design(kept), _left(kept, before)
    if not left:
        raise OutOfTurn("nobody-left", "Experiments that are drawn before it leave it no one.")
    try:
        found = readout_announcement.of(read.table, plan, max(days, 1), left)
    except (ValueError, ZeroDivisionError) as nothing:
        told = f"The log has too few different sales of the last {WEEKS} days to go by."
        raise OutOfTurn("no-traffic", told) from nothing
    drawn = {"share": round(left, 4), "lasts": days, "currency": read.currency or None}
    return {"experiment": name, "control": kept.control, **drawn, **found}


def _left(kept: Kept, before: list[Kept]) -> float:
    """The part of all units that this experiment draws, after those that are drawn ``before`` it."""
    left = 1.0 if kept.read.is_holdout() else kept.read.total / WHOLE
    for each in before:
        left *= 1 - each.read.total / WHOLE
    return left
