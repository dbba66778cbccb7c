"""What a till reports of its firmware: read, kept, and counted for IT."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import Unknown, choice, fields, flag, integer, listing, optional
from pos_client.core.record import text as words
from pricing_service.firmware_release import SLOTS
from pricing_service.json_body import read_alone

MOST_BODY = 4096  # bytes of a report
MOST_KEPT = 200  # lines of a till's log
ENROLLED = "enrolled anew here; what is older may be of another board"  # a line of the service's own
LARGEST = (1 << 53) - 1
VERSION = 999_999_999
_version = integer(0, VERSION)
_number = integer(0, LARGEST)
_fallen = fields({"version": _version, "why": words(200, 0)})
_line = words(200, 0)


def _crash(value: Any, where: str) -> str:
    """Text with line breaks, as a traceback is."""
    words(1000, 0)(value.replace("\n", " ") if type(value) is str else value, where)
    return value


_read = fields(
    {"hardware": choice(*SLOTS), "version": _version},
    {"confirmed": _version, "image": words(64, 0), "trial": flag, "failed": optional(_fallen)},
    {"refused": words(200, 0), "crash": _crash, "log": listing(_line, 20)},
    dict.fromkeys(("uptime", "boot", "records", "free", "heap"), _number),
)


class Report(NamedTuple):
    """``image`` is the SHA-256 of the image that runs; ``fallen`` the last version that fell back, 0 for none, and why.

    ``uptime`` in seconds, ``boot`` counts starts, ``records`` wait to be sent, ``free`` bytes of flash and ``heap`` of
    memory. ``log``: lines since the report before.
    """

    hardware: str
    version: int
    confirmed: int = 0
    image: str = ""
    trial: bool = False
    fallen: int = 0
    fallen_why: str = ""
    refused: str = ""
    uptime: int = 0
    boot: int = 0
    records: int = 0
    free: int = 0
    heap: int = 0
    crash: str = ""
    log: tuple[str, ...] = ()


class Kept(NamedTuple):
    """A row of the table, as `tables.FirmwareReports` says it; ``log`` is a list of (Unix seconds, line)."""

    device: str
    at: int
    hardware: str
    version: int
    confirmed: int
    image: str
    trial: bool
    fallen: int
    fallen_why: str
    refused: str
    uptime: int
    boot: int
    records: int
    free: int
    heap: int
    crash: str
    crash_at: int
    crash_version: int
    log: list[tuple[int, str]]
    epoch: int
    acknowledged: int
    since: int
    checked: int
    trouble: str


class Judged(NamedTuple):
    """What the service makes of the version that a till runs, as `tables.FirmwareReports` says it."""

    epoch: int
    acknowledged: int
    since: int
    checked: int
    trouble: str = ""

    @property
    def shown(self) -> int:
        """How many records of this version were decided again, and came out the same."""
        return self.checked - self.since


class Wanted(NamedTuple):
    """Which tills of the inventory: of one ``hardware``, with ``named`` in their name, whatever its letters' case."""

    hardware: str = ""
    named: str = ""


EVERY = Wanted()


class Seen(NamedTuple):
    """A till of the inventory: its enrolment, and its last report if it ever sent one."""

    device: str
    store: str
    enrolled: int
    revoked: int | None
    acknowledged: int
    last_seen: int | None
    report: Kept | None

    @property
    def is_crash_past(self) -> bool:
        """Whether its last crash was reported before it was enrolled anew."""
        return self.report is not None and self.report.crash_at < self.enrolled


_COLUMNS = ", ".join(Kept._fields)
_REPORTED = ", ".join("r." + name for name in Kept._fields)
_SHORT = ", ".join({"log": "'[]'"}.get(name, "r." + name) for name in Kept._fields)
GET = text(f"SELECT {_COLUMNS} FROM firmware_reports WHERE device = :device")
KEEP = text(
    f"INSERT OR REPLACE INTO firmware_reports ({_COLUMNS})"
    f" VALUES ({', '.join(':' + name for name in Kept._fields)})"
)
_SEEN = "SELECT d.device, d.store, d.enrolled, d.revoked, d.acknowledged, d.last_seen,"
_BEHIND = (
    " FROM devices d LEFT JOIN firmware_reports r ON r.device = d.device"
    " WHERE d.epoch = (SELECT MAX(e.epoch) FROM devices e WHERE e.device = d.device)"
)
PAGE = text(
    f"{_SEEN} {_SHORT}{_BEHIND} AND d.device > :after AND (:hardware = '' OR r.hardware = :hardware)"
    " AND instr(lower(d.device), lower(:named))"
    " ORDER BY d.device LIMIT :limit"
)
ONE = text(f"{_SEEN} {_REPORTED}{_BEHIND} AND d.device = :device")
OLDER = text(
    "SELECT r.device FROM firmware_reports r WHERE r.hardware = :hardware AND r.confirmed < :version"
    " AND EXISTS (SELECT 1 FROM devices d WHERE d.device = r.device AND d.revoked IS NULL) ORDER BY r.device"
)
BEGIN_ANEW = text(
    "UPDATE firmware_reports SET at = 0, hardware = '', version = 0, confirmed = 0, image = '', trial = 0, fallen = 0,"
    " fallen_why = '', refused = '', uptime = 0, boot = 0, records = 0, free = 0, heap = 0, trouble = '', log = :log"
    " WHERE device = :device"
)
COUNTS = text(
    "SELECT r.hardware, r.version, COUNT(*) AS tills, SUM(r.trial) AS trials FROM firmware_reports r"
    " WHERE r.at > 0 AND EXISTS (SELECT 1 FROM devices d WHERE d.device = r.device AND d.revoked IS NULL)"
    " GROUP BY r.hardware, r.version ORDER BY r.hardware, r.version DESC"
)


def read(sent: dict[str, Any]) -> Report:
    """Raises `Invalid`; members that are not known are refused by name."""
    given = read_alone(lambda each: _read(each, "report"), sent, "report")
    fallen = given.pop("failed", None) or {"version": 0, "why": ""}
    log = tuple(given.pop("log", ()))
    return Report(**given, log=log, fallen=fallen["version"], fallen_why=fallen["why"])


def get(connection: Connection, device: str) -> Kept | None:
    """The last report of a till."""
    row = connection.execute(GET, {"device": device}).one_or_none()
    return _kept(tuple(row)) if row else None


def keep(connection: Connection, device: str, report: Report, now: int, judged: Judged) -> None:
    """Put ``report`` in place of the one before; a crash stays until the next one, the log until it is long."""
    before = get(connection, device)
    told = report._asdict()
    lines = [*(before.log if before else []), *[(now, line) for line in report.log]][-MOST_KEPT:]
    if report.crash:
        told.update(crash_at=now, crash_version=_crashed(before, report))
    elif before:
        told.update(crash=before.crash, crash_at=before.crash_at, crash_version=before.crash_version)
    else:
        told.update(crash_at=0, crash_version=0)
    told.update(device=device, at=now, log=json.dumps(lines), **judged._asdict())
    connection.execute(KEEP, told)


def _crashed(before: Kept | None, report: Report) -> int:
    """The version whose crash this is: the one that fell back since the last report, else the one that runs."""
    is_back = before is not None and report.fallen not in (0, before.fallen)
    return report.fallen if is_back else report.version


def begin_anew(connection: Connection, device: str, now: int) -> None:
    """As if it had never reported, but for its last crash and its log: they say why another board took its place."""
    before = get(connection, device)
    if before is not None:
        log = [*before.log, (now, ENROLLED)][-MOST_KEPT:]
        connection.execute(BEGIN_ANEW, {"device": device, "log": json.dumps(log)})


def page(connection: Connection, after: str, limit: int, wanted: Wanted = EVERY) -> list[Seen]:
    """Up to ``limit`` of the tills that are wanted, behind ``after`` by name; without their logs."""
    values = {"after": after, "limit": limit, **wanted._asdict()}
    return [_seen(tuple(row)) for row in connection.execute(PAGE, values)]


def one(connection: Connection, device: str) -> Seen:
    """A till with its log. Raises `Unknown`."""
    row = connection.execute(ONE, {"device": device}).one_or_none()
    if row is None:
        raise Unknown("unknown-device", f"No till {device} is enrolled here.")
    return _seen(tuple(row))


def older(connection: Connection, hardware: str, version: int) -> list[str]:
    """The tills of a hardware that are enrolled and have confirmed nothing as new as ``version``."""
    return [row.device for row in connection.execute(OLDER, {"hardware": hardware, "version": version})]


def versions(connection: Connection) -> list[tuple[str, int, int, int]]:
    """(hardware, version, tills, of them on trial) of all that are enrolled and report."""
    return [(row.hardware, row.version, row.tills, row.trials) for row in connection.execute(COUNTS)]


def _kept(row: tuple[Any, ...]) -> Kept:
    kept = Kept(*row)
    log = [(at, line) for at, line in json.loads(kept.log)]  # pyright: ignore[reportArgumentType]
    return kept._replace(trial=bool(kept.trial), log=log)


def _seen(row: tuple[Any, ...]) -> Seen:
    report = _kept(row[6:]) if row[6] is not None else None
    return Seen._make((*row[:6], report if report and report.at else None))
