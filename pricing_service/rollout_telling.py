"""What a till that reports is told: to take a release, that it may confirm the one it tries, or to stay as it is.

    looked = look(connection, device, report)           # only reads, and may take a while
    told = answer(connection, device, report, looked, room, now)

The second is one transaction: the report is kept, what it means for every rollout of its hardware, and what it is told.
Who is silent is not asked here, but once a minute (`rollout_rounds`).
"""

from typing import NamedTuple

from sqlalchemy import Connection

from pricing_service import (
    firmware_store,
    fleet_reports,
    rollout_deeds,
    rollout_law,
    rollout_store,
    rollout_till,
    trial_records,
)
from pricing_service.fleet import Device
from pricing_service.fleet_reports import Judged, Kept, Report
from pricing_service.rollout_law import STOPPED
from pricing_service.rollout_room import Room
from pricing_service.rollout_store import Member, Rollout
from pricing_service.rollout_till import FAILED, GOOD, TOLD, TRIED, WAITING, Sight, Till
from pricing_service.trial_records import Checked

SOON, LATER = 60, 600  # seconds until the next report, of a till that is at work, and of the others
CRASHED, OTHER_IMAGE = "crashed", "another-image"
WITHDRAWN = "the release is not on offer any more"


class Told(NamedTuple):
    """``target``: the release to take, or the one that runs where it may be confirmed; empty: stay as you are."""

    target: str
    after: int


class Looked(NamedTuple):
    """What came of deciding some records again, and of which standing that is said."""

    before: Judged
    checked: Checked


class _Place(NamedTuple):
    """A till in one of the rollouts that concern it."""

    rollout: Rollout
    member: Member


def look(connection: Connection, device: Device, report: Report) -> Looked | None:
    """Some decisions of a till that is watched, made again. A customer with a long history takes a second of work, so
    nobody has to wait for this."""
    before = fleet_reports.get(connection, device.device)
    if not _is_watched(_places(connection, device, report), report):
        return None
    judged = _judged(device, report, before, True)
    if judged.trouble:
        return None
    return Looked(judged, trial_records.check(connection, device.device, device.epoch, judged.checked))


def answer(
    connection: Connection, device: Device, report: Report, looked: Looked | None, room: Room, now: int
) -> Told:
    """What to tell a till, and all that follows from its report; ``looked`` counts if nothing changed meanwhile."""
    before = fleet_reports.get(connection, device.device)
    places = _places(connection, device, report)
    judged = _judged(device, report, before, _is_watched(places, report))
    if looked is not None and looked.before == judged:
        judged = judged._replace(trouble=looked.checked.trouble, checked=looked.checked.last)
    fleet_reports.keep(connection, device.device, report, now, judged)
    sight = Sight._make((*[getattr(report, name) for name in Sight._fields[:-1]], judged.trouble))
    places = [_heard(connection, place, report, sight, now) for place in places]
    if report.trial:
        is_fit = not judged.trouble and _brings_records(device, report, judged)
        target = _confirming(places, report, judged.shown, now) if is_fit else ""
        return Told(target, _again(places, report, now))
    sells = before is not None and before.epoch == device.epoch and before.acknowledged < device.acknowledged
    for place in places:
        if _is_offered(connection, place, sells, room, now):
            return Told(place.rollout.kept.release, SOON)
    return Told("", LATER)


def _is_watched(places: list[_Place], report: Report) -> bool:
    """Whether what runs has not been found good yet."""
    mine = [place for place in places if place.rollout.kept.version == report.version]
    return report.trial or any(place.member.till.state not in (GOOD, FAILED) for place in mine)


def _places(connection: Connection, device: Device, report: Report) -> list[_Place]:
    """Where a till is; one that came later belongs to the last group of what it has not confirmed yet."""
    found = []
    for rollout in rollout_store.concerning(connection, report.hardware, report.version, report.confirmed):
        one = rollout_store.member(connection, rollout.kept.id, device.device)
        if one is None:
            if report.confirmed < rollout.kept.version and _is_for(connection, rollout, device.device):
                found.append(_Place(rollout, Member(device.device, len(rollout.groups) - 1, Till())))
        else:
            found.append(_Place(rollout, one))
    return found


def _is_for(connection: Connection, rollout: Rollout, device: str) -> bool:
    """Whether a till that was not there when a rollout was asked for may be in it: some releases name theirs."""
    release = firmware_store.release(connection, rollout.kept.release)
    is_named = release is not None and (release.devices is None or device in release.devices)
    return is_named and rollout.kept.state != STOPPED


def _heard(connection: Connection, place: _Place, report: Report, sight: Sight, now: int) -> _Place:
    """What one rollout makes of a report."""
    rollout, one = place
    kept = rollout.kept
    if kept.version == report.version and report.image not in ("", kept.image):
        sight = sight._replace(trouble=OTHER_IMAGE)
    till = rollout_till.heard(one.till, kept.version, rollout.terms(one.place), sight, now)
    rollout_store.put(connection, kept.id, one._replace(till=till))
    if till.state != one.till.state:
        rollout = rollout_deeds.judge(connection, rollout, now)
    return _Place(rollout, one._replace(till=till))


def _confirming(places: list[_Place], report: Report, shown: int, now: int) -> str:
    """The name of what is on trial, if it may be confirmed now; at once where somebody installed it by hand."""
    for rollout, one in places:
        if rollout.kept.version == report.version:
            terms = rollout.terms(one.place)
            is_content = rollout.kept.state != STOPPED and rollout_till.is_content(
                one.till, terms, now, shown
            )
            return rollout.kept.release if is_content else ""
    return f"rung-{report.hardware}-{report.version}.romfs"


def _again(places: list[_Place], report: Report, now: int) -> int:
    """Seconds until what is on trial reports again: as its time on trial ends, or `SOON`. Tills come up to an eighth
    earlier than they are told."""
    for rollout, one in places:
        if rollout.kept.version == report.version and one.till.state == TRIED:
            left = rollout.terms(one.place).trial - (now - one.till.tried)
            return min(SOON, left + left // 7 + 1) if left > 0 else SOON
    return SOON


def _is_offered(connection: Connection, place: _Place, sells: bool, room: Room, now: int) -> bool:
    """Whether it is this till's turn; it is told then. ``sells``: records of it arrived since its last report.

    A rollout of what was withdrawn, or of a release that is too old to be offered, stops here: nobody could take it.
    """
    rollout, one = place
    if not _is_turn(connection, place, sells, room, now):
        return False
    if rollout.kept.release not in firmware_store.offered(connection):
        rollout_deeds.stop(connection, rollout.kept.id, WITHDRAWN, rollout_deeds.SERVICE, now)
        return False
    if one.till.state == WAITING:
        rollout_store.put(connection, rollout.kept.id, one._replace(till=rollout_till.told(one.till, now)))
    return True


def _is_turn(connection: Connection, place: _Place, sells: bool, room: Room, now: int) -> bool:
    rollout, one = place
    if one.till.state == TOLD:
        return rollout.kept.state in rollout_law.TELLING
    if one.till.state != WAITING or (rollout.terms(one.place).records and not sells):
        return False
    if not rollout_law.is_begun(rollout.course, one.place) or room.was_full(rollout.kept.id, one.place, now):
        return False  # most tills, most of the time: nothing is counted
    tallies = rollout_store.tallies(connection, rollout)
    is_free = rollout_law.may_tell(rollout.course, rollout.laws, tallies, one.place)
    room.counted(rollout.kept.id, one.place, is_free, now)
    return is_free


def _judged(device: Device, report: Report, before: Kept | None, is_watched: bool) -> Judged:
    """What is known of the version that runs, and what is wrong with it by this report."""
    if before is None or (before.version, before.epoch) != (report.version, device.epoch):
        # What it made before it ran this version, and has not sent yet, says nothing about this version.
        since = device.acknowledged + report.records
        judged = Judged(device.epoch, device.acknowledged, since, since)
    else:
        judged = Judged(before.epoch, device.acknowledged, before.since, before.checked, before.trouble)
        if report.crash and is_watched and not judged.trouble:
            judged = judged._replace(trouble=CRASHED)
    if report.records == 0 and judged.since > device.acknowledged:
        # After a start a till counts as unsent also what it does not know to be here, and then hears that it is.
        judged = judged._replace(since=device.acknowledged, checked=device.acknowledged)
    return judged


def _brings_records(device: Device, report: Report, judged: Judged) -> bool:
    """Whether what runs has shown that its records arrive: none waits, or a later one than waited at first is here."""
    return report.records == 0 or device.acknowledged > judged.since
