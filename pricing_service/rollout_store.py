"""Rollouts and their tills as they are kept; what becomes of them is `rollout_law`'s and `rollout_till`'s to say."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import (
    audit_store,
    fleet_reports,
    rollout_body,
    rollout_groups,
    rollout_law,
    rollout_till,
)
from pricing_service.firmware_release import Release
from pricing_service.rollout_body import Asked
from pricing_service.rollout_groups import Wanted
from pricing_service.rollout_law import ASKED, PAUSED, RUNNING, STOPPED, Course, Tally
from pricing_service.rollout_till import Terms, Till

SERVICE = "service"  # who stops a rollout that stops by itself
OPEN = (ASKED, RUNNING, PAUSED)


class Kept(NamedTuple):
    """A row of the table, as `tables.Rollouts` says it."""

    id: str
    hardware: str
    release: str
    version: int
    image: str
    sent: str
    groups: str
    state: str
    reached: int
    why: str
    created: int
    created_by: str
    approved: int | None
    approved_by: str | None
    changed: int
    changed_by: str


class Rollout(NamedTuple):
    """``kept`` with what it means: ``asked`` was sent, ``groups`` are those of them that have tills."""

    kept: Kept
    asked: Asked
    groups: tuple[Wanted, ...]

    @property
    def course(self) -> Course:
        return Course(self.kept.state, self.kept.reached, self.kept.why)

    @property
    def laws(self) -> list[rollout_law.Group]:
        return [wanted.group for wanted in self.groups]

    def terms(self, place: int) -> Terms:
        """Of the tills of one group."""
        wanted = self.groups[place]
        return Terms(self.asked.deadline, self.asked.trial, wanted.watch, wanted.records)


class Member(NamedTuple):
    """A till of a rollout, in the group of index ``place``."""

    device: str
    place: int
    till: Till


_COLUMNS = ", ".join(Kept._fields)
_TILL = ", ".join(Till._fields)
_IN_FORCE = "EXISTS (SELECT 1 FROM devices d WHERE d.device = t.device AND d.revoked IS NULL)"
GET = text(f"SELECT {_COLUMNS} FROM rollouts WHERE id = :id")
PAGE = text(
    f"SELECT {_COLUMNS} FROM rollouts"
    " WHERE :after = '' OR (created, id) < (SELECT a.created, a.id FROM rollouts a WHERE a.id = :after)"
    " ORDER BY created DESC, id DESC LIMIT :limit"
)
OPENED = text(f"SELECT {_COLUMNS} FROM rollouts WHERE state IN ('asked', 'running', 'paused')")
CONCERN = text(
    f"SELECT {_COLUMNS} FROM rollouts WHERE hardware = :hardware AND state != 'asked'"
    " AND (version > :confirmed OR version = :version) ORDER BY version DESC, created DESC"
)
CREATE = text(f"INSERT INTO rollouts ({_COLUMNS}) VALUES ({', '.join(':' + name for name in Kept._fields)})")
CHANGE = text(
    "UPDATE rollouts SET state = :state, reached = :reached, why = :why, changed = :now, changed_by = :by"
    " WHERE id = :id"
)
APPROVE = text("UPDATE rollouts SET approved = :now, approved_by = :by WHERE id = :id")
TALLIES = text(
    "SELECT t.place, COUNT(*) AS tills, SUM(t.state IN ('told', 'tried')) AS working, SUM(t.state = 'good') AS good,"
    f" SUM(t.state = 'failed') AS failed, SUM(t.tried > 0) AS tried FROM rollout_tills t WHERE t.rollout = :id AND"
    f" {_IN_FORCE} GROUP BY t.place"
)
MEMBER = text(f"SELECT device, place, {_TILL} FROM rollout_tills WHERE rollout = :id AND device = :device")
MEMBERS = text(
    f"SELECT device, place, {_TILL} FROM rollout_tills t WHERE rollout = :id AND (:state = '' OR state = :state)"
    " AND device > :after ORDER BY device LIMIT :limit"
)
OWING = text(
    f"SELECT device, place, {_TILL} FROM rollout_tills t WHERE rollout = :id"
    " AND state IN ('told', 'tried', 'confirmed')"
    f" AND (told <= :due OR seen <= :due) AND {_IN_FORCE} ORDER BY device"
)
KEEP = text(
    f"INSERT OR REPLACE INTO rollout_tills (rollout, device, place, {_TILL})"
    f" VALUES (:rollout, :device, :place, {', '.join(':' + name for name in Till._fields)})"
)


def get(connection: Connection, name: str) -> Rollout:
    """The rollout of this id. Raises `Unknown`."""
    row = connection.execute(GET, {"id": name}).one_or_none()
    if row is None:
        raise Unknown(
            "unknown-rollout", f"There is no rollout {name}: GET /v1/rollouts lists those there are."
        )
    return _rollout(row)


def page(connection: Connection, after: str, limit: int) -> list[Rollout]:
    """Up to ``limit`` rollouts older than the one of the id ``after``, the youngest first."""
    return [_rollout(row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def concerning(connection: Connection, hardware: str, version: int, confirmed: int) -> list[Rollout]:
    """Those somebody approved that a till with this ``version`` may be in, the newest release first."""
    values = {"hardware": hardware, "version": version, "confirmed": confirmed}
    return [_rollout(row) for row in connection.execute(CONCERN, values)]


def create(connection: Connection, asked: Asked, release: Release, by: str, now: int) -> Rollout:
    """A rollout that waits for somebody else's approval. Asked again by the same person, it is the same.

    Raises `OutOfTurn` where its id is taken or another one of the same hardware is not over, `Invalid` as
    `rollout_groups.split` does.
    """
    sent = _sent(asked)
    row = connection.execute(GET, {"id": asked.id}).one_or_none()
    if row and (row.sent, row.created_by) == (sent, by):
        return _rollout(row)
    if row:
        raise OutOfTurn("rollout-exists", f"There is a rollout {asked.id} already: choose another id.")
    for other in connection.execute(OPENED):
        if other.hardware == release.hardware:
            detail = f"The rollout {other.id} is {other.state}: stop it first, or wait until it is done."
            raise OutOfTurn("rollout-open", detail)
    tills = fleet_reports.older(connection, release.hardware, release.version)
    if release.devices is not None:
        tills = [name for name in tills if name in release.devices]
    made = rollout_groups.split(asked.id, asked.groups, tills)
    kept = Kept(
        *(asked.id, release.hardware, release.name, release.version, release.sha256),
        *(sent, rollout_body.written([wanted for wanted, _ in made]), ASKED, 0, ""),
        *(now, by, None, None, now, by),
    )
    connection.execute(CREATE, kept._asdict())
    for place, (_, names) in enumerate(made):
        for name in names:
            put(connection, asked.id, Member(name, place, Till()))
    return get(connection, asked.id)


def approve(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Begin it. Raises `OutOfTurn` for who asked for it, and for one that is stopped."""
    present = get(connection, name)
    if present.kept.state != ASKED:
        _still(present)
        return present
    if present.kept.created_by == by:
        detail = "Who asks for a rollout cannot approve it: ask somebody else who may roll out."
        raise OutOfTurn("second-person-needed", detail)
    connection.execute(APPROVE, {"id": name, "now": now, "by": by})
    return change(connection, present, present.course._replace(state=RUNNING), by, now)


def pause(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Tell nobody for now; who is on trial may finish. Raises `OutOfTurn` for one that does not run."""
    return _turned(connection, name, RUNNING, PAUSED, by, now)


def resume(connection: Connection, name: str, by: str, now: int) -> Rollout:
    """Go on. Raises `OutOfTurn` for one that was not paused."""
    return _turned(connection, name, PAUSED, RUNNING, by, now)


def stop(connection: Connection, name: str, note: str, by: str, now: int) -> Rollout:
    """Tell nobody any more, for good; who is on trial goes back."""
    present = get(connection, name)
    if present.kept.state == STOPPED:
        return present
    return change(connection, present, present.course._replace(state=STOPPED, why=note), by, now)


def change(connection: Connection, rollout: Rollout, course: Course, by: str, now: int) -> Rollout:
    """Keep what became of it; what it became by itself is told in the audit trail."""
    if course == rollout.course:
        return rollout
    values = {**course._asdict(), "reached": course.group, "id": rollout.kept.id, "now": now, "by": by}
    connection.execute(CHANGE, values)
    if by == SERVICE:
        action = "rollout-next-group" if course.state == rollout.kept.state else f"rollout-{course.state}"
        told = course.why or rollout.groups[course.group].group.name
        audit_store.append(connection, SERVICE, action, f"name={rollout.kept.id}", told)
    return get(connection, rollout.kept.id)


def tallies(connection: Connection, rollout: Rollout) -> list[Tally]:
    """How each group fares; a till that was revoked counts no more."""
    found = {row.place: Tally(*row[1:]) for row in connection.execute(TALLIES, {"id": rollout.kept.id})}
    return [found.get(place, Tally()) for place in range(len(rollout.groups))]


def member(connection: Connection, name: str, device: str) -> Member | None:
    row = connection.execute(MEMBER, {"id": name, "device": device}).one_or_none()
    return _member(tuple(row)) if row else None


def members(connection: Connection, name: str, state: str, after: str, limit: int) -> list[Member]:
    """Up to ``limit`` tills behind ``after`` by name, of one ``state`` if it is given."""
    values = {"id": name, "state": state, "after": after, "limit": limit}
    return [_member(tuple(row)) for row in connection.execute(MEMBERS, values)]


def put(connection: Connection, name: str, one: Member) -> None:
    """Keep where a till is."""
    connection.execute(
        KEEP, {"rollout": name, "device": one.device, "place": one.place, **one.till._asdict()}
    )


def owing(connection: Connection, now: int) -> bool:
    """Whether the time has made something of a rollout that is not kept yet."""
    open_ones = [_rollout(row) for row in connection.execute(OPENED).all()]
    return any(_aged(connection, rollout, now) for rollout in open_ones)


def settle(connection: Connection, now: int) -> None:
    """What the time has made of every rollout: silent tills have failed, groups are over."""
    for row in connection.execute(OPENED).all():
        settle_one(connection, _rollout(row), now)


def settle_one(connection: Connection, rollout: Rollout, now: int) -> Rollout:
    """The same of one of them; the rollout as it is then."""
    if rollout.kept.state in (ASKED, STOPPED):
        return rollout
    for one in _aged(connection, rollout, now):
        put(connection, rollout.kept.id, one)
    course = rollout_law.judge(rollout.course, rollout.laws, tallies(connection, rollout))
    return change(connection, rollout, course, SERVICE, now)


def _aged(connection: Connection, rollout: Rollout, now: int) -> list[Member]:
    """The tills that fell silent or did not get on, as they are now."""
    due = {"id": rollout.kept.id, "due": now - rollout.asked.deadline}
    before = [_member(tuple(row)) for row in connection.execute(OWING, due)]
    after = [one._replace(till=rollout_till.aged(one.till, rollout.terms(one.place), now)) for one in before]
    return [one for one, old in zip(after, before, strict=True) if one != old]


def _turned(connection: Connection, name: str, before: str, after: str, by: str, now: int) -> Rollout:
    present = get(connection, name)
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


def _rollout(row: Any) -> Rollout:
    kept = Kept(*row)
    asked = rollout_body.read(json.loads(kept.sent))
    return Rollout(kept, asked, rollout_body.groups_of(json.loads(kept.groups)))


def _member(row: tuple[Any, ...]) -> Member:
    return Member(row[0], row[1], Till(*row[2:]))
