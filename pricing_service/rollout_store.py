"""Rollouts and their tills as they are kept. What people and time make of them is in `rollout_deeds`."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import Unknown
from pricing_service import rollout_body, rollout_law
from pricing_service.rollout_body import Asked
from pricing_service.rollout_groups import Wanted
from pricing_service.rollout_law import ASKED, PAUSED, RUNNING, Course, Tally
from pricing_service.rollout_till import Terms, Till

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
UNSETTLED = text(
    "SELECT id FROM rollouts r WHERE state IN ('running', 'paused') OR (state = 'done' AND EXISTS"
    " (SELECT 1 FROM rollout_tills t WHERE t.rollout = r.id AND t.state IN ('told', 'tried', 'confirmed'))) ORDER BY id"
)
OWING = text(
    f"SELECT device, place, {_TILL} FROM rollout_tills t WHERE rollout = :id"
    " AND state IN ('told', 'tried', 'confirmed', 'good')"
    f" AND (seen <= :due OR (told <= :due AND state IN ('told', 'tried'))) AND {_IN_FORCE} ORDER BY device"
)
KEEP = text(
    f"INSERT OR REPLACE INTO rollout_tills (rollout, device, place, {_TILL})"
    f" VALUES (:rollout, :device, :place, {', '.join(':' + name for name in Till._fields)})"
)
TOLD_AGAIN = text("UPDATE rollout_tills SET told = :now WHERE rollout = :id AND state = 'told'")
BEGIN_ANEW = text(
    f"UPDATE rollout_tills SET ({_TILL}) = ({', '.join(':' + name for name in Till._fields)}) WHERE device = :device"
    " AND rollout IN (SELECT r.id FROM rollouts r WHERE r.state != 'stopped')"
)


def get(connection: Connection, name: str) -> Rollout:
    """The rollout of this id. Raises `Unknown`."""
    found = find(connection, name)
    if found is None:
        raise Unknown(
            "unknown-rollout", f"There is no rollout {name}: GET /v1/rollouts lists those there are."
        )
    return found


def page(connection: Connection, after: str, limit: int) -> list[Rollout]:
    """Up to ``limit`` rollouts older than the one of the id ``after``, the youngest first."""
    return [_rollout(row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def concerning(connection: Connection, hardware: str, version: int, confirmed: int) -> list[Rollout]:
    """Those somebody approved that a till with this ``version`` may be in, the newest release first."""
    values = {"hardware": hardware, "version": version, "confirmed": confirmed}
    return [_rollout(row) for row in connection.execute(CONCERN, values)]


def find(connection: Connection, name: str) -> Rollout | None:
    """The rollout of this id, if there is one."""
    row = connection.execute(GET, {"id": name}).one_or_none()
    return _rollout(row) if row else None


def opened(connection: Connection) -> list[Rollout]:
    """Those that are not over."""
    return [_rollout(row) for row in connection.execute(OPENED).all()]


def unsettled(connection: Connection) -> list[str]:
    """The ids of those of which the time can make something."""
    return [row.id for row in connection.execute(UNSETTLED)]


def add(connection: Connection, kept: Kept) -> None:
    """One that somebody asks for."""
    connection.execute(CREATE, kept._asdict())


def approved(connection: Connection, name: str, by: str, now: int) -> None:
    """Note who approved it, and when."""
    connection.execute(APPROVE, {"id": name, "now": now, "by": by})


def turned(connection: Connection, name: str, course: Course, by: str, now: int) -> None:
    """Note what became of it, and by whom."""
    values = {"state": course.state, "reached": course.group, "why": course.why}
    connection.execute(CHANGE, {**values, "id": name, "now": now, "by": by})


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


def told_again(connection: Connection, name: str, now: int) -> None:
    """The tills that were told, and have nothing to show yet, are told now."""
    connection.execute(TOLD_AGAIN, {"id": name, "now": now})


def begin_anew(connection: Connection, device: str) -> None:
    """What became of a till is forgotten in every rollout that was not stopped."""
    connection.execute(BEGIN_ANEW, {"device": device, **Till()._asdict()})


def due(connection: Connection, name: str, due: int) -> list[Member]:
    """The tills that may have fallen silent or not got on, by what was told or seen at ``due`` at the latest."""
    return [_member(tuple(row)) for row in connection.execute(OWING, {"id": name, "due": due})]


def _rollout(row: Any) -> Rollout:
    kept = Kept(*row)
    asked = rollout_body.read(json.loads(kept.sent))
    return Rollout(kept, asked, rollout_body.groups_of(json.loads(kept.groups)))


def _member(row: tuple[Any, ...]) -> Member:
    return Member(row[0], row[1], Till(*row[2:]))
