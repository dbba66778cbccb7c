"""The readout of an experiment: what log and books hold of its days, handed to the statistics of `models.readout`."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from models import readout, readout_announcement, readout_untried
from models.readout_table import Arm, Checkouts, Design
from pos_client.core import experiment, money, policy
from pos_client.core.experiment import WHOLE, Experiment
from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import (
    erased_sales,
    experiment_store,
    log_days,
    log_turn,
    readout_rows,
    release_store,
    rule_store,
    turnover_store,
)
from pricing_service.database import Database
from pricing_service.experiment_body import Kept
from pricing_service.readout_rows import Read, Window

BEFORE = 28  # days before the first that an adjusted experiment is held against
WEEKS = 56  # days by which power is announced: as long as many an experiment, and then as many before
REST = "rest"  # what the shop's holdout is compared with: everybody else


class Seen(NamedTuple):
    """What a readout is made from: the rows, what was announced, every other experiment of those days, the books."""

    read: Read
    design: Design
    designs: list[Design]
    holdout: Arm | None
    booked: dict[tuple[str, int], int]


@log_turn.taken()
def of(database: Database, name: str, store: str, today: int) -> dict[str, Any]:
    """The readout of the experiment ``name`` as of ``today``. Raises `Unknown`, `OutOfTurn` for a draft."""
    with database.reading() as connection:
        kept = started(connection, name)
    seen = gathered(database, kept, store, today)
    exponent = money.exponent(seen.read.currency) if seen.read.currency else 2
    everybody = as_drawn(seen)
    within = everybody.rows(everybody.day >= kept.read.first)
    told = readout.of(rows_of(seen), seen.design, exponent)
    books = readout.reconciled(within, seen.designs, seen.holdout, seen.booked or None, exponent)
    seen_of = {"currency": seen.read.currency or None, "counts": seen.read.counts}
    return {**readout.whole(told, books), **seen_of}


@log_turn.taken()
def untried(
    database: Database, name: str, store: str, today: int, choice: dict[str, str], otherwise: str | None
) -> dict[str, Any]:
    """What giving every cohort an arm of its own would have earned. Raises `Invalid` for an unknown arm or cohort."""
    with database.reading() as connection:
        kept = started(connection, name)
    seen = gathered(database, kept, store, today)
    try:
        found = readout_untried.of(rows_of(seen), seen.design, choice, otherwise)
    except readout_untried.Unasked as unknown:
        raise Invalid("unknown-arm", f"{unknown}.") from unknown
    return {"experiment": name, "currency": seen.read.currency or None, **found}


def started(connection: Connection, name: str) -> Kept:
    """The experiment ``name``. Raises `Unknown`, and `OutOfTurn` for a draft."""
    kept = experiment_store.get(connection, name)
    if kept.state == "draft":
        raise OutOfTurn(
            "not-started",
            f"{name} is a draft: nobody was drawn, and there is nothing to read out. Start it first.",
        )
    return kept


def gathered(database: Database, kept: Kept, store: str, today: int) -> Seen:
    """Everything of the days of an experiment, in one pass over the log, for which the caller takes a turn."""
    begun = kept.read
    first = begun.first - BEFORE if kept.adjusted else begun.first
    with database.reading() as connection:
        given = rule_store.policy_of(connection, store)
        release = release_store.in_force(connection).model.release
        cohort_of = readout_rows.cohorts(connection, release) if _offer_alike(kept, given) else {}
        others = experiment_store.between(connection, begun.first, min(begun.last, today))
        booked = turnover_store.between(connection, begun.first, min(begun.last, today))
    law, held = policy.read(given), _holdout(others, kept)
    window = Window(first, begun.last, law.margin, held and _whole_days(held, law.utc_offset))
    read = readout_rows.read(log_days.read(database, window.first), window, cohort_of)
    # The log does not know them any more, so the books must not either.
    with database.reading() as connection:
        gone = erased_sales.turnover(connection, begun.first, min(begun.last, today), read.currency)
    booked = {place: amount - gone.get(place, 0) for place, amount in booked.items()}
    designs = [design(each, law.utc_offset) for each in others if not each.read.is_holdout()]
    holdout = Arm(held.id, held.read.arms[0].name) if held else None
    return Seen(read, design(kept, law.utc_offset), designs, holdout, booked)


def design(kept: Kept, offset: int) -> Design:
    """What was announced; the shop's holdout is held against everybody else. ``offset``: of the shop's day, minutes."""
    begun = _whole_days(kept, offset) if kept.read.is_holdout() else kept.read
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


def _offer_alike(kept: Kept, law: dict[str, Any]) -> bool:
    """Whether what is compared makes a first offer at the same visits, whatever it then offers.

    The first visit with an offer decides a customer's cohort. Where an arm makes none, its newcomers would stay without
    one, and a cohort would be made of other people in each arm.
    """
    laws = [arm.policy for arm in experiment.read(kept.told, law).arms]
    if kept.read.is_holdout():
        laws.append(policy.read(law))
    return (
        all(policy.most_offers(each, 0) > 0 for each in laws)
        and len({each.silent_above for each in laws}) == 1
    )


def _holdout(others: list[Kept], kept: Kept) -> Kept | None:
    """The shop's holdout: itself, if ``kept`` is one, else the first of these days."""
    held = [each for each in others if each.read.is_holdout()]
    return next((each for each in held if each.id == kept.id or not kept.read.is_holdout()), None)


def _whole_days(holdout: Kept, offset: int) -> Experiment:
    """The shop's holdout on the days on which it had the share it has now: after the last ramp-up, before a stop.

    That may be no day at all, and then its last day is before its first.
    """
    held = holdout.read
    if holdout.ramps:
        held.first = max(held.first, (holdout.ramps[-1]["at"] + 60 * offset) // 86_400 + 1)
    if holdout.stopped:
        held.last = min(held.last, (holdout.stopped + 60 * offset) // 86_400 - 1)
    return held


def rows_of(seen: Seen) -> Checkouts:
    """The table as this experiment sees it: for the shop's holdout, whoever is not in it is the rest."""
    table, arms = seen.read.table, seen.design.arms
    if arms[-1] != Arm(None, REST):
        return table
    return replace(table, arm=(~seen.read.held).astype(np.int32), names=replace(table.names, arms=arms))


def as_drawn(seen: Seen) -> Checkouts:
    """The table with everybody whom the shop's holdout draws in it, also where a till had not heard of it yet.

    Otherwise those who come often would have been somewhere else once, and count for the rest.
    """
    table = seen.read.table
    if seen.holdout is None:
        return table
    others = tuple(arm for arm in table.names.arms if arm != seen.holdout)
    number = {arm: at for at, arm in enumerate((seen.holdout, *others))}
    place = np.array([number[arm] for arm in table.names.arms], np.int32)
    arm = np.where(seen.read.held, 0, place[table.arm]).astype(np.int32)
    return replace(table, arm=arm, names=replace(table.names, arms=tuple(number)))


@log_turn.taken()
def announced(database: Database, name: str, store: str, today: int) -> dict[str, Any]:
    """What the experiment will find by its last day, if customers come as in the `WEEKS` before ``today``.

    Raises `OutOfTurn` where those days have nothing to go by, and where nobody is left to be drawn.
    """
    with database.reading() as connection:
        kept = experiment_store.get(connection, name)
        law = policy.read(rule_store.policy_of(connection, store))
        drawn = experiment_store.running(connection, today)
    before = [each for each in drawn if each.id != name and _together(each, kept, today)]
    window = Window(today - WEEKS, today - 1, law.margin)
    read = readout_rows.read(log_days.read(database, window.first), window, {})
    days = kept.read.last - max(kept.read.first, today) + 1
    plan, left = design(kept, law.utc_offset), _left(kept, before)
    if not left:
        names = ", ".join(each.id for each in before)
        raise OutOfTurn(
            "nobody-left",
            f"Drawn before it on days of its own, {names} leaves it no one: wait for its end, or choose other days.",
        )
    try:
        found = readout_announcement.of(read.table, plan, max(days, 1), left)
    except (ValueError, ZeroDivisionError) as nothing:
        raise OutOfTurn("no-traffic", _too_few(read.table, plan)) from nothing
    about = {"share": round(left, 4), "lasts": days, "currency": read.currency or None}
    return {"experiment": name, "control": kept.control, **about, **found}


def _together(one: Kept, other: Kept, today: int) -> bool:
    """Do both draw on some day from ``today`` on?"""
    return max(one.read.first, other.read.first, today) <= min(one.read.last, other.read.last)


def _too_few(table: Checkouts, plan: Design) -> str:
    units = np.unique(plan.units(table)).size
    return (
        f"The log has too few different sales of the last {WEEKS} days to go by: {len(table):,} checkouts of {units:,}"
        " units. Two units that left different margins are the least, some hundreds tell something."
    )


def _left(kept: Kept, before: list[Kept]) -> float:
    """The part of all units that this experiment draws, after those that are drawn ``before`` it."""
    left = 1.0 if kept.read.is_holdout() else kept.read.total / WHOLE
    for each in before:
        left *= 1 - each.read.total / WHOLE
    return left
