"""What people do to a rollout, and the time: asked for, approved, paused, stopped, on to the next group, done.

What becomes of it is `rollout_law`'s and `rollout_till`'s to say, `rollout_store` keeps it.
"""

import json
from typing import Any

from sqlalchemy import Connection

from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import (
    audit_store,
    fleet_reports,
    rollout_body,
    rollout_groups,
    rollout_law,
    rollout_store,
    rollout_till,
)
from pricing_service.firmware_release import Release
from pricing_service.hearing import Hearing, may_judge
from pricing_service.rollout_body import Asked
from pricing_service.rollout_law import ASKED, DONE, PAUSED, RUNNING, STOPPED, Course
from pricing_service.rollout_store import Kept, Member, Rollout
from pricing_service.rollout_till import Till

SERVICE = "service"  # who stops a rollout that stops by itself


def create(connection: Connection, asked: Asked, release: Release, by: str, now: int) -> Rollout:
    """A rollout that waits for somebody else's approval. Asked again by the same person, it is the same.

    Raises `OutOfTurn` where its id is taken or another one of the same hardware is not over, `Invalid` where no till
    needs it, or as `rollout_groups.split` does.
    """
    sent = _sent(asked)
    present = rollout_store.find(connection, asked.id)
    if present and (present.kept.sent, present.kept.created_by) == (sent, by):
        return present
    if present:
        raise OutOfTurn("rollout-exists", f"There is a rollout {asked.id} already: choose another id.")
    for other in rollout_store.opened(connection):
        if other.kept.hardware == release.hardware:
            is_asked = other.kept.state == ASKED
            how = "waits for a second person" if is_asked else f"of these boards is {other.kept.state}"
            detail = f"The rollout {other.kept.id} {how}: stop it first, or wait until it is done."
            raise OutOfTurn("rollout-open", detail)
    made = rollout_groups.split(asked.id, asked.groups, _tills(connection, release))
    kept = Kept(
        *(asked.id, release.hardware, release.name, release.version, release.sha256),
        *(sent, rollout_body.written([wanted for wanted, _ in made]), ASKED, 0, ""),
        *(now, by, None, None, now, by),
    )
    rollout_store.add(connection, kept)
    for place, (_, names) in enumerate(made):
        for name in names:
            rollout_store.put(connection, asked.id, Member(name, place, Till()))
    return rollout_store.get(connection, asked.id)


def approve(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Begin it. Raises `OutOfTurn` for who asked for it, and for one that is stopped."""
    present = rollout_store.get(connection, name)
    if present.kept.state != ASKED:
        _still(present)
        return present
    if present.kept.created_by == by:
        detail = "Who asks for a rollout cannot approve it: ask somebody else who may roll out."
        raise OutOfTurn("second-person-needed", detail)
    rollout_store.approved(connection, name, by, now)
    return change(connection, present, present.course._replace(state=RUNNING), by, now)


def pause(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Tell nobody for now; who is on trial may finish. Raises `OutOfTurn` for one that does not run."""
    return _turned(connection, name, RUNNING, PAUSED, by, now)


def resume(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Go on: who was told before it was paused has all of its time again. Raises `OutOfTurn` for one that was not
    paused."""
    if rollout_store.get(connection, name).kept.state == PAUSED:
        rollout_store.told_again(connection, name, now)
    return _turned(connection, name, PAUSED, RUNNING, by, now)


def stop(connection: Connection, name: str, note: str, by: str, now: int) -> Rollout:
    """Tell nobody any more, for good; who is on trial goes back."""
    present = rollout_store.get(connection, name)
    if present.kept.state == STOPPED:
        return present
    return change(connection, present, present.course._replace(state=STOPPED, why=note), by, now)


def change(connection: Connection, rollout: Rollout, course: Course, by: str, now: int) -> Rollout:
    """Keep what became of it; what it became by itself is told in the audit trail."""
    if course == rollout.course:
        return rollout
    rollout_store.turned(connection, rollout.kept.id, course, by, now)
    if by == SERVICE:
        action = "rollout-next-group" if course.state == rollout.kept.state else f"rollout-{course.state}"
        told = course.why or rollout.groups[course.group].group.name
        audit_store.append(connection, SERVICE, action, f"name={rollout.kept.id}", told)
    return rollout_store.get(connection, rollout.kept.id)


def settle(connection: Connection, name: str, now: int, hearing: Hearing) -> None:
    """What the time has made of a rollout: silent tills have failed, groups are over."""
    rollout = rollout_store.get(connection, name)
    if may_judge(hearing, rollout.asked.deadline, now):
        for one in _aged(connection, rollout, now):
            rollout_store.put(connection, name, one)
    judge(connection, rollout, now)


def judge(connection: Connection, rollout: Rollout, now: int) -> Rollout:
    """What its tills, as they are kept, make of a rollout; the rollout as it is then."""
    if rollout.kept.state in (ASKED, STOPPED):
        return rollout
    course = rollout_law.judge(rollout.course, rollout.laws, rollout_store.tallies(connection, rollout))
    return change(connection, rollout, course, SERVICE, now)


def _tills(connection: Connection, release: Release) -> list[str]:
    """Those that a release is for and that have nothing as new. Raises `Invalid` where there are none, and says why."""

    def meant(below: int) -> list[str]:
        names = fleet_reports.older(connection, release.hardware, below)
        return [name for name in names if release.devices is None or name in release.devices]

    found = meant(release.version)
    if found:
        return found
    if count := len(meant(fleet_reports.VERSION + 1)):
        detail = f"Nothing to do: {count} of {count} tills have confirmed version {release.version} or a newer one."
    else:
        whom = "" if release.devices is None else " of those it was signed for"
        detail = f"No enrolled till{whom} has reported that it has the hardware {release.hardware}."
    raise Invalid("no-tills", detail)


def _aged(connection: Connection, rollout: Rollout, now: int) -> list[Member]:
    """The tills that fell silent or did not get on, as they are now."""
    goes_on, held = rollout.kept.state != DONE, rollout.kept.state == PAUSED
    before = rollout_store.due(connection, rollout.kept.id, now - rollout.asked.deadline)
    after = [
        one._replace(till=rollout_till.aged(one.till, rollout.terms(one.place), now, goes_on, held))
        for one in before
    ]
    return [one for one, old in zip(after, before, strict=True) if one != old]


def _turned(connection: Connection, name: str, before: str, after: str, by: str, now: int) -> Rollout:
    present = rollout_store.get(connection, name)
    if present.kept.state == after:
        return present
    if present.kept.state != before:
        _still(present)
        raise OutOfTurn(
            f"rollout-{present.kept.state}", f"The rollout {name} is {present.kept.state}, not {before}."
        )
    return change(connection, present, present.course._replace(state=after), by, now)


def _still(present: Rollout) -> None:
    if present.kept.state == STOPPED:
        detail = (
            f"The rollout {present.kept.id} was stopped, for good: make another one, with an id of its own."
        )
        raise OutOfTurn("rollout-stopped", detail)


def _sent(asked: Asked) -> str:
    told: dict[str, Any] = asked._asdict()
    return json.dumps(
        {**told, "groups": [rollout_body.told(group) for group in asked.groups]}, sort_keys=True
    )
