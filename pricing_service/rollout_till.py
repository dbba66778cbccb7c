"""One till in a rollout, by what it was told and what it reports: state in, state out, no clock of its own.

    till = told(till, now)                              # its report was answered with the name of the release
    till = heard(till, version, terms, sight, now)      # it reports
    till = aged(till, terms, now, goes_on, held)        # it may have fallen silent

`WAITING` until it is told, `TOLD` until it runs the release, `TRIED` during the trial, `CONFIRMED` while it is still
watched, then `GOOD`; or `FAILED`, with why. What fell back or was found wrong stays failed. Who was only silent goes on
where its next report says it is. A good one owes reports as long as the rollout goes on: an image may work for a day
and then be heard of no more.
"""

from typing import NamedTuple

STATES = WAITING, TOLD, TRIED, CONFIRMED, GOOD, FAILED = (
    "waiting",
    "told",
    "tried",
    "confirmed",
    "good",
    "failed",
)
SILENT = "silent"
_FOR_GOOD = frozenset(
    {
        *(
            "failed-here",
            "flash-altered",
            "journal-format",
            "pointer-damaged",
            "ratchet-damaged",
            "rolled-back",
        ),
        *("too-long", "unknown-target", "wrong-device", "wrong-hardware"),
    }
)
"""Refusals of `firmware/update` that another try does not change."""


class Terms(NamedTuple):
    """Seconds: a till silent for ``deadline`` has failed, as has one that did not install or confirm by then. One on
    ``trial`` is let confirm after so long without trouble, and is good ``watch`` after it did. ``records``: how many of
    its decisions have to be made again, and come out the same, before it is let confirm."""

    deadline: int
    trial: int
    watch: int
    records: int = 0


class Sight(NamedTuple):
    """What a report says: the version that runs, the one confirmed, whether it is on trial, the version that fell back
    and why, why the last look was refused. ``trouble`` is what the service found wrong with what runs, or empty."""

    version: int
    confirmed: int
    trial: bool = False
    fallen: int = 0
    fallen_why: str = ""
    refused: str = ""
    trouble: str = ""


class Till(NamedTuple):
    """Times are Unix seconds, 0 for never; ``seen`` is its last report, ``why`` is why it failed or was refused."""

    state: str = WAITING
    told: int = 0
    tried: int = 0
    confirmed: int = 0
    seen: int = 0
    why: str = ""


def told(till: Till, now: int) -> Till:
    """It was told to take the release; told again, the deadline still counts from the first time."""
    return till._replace(state=TOLD, told=now, why="") if till.state == WAITING else till


def heard(till: Till, version: int, terms: Terms, sight: Sight, now: int) -> Till:
    """It reports; ``version`` is the release's."""
    if till.state == FAILED and till.why != SILENT:
        return till._replace(seen=now)
    if till.state == FAILED:
        till = Till(WAITING, tried=till.tried, confirmed=till.confirmed)
    till = till._replace(seen=now)
    if sight.version > version:  # what becomes of it now says nothing of this release
        return till._replace(state=GOOD, confirmed=0, why="")
    if sight.version == version:
        return _running(till, terms, sight, now)
    return _elsewhere(till, version, sight, now)


def aged(till: Till, terms: Terms, now: int, goes_on: bool = True, held: bool = False) -> Till:
    """What the time makes of it: one that was told or runs the release owes reports, and a result by the deadline.
    While the rollout is ``held`` nobody is to install anything."""
    since = _owes_since(till, goes_on)
    if not since:
        return till
    if now - max(since, till.seen) >= terms.deadline:
        return _failed(till, SILENT)
    if now - since < terms.deadline or till.state in (CONFIRMED, GOOD) or (held and till.state == TOLD):
        return till
    return _failed(till, "not installed: " + (till.why or "?") if till.state == TOLD else "unconfirmed")


def is_content(till: Till, terms: Terms, now: int, shown: int = 0) -> bool:
    """Whether a till on trial may confirm the release; ``shown``: decisions that came out the same."""
    is_over = till.state == TRIED and now - till.tried >= terms.trial and shown >= terms.records
    return is_over or till.state in (CONFIRMED, GOOD)


def _owes_since(till: Till, goes_on: bool) -> int:
    """Since when it owes reports; 0 for one that owes none."""
    if till.state == GOOD and not goes_on:
        return 0
    owing = {TOLD: till.told, TRIED: till.tried, CONFIRMED: till.confirmed, GOOD: till.confirmed}
    return owing.get(till.state, 0)


def _running(till: Till, terms: Terms, sight: Sight, now: int) -> Till:
    """It runs the release. That it fell once does not count yet: the next start of a trial may confirm it."""
    till = till._replace(tried=till.tried or now)
    if sight.trouble:
        return _failed(till, sight.trouble)
    if sight.confirmed < sight.version:
        return till._replace(state=TRIED, why=sight.fallen_why if sight.fallen == sight.version else "")
    till = till._replace(confirmed=till.confirmed or now)
    is_watched = now - till.confirmed < terms.watch
    return till._replace(state=CONFIRMED if is_watched else GOOD, why="")


def _elsewhere(till: Till, version: int, sight: Sight, now: int) -> Till:
    """It runs something older."""
    if sight.fallen == version:
        return _failed(till._replace(tried=till.tried or now), "fell back: " + sight.fallen_why)
    if till.tried:
        return _failed(till, f"came back to version {sight.version}")
    if till.state == TOLD and sight.refused in _FOR_GOOD:
        return _failed(till, "refused: " + sight.refused)
    return till._replace(why=sight.refused)


def _failed(till: Till, why: str) -> Till:
    return till._replace(state=FAILED, why=why)
