"""Experiments: drafts, what becomes of them, and what tills are told of those that run.

Nobody who is in an experiment is moved to another arm. Hence the order in which tills ask them (the shop's holdout
first, then by first day, then as they were started), and what is refused while others run.
"""

import json
import time
from typing import Any

from sqlalchemy import Connection, Row, text

from pos_client.core import experiment
from pos_client.core.calendar import rfc3339
from pos_client.core.experiment import ratio
from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service import standing
from pricing_service.experiment_body import Kept, read
from pricing_service.problem import Stale

SLACK = 1  # days that a till whose clock is behind may still draw
# Days by which the day of one store may be behind another's, and the slack: offsets lie at most 48 hours apart.
BEHIND = 2 + SLACK
COLUMNS = (
    "SELECT id, version, state, body, position, created, created_by, started, started_by, stopped, stopped_by, ramps"
    " FROM experiments"
)
GET = text(f"{COLUMNS} WHERE id = :id")
PAGE = text(f"{COLUMNS} WHERE id > :after ORDER BY id LIMIT :limit")
RUNNING = text(f"{COLUMNS} WHERE state = 'running' ORDER BY position")
STARTED = text(f"{COLUMNS} WHERE position IS NOT NULL ORDER BY position")
CREATE = text(
    "INSERT INTO experiments (id, version, state, body, created, created_by, ramps)"
    " VALUES (:id, 1, 'draft', :body, :now, :by, '[]')"
)
REPLACE = text("UPDATE experiments SET version = version + 1, body = :body WHERE id = :id")
START = text(
    "UPDATE experiments SET version = version + 1, state = 'running', body = :body, started = :now, started_by = :by,"
    " position = (SELECT COALESCE(MAX(position), 0) + 1 FROM experiments) WHERE id = :id"
)
STOP = text(
    "UPDATE experiments SET version = version + 1, state = 'stopped', stopped = :now, stopped_by = :by WHERE id = :id"
)
RAMP = text("UPDATE experiments SET version = version + 1, body = :body, ramps = :ramps WHERE id = :id")


def page(connection: Connection, after: str, limit: int) -> list[Kept]:
    """Up to ``limit`` experiments with ids behind ``after``."""
    return [_kept(row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def get(connection: Connection, name: str) -> Kept:
    """The experiment of this id. Raises `Unknown`."""
    row = connection.execute(GET, {"id": name}).one_or_none()
    if row is None:
        raise Unknown(
            "unknown-experiment", f"There is no experiment {name}: GET /v1/experiments lists those there are."
        )
    return _kept(row)


def create(connection: Connection, sent: dict[str, Any], by: str) -> Kept:
    """A draft. Raises `OutOfTurn` if its id is taken, `Invalid` if a till could not read it."""
    body = read(sent)
    if connection.execute(GET, {"id": body["id"]}).one_or_none():
        raise OutOfTurn(
            "experiment-exists", f"There is an experiment {body['id']} already: choose another id."
        )
    connection.execute(CREATE, {"id": body["id"], "body": _text(body), "now": int(time.time()), "by": by})
    return get(connection, body["id"])


def replace(connection: Connection, name: str, version: int, sent: dict[str, Any]) -> Kept:
    """Put ``sent`` in place of version ``version`` of a draft."""
    body = read({"id": name, **sent})
    if body["id"] != name:
        raise Invalid("another-id", f"This is the experiment {name}: leave out its id or send the same.")
    present = get(connection, name)
    if present.version != version:
        raise Stale("experiment-changed", "Somebody changed it meanwhile: read it again.")
    if present.state != "draft":
        raise OutOfTurn(
            "not-a-draft", f"{name} was started: it can be ramped up or stopped, and nothing else."
        )
    connection.execute(REPLACE, {"id": name, "body": _text(body)})
    return get(connection, name)


def start(connection: Connection, name: str, by: str, today: int) -> Kept:
    """Let tills draw from the first day on, today at the earliest. Started again, it is the same.

    Raises `OutOfTurn` for one that is over, and where customers would be moved out of one that runs.
    """
    present = get(connection, name)
    if present.state == "running":
        return present
    if present.state == "stopped":
        raise OutOfTurn("experiment-stopped", f"{name} was stopped: make another one, with an id of its own.")
    begun = present.read
    if begun.last < today:
        raise OutOfTurn("experiment-over", f"The last day of {name} is over: replace its `until`.")
    body = {**present.body, "from": _date(max(begun.first, today))}
    values = {"id": name, "body": _text(body), "now": int(time.time()), "by": by}
    # Some store may still be told of what is over here, so that counts too.
    _check_moves(present._replace(body=body), running(connection, today, BEHIND))
    connection.execute(START, values)
    experiment.read_all([each.told for each in running(connection, today, BEHIND)], {})
    standing.touch(connection)
    return get(connection, name)


def ramp(connection: Connection, name: str, share: int, by: str, today: int) -> Kept:
    """Raise all shares by one factor, to ``share`` basis points together: nobody who is in it moves."""
    present = get(connection, name)
    _require_running(present)
    shares = [arm["share"] for arm in present.body["arms"]]
    parts = ratio(shares)
    if share == sum(shares):
        return present
    if not sum(shares) < share <= experiment.WHOLE or share % sum(parts):
        raise Invalid("share", _possible(sum(shares), sum(parts)))
    behind = _behind(present, running(connection, today), today)
    if behind:
        told = f"It would take customers out of {_and(behind)}, drawn after it: ramp up once that is over or stopped."
        raise OutOfTurn("others-behind", told)
    arms = [
        {**arm, "share": part * share // sum(parts)}
        for arm, part in zip(present.body["arms"], parts, strict=True)
    ]
    now = int(time.time())
    ramps = [*present.ramps, {"at": now, "by": by, "from": sum(shares), "to": share}]
    body = _text({**present.body, "arms": arms})
    connection.execute(RAMP, {"id": name, "body": body, "ramps": _text(ramps)})
    standing.touch(connection)
    return get(connection, name)


def stop(connection: Connection, name: str, by: str) -> Kept:
    """End it for good: tills that get the next snapshot draw no more. Stopped again, it is the same."""
    present = get(connection, name)
    if present.state == "stopped":
        return present
    _require_running(present)
    connection.execute(STOP, {"id": name, "now": int(time.time()), "by": by})
    standing.touch(connection)
    return get(connection, name)


def running(connection: Connection, today: int, slack: int = SLACK) -> list[Kept]:
    """Those that were started, not stopped, and are not over for more than ``slack`` days, in the order of draws."""
    kept = [_kept(row) for row in connection.execute(RUNNING)]
    return sorted((each for each in kept if each.read.last >= today - slack), key=_order)


def between(connection: Connection, first: int, last: int) -> list[Kept]:
    """Those that were started and ran on some of the days from ``first`` to ``last``, in the order they are drawn."""
    kept = [_kept(row) for row in connection.execute(STARTED)]
    return sorted((each for each in kept if each.read.first <= last and each.read.last >= first), key=_order)


def for_tills(connection: Connection, today: int) -> list[dict[str, Any]]:
    """What a snapshot that is built ``today`` tells tills: always something they can read.

    `start` admits no second holdout and no ninth experiment; should the database hold one all the same, the holdout
    started last is told, and those that end last.
    """
    found = running(connection, today)
    holdouts = [each for each in found if each.read.is_holdout()]
    newest = max(holdouts, key=lambda each: each.position or 0, default=None)
    fit = [each for each in found if each is newest or each not in holdouts]
    kept = sorted(fit, key=lambda each: (each is newest, each.read.last), reverse=True)[: experiment.MOST]
    return [each.told for each in fit if each in kept]


def _order(kept: Kept) -> tuple[bool, int, int]:
    begun = kept.read
    return not begun.is_holdout(), begun.first, kept.position or 1 << 31


def _check_moves(wanted: Kept, others: list[Kept]) -> None:
    """Raise `OutOfTurn` where the holdout, drawn before all others, would begin later than one of them."""
    first = wanted.read.first
    holdouts = [other for other in others if other.read.is_holdout()]
    if not wanted.read.is_holdout():
        if holdouts and holdouts[0].read.first > first:
            told = f"The shop's holdout {holdouts[0].id} would take customers out of it: begin no earlier than that."
            raise OutOfTurn("before-the-holdout", told)
        return
    if holdouts:
        told = f"A shop has one holdout, {holdouts[0].id}: stop that first; over here, it may still draw elsewhere."
        raise OutOfTurn("holdout-exists", told)
    moved = [other.id for other in others if other.read.first <= first]
    if moved:
        told = f"The holdout is drawn before all others, and would take customers out of {_and(moved)}."
        raise OutOfTurn("others-behind", told + " Start it first, or stop them.")


def _behind(present: Kept, others: list[Kept], today: int) -> list[str]:
    """Which of ``others`` draw already, from what ``present`` has left."""
    place = _order(present)
    return [other.id for other in others if _order(other) > place and other.read.first <= today]


def _require_running(kept: Kept) -> None:
    if kept.state != "running":
        raise OutOfTurn(
            "not-running", f"{kept.id} is not running: start it, or make another one if it was stopped."
        )


def _possible(share: int, parts: int) -> str:
    """What a share may be raised to, in words."""
    if share + parts > experiment.WHOLE:
        return f"shares add up to {share}, and cannot be raised without changing how the arms divide them"
    most = experiment.WHOLE // parts * parts
    return f"share is what all shares will add up to: from {share + parts} to {most} in steps of {parts}"


def _and(names: list[str]) -> str:
    return ", ".join(names)


def _date(day: int) -> str:
    return rfc3339(day * 86400)[:10]


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False)


def _kept(row: Row[Any]) -> Kept:
    return Kept(**{**row._asdict(), "body": json.loads(row.body), "ramps": json.loads(row.ramps)})
