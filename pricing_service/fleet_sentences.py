"""What a till's last report means for who looks after it, in words."""

from pricing_service.fleet_reports import Seen

DAY = 86_400
LITTLE_FLASH = 64 * 1024  # bytes below which an update or a long day offline may find no room
MANY_RECORDS = 1000  # that wait to be sent
_PASSING = ("link-down", "out-of-memory", "storage-failed", "unsent-records", "on-trial", "missing")


def notes(one: Seen, now: int) -> list[str]:
    """Why somebody should look at a till; nothing where all is well."""
    report = one.report
    if one.revoked is not None:
        return []
    if report is None:
        return _of_a_pc(one.last_seen, now)
    found = [
        (now - report.at > DAY, f"Not heard of for {ago(now - report.at)}."),
        (bool(report.trouble), f"Version {report.version} is wrong here: {report.trouble}."),
        (
            report.fallen > report.confirmed,
            f"Version {report.fallen} did not confirm itself: {report.fallen_why}.",
        ),
        (
            bool(report.refused) and report.refused not in _PASSING,
            f"An update was refused: {report.refused}.",
        ),
        (
            bool(report.crash) and now - report.crash_at < 7 * DAY and not one.is_crash_past,
            f"Crashed {ago(now - report.crash_at)} ago.",
        ),
        (report.records >= MANY_RECORDS, f"{report.records} records wait to be sent."),
        (0 < report.free < LITTLE_FLASH, f"{report.free // 1024} KiB of flash are free."),
    ]
    return [told for is_so, told in found if is_so]


def _of_a_pc(seen: int | None, now: int) -> list[str]:
    """Of a till without firmware: boards report theirs seconds after they start."""
    if seen is None:
        return ["It has never reported, and sent nothing since it was enrolled."]
    return [f"Not heard of for {ago(now - seen)}."] if now - seen > DAY else []


def summary(versions: list[tuple[str, int, int, int]]) -> str:
    """(hardware, version, tills, on trial) as one sentence."""
    if not versions:
        return "No till has reported its firmware yet."
    tills = sum(each[2] for each in versions)
    trials = sum(each[3] for each in versions)
    told = f"{tills} {'till reports' if tills == 1 else 'tills report'} {len(versions)}"
    kinds = f"{told} {'version' if len(versions) == 1 else 'versions'} of firmware."
    return kinds + (f" {trials} on trial now." if trials else "")


def wanting(tills: int, more: bool) -> str:
    """How many somebody should look at, to be said behind `summary`; there may be ``more``."""
    if not tills and not more:
        return ""
    return f" {tills}{' or more' if more else ''} to look at."


def ago(seconds: int) -> str:
    """A span of time in its largest unit."""
    for size, name in ((DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            many = seconds // size
            return f"{many} {name}{'' if many == 1 else 's'}"
    return "a moment"
