"""What tills that report are told, at every hour of a rollout, by a service that keeps it all."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import (
    audit_store,
    firmware_store,
    fleet,
    fleet_reports,
    fleet_sentences,
    rollout_deeds,
    rollout_store,
)
from pricing_service.database import Database
from pricing_service.fleet_reports import EVERY
from pricing_service.hearing import Hearing
from pricing_service.rollout_groups import HOUR
from pricing_service.routes import fleet_page
from tests.service.reporting import Reporting, name_of, published

DAY = 24 * HOUR


@pytest.fixture
def shop(database: Database) -> Reporting:
    published(database, 6, 7, 8)
    return Reporting(database, 40)


def test_before_anybody_asks_a_till_stays_as_it_is_and_is_asked_for_every_ten_minutes(
    shop: Reporting,
) -> None:
    assert shop.report("shop-0001", 6) == ("", 600)


def test_nobody_is_told_before_a_second_person_approves_it(shop: Reporting) -> None:
    shop.ask(approve=False)
    assert {shop.report(name, 6).target for name in shop.names} == {""}
    with shop.database.writing() as connection, pytest.raises(OutOfTurn) as refused:
        rollout_deeds.approve(connection, "r7", "ada", shop.now)
    assert refused.value.code == "second-person-needed"
    with shop.database.writing() as connection:
        assert rollout_deeds.approve(connection, "r7", "grace", shop.now).kept.state == "running"
    assert [name for name in shop.names if shop.report(name, 6).target] == shop.group(0)


def test_a_release_comes_to_the_canary_then_to_some_then_to_all(shop: Reporting) -> None:
    shop.ask()
    (canary,), early, rest = shop.group(0), shop.group(1), shop.group(2)
    assert (len(early), len(rest)) == (4, 35)
    shop.installed(canary)
    assert shop.report(early[0], 6).target == ""  # the canary is still watched
    shop.now += DAY
    shop.report(canary, 7)
    for name in early:
        shop.installed(name)
    assert shop.report(rest[0], 6).target == ""
    shop.now += 4 * HOUR
    for name in early:
        shop.report(name, 7)
    for name in rest:
        shop.installed(name)
    shop.now += HOUR
    for name in rest:
        shop.report(name, 7)
    assert shop.rollout().kept.state == "done"
    told = [entry.action for entry in entries(shop.database) if entry.actor == "service"]
    assert told == ["rollout-done", "rollout-next-group", "rollout-next-group"]


def test_one_till_of_the_canary_that_falls_back_stops_the_rollout_and_who_was_told_is_told_no_more(
    shop: Reporting,
) -> None:
    shop.ask(
        groups=[
            {"name": "two", "tills": 2, "errors": {"tills": 0}, "at_once": {"tills": 2}},
            {"name": "rest"},
        ]
    )
    one, other = shop.group(0)
    assert shop.report(one, 6).target == shop.report(other, 6).target == name_of(7)
    assert shop.report(one, 6, failed={"version": 7, "why": "self-test: keys"}) == ("", 600)
    kept = shop.rollout().kept
    assert (kept.state, kept.why) == ("stopped", "1 of 2 tills of the group two failed")
    assert shop.report(other, 6).target == ""
    assert shop.member(one).till.why == "fell back: self-test: keys"
    (entry,) = [entry for entry in entries(shop.database) if entry.action == "rollout-stopped"]
    assert (entry.actor, entry.subject, entry.detail) == ("service", "name=r7", kept.why)


def test_a_till_on_trial_when_the_rollout_stops_is_never_let_confirm(shop: Reporting) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    shop.report(canary, 6)
    shop.report(canary, 7, 6)
    with shop.database.writing() as connection:
        rollout_deeds.stop(connection, "r7", "The screens stay dark.", "ada", shop.now)
    shop.now += HOUR
    assert shop.report(canary, 7, 6) == ("", 60)
    assert shop.report(canary, 6, failed={"version": 7, "why": "self-test: server"}).target == ""
    assert shop.member(canary).till.state == "failed"


def test_a_till_that_is_told_and_falls_silent_stops_the_rollout_by_the_next_round(shop: Reporting) -> None:
    shop.ask(deadline=HOUR)
    (canary,) = shop.group(0)
    assert shop.report(canary, 6).target
    shop.now += HOUR - 1
    shop.settle()
    assert shop.rollout().kept.state == "running"
    shop.now += 1
    shop.settle()
    assert shop.rollout().kept.state == "stopped"
    assert shop.member(canary).till.why == "silent"


def test_a_service_that_was_away_for_two_days_calls_nobody_silent_before_they_had_time_to_report(
    shop: Reporting,
) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    shop.installed(canary)
    shop.now += 2 * DAY
    back = Hearing(shop.now, shop.now)
    shop.settle(back)
    shop.now += HOUR
    shop.report(canary, 7)
    shop.settle(back._replace(last=shop.now))
    assert (shop.member(canary).till.state, shop.rollout().kept.state) == ("good", "running")
    shop.now += 2 * DAY
    shop.settle(Hearing(back.since, shop.now))  # others were heard all the time
    assert shop.member(canary).till.why == "silent"


def test_a_good_till_that_falls_silent_counts_while_the_rollout_goes_on_and_not_after(
    shop: Reporting,
) -> None:
    for version, state in ((7, "stopped"), (8, "done")):
        groups = [{"name": "first", "tills": 1, "watch": 0, "errors": {"tills": 0}}, {"name": "rest"}]
        shop.ask(version, groups=groups[version == 8 :], deadline=HOUR)
        first = shop.group(0, f"r{version}")[0]
        for name in [first] if version == 7 else shop.names:
            shop.report(name, version)
        shop.now += HOUR
        if version == 8:
            for name in shop.names:
                shop.report(name, version)
        shop.now += HOUR
        shop.settle()
        assert shop.rollout(f"r{version}").kept.state == state
    assert shop.member(first, "r8").till.state == "good"


def swapped(shop: Reporting, name: str) -> None:
    """The board of this name is revoked, and another one enrolled."""
    with shop.database.writing() as connection:
        fleet.revoke(connection, name)
        fleet.enrol(connection, name, "sample")


@pytest.mark.parametrize("was", ["failed", "good"])
def test_a_board_in_the_place_of_another_one_begins_anew(shop: Reporting, was: str) -> None:
    groups = [{"name": "two", "tills": 2, "errors": {"tills": 1}, "watch": 0}, {"name": "rest"}]
    shop.ask(groups=groups)
    (name, _) = shop.group(0)
    if was == "good":
        shop.installed(name)
    else:
        shop.report(name, 6)
        shop.report(name, 6, failed={"version": 7, "why": "self-test: keys"})
    assert shop.member(name).till.state == was
    swapped(shop, name)
    assert shop.report(name, 6).target == name_of(7)
    assert shop.member(name).till.state == "told"
    assert shop.report(name, 6, failed={"version": 7, "why": "self-test: keys"}).target == ""
    assert shop.member(name).till.state == "failed"  # it is no other board now


def test_a_new_board_in_the_drawer_has_not_failed_what_the_one_before_it_was_told(shop: Reporting) -> None:
    shop.ask(groups=[{"name": "one", "tills": 1}, {"name": "rest"}], deadline=HOUR)
    (canary,) = shop.group(0)
    assert shop.report(canary, 6).target == name_of(7)
    swapped(shop, canary)
    shop.now += DAY
    shop.settle()
    assert (shop.rollout().kept.state, shop.member(canary).till.state) == ("running", "waiting")
    assert shop.report(canary, 6).target == name_of(7)


def test_a_new_board_has_what_it_reports_itself_and_why_there_was_one_before_it(shop: Reporting) -> None:
    """Not its version, or a rollout would pass it by; its crash and its log, which are said to be older."""
    shop.report("shop-0003", 8, crash="MemoryError", log=["worn out"])
    swapped(shop, "shop-0003")
    with shop.database.reading() as connection:
        assert fleet_reports.one(connection, "shop-0003").report is None
        assert all(version != 8 for _, version, _, _ in fleet_reports.versions(connection))
        assert "shop-0003" not in fleet_reports.older(connection, "host", 9), "nobody knows what it is"
    shop.report("shop-0003", 6)
    with shop.database.reading() as connection:
        assert "shop-0003" in fleet_reports.older(connection, "host", 7)
        seen = fleet_reports.one(connection, "shop-0003")
    assert seen.report is not None and seen.report.crash == "MemoryError" and seen.is_crash_past
    assert [line for _, line in seen.report.log] == ["worn out", fleet_reports.ENROLLED]
    assert not any("Crashed" in note for note in fleet_sentences.notes(seen, shop.now))
    shop.now = seen.enrolled + 1
    shop.report("shop-0003", 6, crash="ValueError")
    with shop.database.reading() as connection:
        seen = fleet_reports.one(connection, "shop-0003")
    assert not seen.is_crash_past
    assert "Crashed a moment ago." in fleet_sentences.notes(seen, shop.now)


def test_another_image_than_the_release_is_wrong_whatever_version_it_says(shop: Reporting) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    shop.report(canary, 6)
    shop.report(canary, 7, 6, image="f" * 64)
    assert shop.member(canary).till.why == "another-image"
    assert shop.rollout().kept.state == "stopped"


def test_a_crash_on_trial_counts_and_one_from_before_does_not(shop: Reporting) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    shop.report(canary, 6)
    shop.report(
        canary, 7, 6, crash="Traceback\nMemoryError"
    )  # of the version before: it could not tell any more
    assert shop.member(canary).till.state == "tried"
    shop.report(canary, 7, 6, crash="Traceback\nValueError")
    assert shop.member(canary).till.why == "crashed"


def test_who_cannot_send_its_records_is_not_let_confirm(shop: Reporting) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    shop.report(canary, 6, records=2)
    shop.report(canary, 7, 6, records=2)
    shop.now += HOUR
    for waiting in (2, 3, 9):
        assert shop.report(canary, 7, 6, records=waiting).target == ""
    with shop.database.writing() as connection:
        connection.execute(
            text("UPDATE devices SET acknowledged = 9 WHERE device = :device"), {"device": canary}
        )
    assert shop.report(canary, 7, 6).target == name_of(7)


def test_what_a_till_sends_once_more_after_its_start_is_not_waited_for_twice(shop: Reporting) -> None:
    shop.ask(trial=0)
    (canary,) = shop.group(0)
    shop.report(canary, 6)
    with shop.database.writing() as connection:
        connection.execute(
            text("UPDATE devices SET acknowledged = 3 WHERE device = :device"), {"device": canary}
        )
    assert shop.report(canary, 7, 6, records=3).target == ""  # the very three, as it will hear
    assert shop.report(canary, 7, 6).target == name_of(7)
    with shop.database.reading() as connection:
        kept = fleet_reports.get(connection, canary)
    assert kept is not None and (kept.since, kept.checked) == (3, 3)


def test_what_was_installed_by_hand_may_be_confirmed_unless_a_rollout_of_it_was_stopped(
    shop: Reporting,
) -> None:
    assert shop.report("shop-0007", 9, 6).target == name_of(9)
    shop.ask()
    with shop.database.writing() as connection:
        rollout_deeds.stop(connection, "r7", "Not this one.", "ada", shop.now)
    assert shop.report(shop.group(0)[0], 7, 6).target == ""


def test_a_till_that_comes_late_belongs_to_the_last_group(shop: Reporting) -> None:
    shop.ask(groups=[{"name": "all", "success": {"percent": 100}, "watch": 0, "at_once": {"percent": 100}}])
    for name in shop.names:
        shop.installed(name)
    assert shop.rollout().kept.state == "done"
    with shop.database.writing() as connection:
        fleet.enrol(connection, "late", "sample")
    shop.installed("late")
    assert shop.member("late").till.state == "good"


def test_who_waits_in_a_full_group_costs_one_count_a_minute_however_many_they_are(shop: Reporting) -> None:
    shop.ask(groups=[{"name": "all", "at_once": {"tills": 1}, "errors": {"tills": 1}, "watch": 0}])
    counts: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counts.extend([statement] if "GROUP BY t.place" in statement else [])

    first, second, *others = shop.names
    with listened(shop.database, seen):
        assert [name for name in shop.names if shop.report(name, 6).target] == [first]
        assert len(counts) == 2, "the one that is told, and the next one, who finds no room"
        shop.now += 60
        assert not [name for name in others if shop.report(name, 6).target]
        assert len(counts) == 3
    shop.report(first, 6, failed={"version": 7, "why": "self-test: keys"})
    shop.now += 60
    assert shop.report(second, 6).target == name_of(7), "there is room again"


@contextmanager
def listened(database: Database, seen: Callable[..., None]) -> Iterator[None]:
    """``seen`` hears of every statement."""
    event.listen(database.engine, "before_cursor_execute", seen)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", seen)


def test_a_pause_is_no_failure_of_tills_that_were_told_before_it_but_silence_is(shop: Reporting) -> None:
    two = {"name": "two", "tills": 2, "errors": {"tills": 1}, "at_once": {"tills": 2}}
    shop.ask(groups=[two, {"name": "rest"}])
    one, other = shop.group(0)
    assert shop.report(one, 6).target == shop.report(other, 6).target == name_of(7)
    with shop.database.writing() as connection:
        rollout_deeds.pause(connection, "r7", "ada", shop.now)
    for _ in range(60):
        shop.now += HOUR
        assert shop.report(one, 6).target == ""
        shop.settle()
    assert (shop.member(one).till.state, shop.member(other).till.why) == ("told", "silent")
    with shop.database.writing() as connection:
        rollout_deeds.resume(connection, "r7", "ada", shop.now)
    shop.settle()
    assert shop.rollout().kept.state == "running" and shop.report(one, 6).target == name_of(7)
    shop.now += 2 * DAY
    shop.report(one, 6)
    shop.settle()
    assert shop.rollout().kept.state == "stopped", "now it had its time"


def test_a_rollout_of_what_was_withdrawn_stops_before_a_till_fails_by_it(shop: Reporting) -> None:
    shop.ask()
    (canary,) = shop.group(0)
    left = json.dumps({"signed": {"targets": {name_of(6): {}, name_of(8): {}}}})
    with shop.database.writing() as connection:
        firmware_store.keep(connection, {"2.targets.json": left.encode()}, shop.now)
    assert shop.report(canary, 6).target == ""
    kept = shop.rollout().kept
    assert (kept.state, kept.why) == ("stopped", "the release is not on offer any more")
    assert shop.member(canary).till.state == "waiting"


def test_a_revoked_till_counts_no_more(shop: Reporting) -> None:
    shop.ask(groups=[{"name": "one", "tills": 1}, {"name": "rest"}], deadline=HOUR)
    (canary,) = shop.group(0)
    shop.report(canary, 6)
    with shop.database.writing() as connection:
        fleet.revoke(connection, canary)
    shop.now += DAY
    shop.settle()
    assert shop.rollout().kept.state == "running"
    with shop.database.reading() as connection:
        assert rollout_store.tallies(connection, shop.rollout())[0].tills == 0


def test_of_two_rollouts_that_are_done_a_till_is_told_the_newer_release_alone(shop: Reporting) -> None:
    everybody = [{"name": "all", "success": {"percent": 0}, "watch": 0}]
    for version in (7, 8):
        shop.ask(version, groups=everybody)
        shop.report("shop-0000", version)
        assert shop.rollout(f"r{version}").kept.state == "done"
    assert shop.report("shop-0002", 6).target == name_of(8)
    assert shop.member("shop-0002").till.state == "waiting"


def test_two_rollouts_of_one_hardware_are_not_open_at_once_and_an_id_is_taken_once(shop: Reporting) -> None:
    made = shop.ask(approve=False)
    assert shop.ask(approve=False).kept == made.kept
    with pytest.raises(OutOfTurn) as refused:
        shop.ask(8)
    assert refused.value.code == "rollout-open" and "r7 waits for a second person" in refused.value.detail
    with pytest.raises(OutOfTurn) as refused:
        shop.ask(7, note="otherwise")
    assert refused.value.code == "rollout-exists"


def test_a_release_for_some_tills_alone_is_rolled_out_to_those(database: Database) -> None:
    published(database, 7, devices=["shop-0003"])
    shop = Reporting(database, 5)
    with pytest.raises(Invalid) as refused:
        shop.ask(groups=[{"name": "a", "devices": ["shop-0001"]}, {"name": "rest"}])
    assert refused.value.code == "unknown-device"
    shop.ask()
    assert [shop.group(place) for place in (0, 1)] == [["shop-0003"], []]
    shop.installed("shop-0003")
    shop.now += DAY
    shop.report("shop-0003", 7)
    assert {shop.report(name, 6).target for name in shop.names[:3]} == {""}
    assert [shop.group(place) for place in (0, 1)] == [["shop-0003"], []]


def test_whoever_needs_a_look_is_found_behind_thousands_who_do_not(shop: Reporting) -> None:
    shop.report("shop-0030", 6, records=5000)
    found, after, looks = [], "", 0
    while looks == 0 or after:
        with shop.database.reading() as connection:
            told, after = fleet_page.rows(connection, after, EVERY, True, shop.now, looked=10)
        found += [row.seen.device for row in told]
        looks += 1
    assert (found, looks) == (["shop-0030", "till-1", "till-2"], 5)  # those two have never reported


def test_a_crash_and_the_log_outlive_the_report_they_came_with(shop: Reporting) -> None:
    shop.report("shop-0001", 6, crash="Traceback", log=["a", "b"])
    shop.now += 60
    shop.report("shop-0001", 6, log=["c"])
    with shop.database.reading() as connection:
        kept = fleet_reports.get(connection, "shop-0001")
    assert kept is not None
    assert (kept.crash, kept.crash_at, kept.crash_version) == ("Traceback", shop.now - 60, 6)
    assert [line for _, line in kept.log] == ["a", "b", "c"]
    for _ in range(20):
        shop.report("shop-0001", 6, log=["x"] * 20)
    with shop.database.reading() as connection:
        kept = fleet_reports.get(connection, "shop-0001")
    assert kept is not None and len(kept.log) == fleet_reports.MOST_KEPT


def entries(database: Database) -> list[audit_store.Entry]:
    with database.reading() as connection:
        return audit_store.page(connection, audit_store.Wanted(), 1 << 40, 10_000)


def test_what_may_be_asked_for_begins_with_what_some_till_lacks(shop: Reporting) -> None:
    for name in shop.names:
        shop.report(name, 7)
    names = [name_of(version) for version in (6, 7, 8)] + ["rung-esp32-s3-9.romfs"]
    with shop.database.writing() as connection:
        host = firmware_store.release(connection, name_of(8))
        assert host is not None
        firmware_store.add(connection, host._replace(name=names[3], hardware="esp32-s3", version=9))
        targets = json.dumps({"signed": {"targets": {name: {} for name in names}}})
        firmware_store.keep(connection, {"2.targets.json": targets.encode()}, shop.now)
        assert [one.version for one in fleet_page.takable(connection)] == [8, 9, 7, 6]


def test_a_crash_that_comes_with_the_news_of_a_fall_back_is_of_the_version_that_fell(shop: Reporting) -> None:
    fell = {"failed": {"version": 7, "why": "unconfirmed"}}
    shop.report("shop-0001", 6, **fell, crash="ValueError")
    with shop.database.reading() as connection:
        kept = fleet_reports.get(connection, "shop-0001")
    assert kept is not None and kept.crash_version == 7
    shop.report("shop-0001", 6, **fell, crash="MemoryError")
    with shop.database.reading() as connection:
        kept = fleet_reports.get(connection, "shop-0001")
    assert kept is not None and kept.crash_version == 6, "it fell before, and this is another crash"
