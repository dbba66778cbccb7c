"""A rollout goes group by group, and stops: whatever tills do, and in whatever order they are heard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.core.record import Invalid
from pricing_service import rollout_groups, rollout_law, rollout_till
from pricing_service.rollout_groups import HOUR, Wanted
from pricing_service.rollout_law import DONE, PAUSED, RUNNING, STOPPED, Course, Group, Part
from pricing_service.rollout_till import (
    CONFIRMED,
    FAILED,
    GOOD,
    SILENT,
    TOLD,
    TRIED,
    WAITING,
    Sight,
    Terms,
    Till,
)
from tests.service.rolled_fleet import KINDS, NEW, OLD, Fleet

BAD = ("boot-loop", "wrong-offers", "cannot-sync", "silent", "refuses")
TERMS = Terms(deadline=3600, trial=300, watch=7200)
NOW = 1_795_000_000


def fleet(*kinds: str) -> Fleet:
    return Fleet({f"till-{number}": kind for number, kind in enumerate(kinds)})


parts = st.tuples(st.integers(0, 100), st.booleans()).map(Part._make)
groups = st.tuples(st.just("g"), parts, parts, parts).map(Group._make)
sizes = st.tuples(st.integers(1, 40), st.booleans()).map(Part._make)
watches = st.sampled_from([0, 600, 7200])
rest = st.tuples(groups, watches).map(lambda told: Wanted(*told))
sized = st.tuples(groups, watches, sizes).map(lambda told: Wanted(*told))
wishes = st.tuples(st.lists(sized, max_size=3), rest).map(lambda told: (*told[0], told[1]))
steps = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0, 60, 600, 4000])), max_size=120)


@settings(max_examples=60, deadline=None)
@given(wishes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=24), steps)
def test_no_group_is_told_before_the_one_before_it_succeeded(wanted: tuple, kinds: list, order: list) -> None:
    rolled = Fleet({f"till-{number}": kind for number, kind in enumerate(kinds)}, wanted)
    for index, seconds in order:
        rolled.go_by(seconds)
        known = len(rolled.told)
        rolled.hear(f"till-{index % len(kinds)}")
        for group, _ in rolled.told[known:]:
            tallies = rolled.tallies()
            assert rolled.course.state in (RUNNING, DONE)
            for at in range(group):
                needed = rolled.groups[at].success.up(tallies[at].tills)
                # Who was good may have gone bad since, but was good when the next group began.
                assert tallies[at].good + tallies[at].failed >= max(1, needed)
            assert tallies[group].working <= max(1, rolled.groups[group].at_once.up(tallies[group].tills))


@settings(max_examples=60, deadline=None)
@given(wishes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=24), steps)
def test_a_stop_is_for_good_and_nobody_is_told_after_it(wanted: tuple, kinds: list, order: list) -> None:
    rolled = Fleet({f"till-{number}": kind for number, kind in enumerate(kinds)}, wanted)
    told = None
    for index, seconds in order:
        rolled.go_by(seconds)
        rolled.hear(f"till-{index % len(kinds)}")
        if told is None and rolled.course.state == STOPPED:
            told, why = len(rolled.told), rolled.course.why
        if told is not None:
            assert (len(rolled.told), rolled.course.state, rolled.course.why) == (told, STOPPED, why)


@settings(max_examples=60, deadline=None)
@given(wishes, st.lists(st.sampled_from(KINDS), min_size=1, max_size=24), steps)
def test_no_more_tills_of_a_group_fail_than_may_fail_and_are_at_work_at_once(
    wanted: tuple, kinds: list, order: list
) -> None:
    rolled = Fleet({f"till-{number}": kind for number, kind in enumerate(kinds)}, wanted)
    was_good: set[str] = set()
    for index, seconds in order:
        rolled.go_by(seconds)
        rolled.hear(f"till-{index % len(kinds)}")
        was_good |= {name for name, till in rolled.tills.items() if till.confirmed}
        for at, (group, tally) in enumerate(zip(rolled.groups, rolled.tallies(), strict=True)):
            failed = [
                name
                for name, till in rolled.tills.items()
                if till.state == FAILED and rolled.group_of[name] == at and name not in was_good
            ]
            most = group.errors.down(tally.tills) + max(1, group.at_once.up(tally.tills))
            assert len(failed) <= most


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(BAD), st.integers(1, 260))
def test_with_the_default_groups_at_most_two_per_cent_try_an_image_that_is_bad_everywhere(
    kind: str, many: int
) -> None:
    rolled = fleet(*[kind] * many)
    for _ in range(2):
        rolled.day(1, every=600)
        rolled.go_by(2 * HOUR)
    assert rolled.course.state == STOPPED
    assert rolled.tried <= max(1, 2 * many // 100)
    assert {group for group, _ in rolled.told} == {0}


@pytest.mark.parametrize("kind", BAD)
def test_of_a_thousand_tills_ten_try_a_bad_image_and_the_rollout_says_why_it_stopped(kind: str) -> None:
    rolled = fleet(*[kind] * 1000)
    rolled.day(4, every=1200)
    assert rolled.course.state == STOPPED and rolled.course.why.endswith(
        "of 10 tills of the group canary failed"
    )
    assert len(rolled.told) == 10 and rolled.tried <= 10


def test_a_good_image_comes_to_everybody_and_one_per_cent_of_tills_in_a_drawer_do_not_hold_it_up() -> None:
    rolled = fleet(*["fine"] * 297, *["off"] * 3)
    for _ in range(4):
        rolled.day()
    assert rolled.course == Course(DONE, 2)
    assert sum(till.state == GOOD for till in rolled.tills.values()) == 297
    assert sum(till.state == WAITING for till in rolled.tills.values()) == 3


def test_no_more_than_may_at_once_are_told_before_one_of_them_has_confirmed() -> None:
    slow = Wanted(Group("slow", Part(100, True), Part(0), Part(2)), 0)
    rolled = Fleet({f"till-{number}": "fine" for number in range(6)}, (slow,))
    for name in rolled.kinds:
        rolled.hear(name)
    assert len(rolled.told) == 2
    first = rolled.told[0][1]
    for _ in range(3):
        rolled.go_by(300)
        rolled.hear(first)
    assert rolled.tills[first].state == GOOD
    for name in rolled.kinds:
        rolled.hear(name)
    assert len(rolled.told) == 3


def test_who_comes_late_is_told_by_a_rollout_that_is_done() -> None:
    rolled = fleet(*["fine"] * 100)
    for _ in range(3):
        rolled.day()
    assert rolled.course.state == DONE
    rolled.tills["late"], rolled.group_of["late"] = Till(), 2  # the tallies of before know nothing of it
    rolled.fakes["late"] = type(rolled.fakes["till-0"])("fine")
    rolled.day(4)
    assert rolled.tills["late"].state == GOOD


def test_while_it_is_paused_nobody_is_told_but_who_is_on_trial_may_finish_and_errors_still_stop_it() -> None:
    rolled = fleet(*["fine"] * 60, *["boot-loop"] * 60)
    rolled.hear(next(name for name in rolled.kinds if rolled.group_of[name] == 0))
    rolled.course = rolled.course._replace(state=PAUSED)
    known = len(rolled.told)
    rolled.day(2, every=600)
    assert len(rolled.told) == known == 1
    (name,) = [name for _, name in rolled.told]
    if rolled.kinds[name] == "fine":
        assert (rolled.tills[name].state, rolled.course.state) == ("confirmed", PAUSED)
    else:
        assert (rolled.tills[name].state, rolled.course.state) == (FAILED, STOPPED)


def test_a_till_is_let_confirm_only_after_its_trial_without_trouble() -> None:
    till = rollout_till.told(Till(), NOW)
    till = rollout_till.heard(till, NEW, TERMS, Sight(NEW, OLD, True), NOW + 60)
    assert till.state == TRIED and not rollout_till.is_content(till, TERMS, NOW + 359)
    assert rollout_till.is_content(till, TERMS, NOW + 360)
    bad = rollout_till.heard(till, NEW, TERMS, Sight(NEW, OLD, True, trouble="wrong-offers"), NOW + 120)
    assert (bad.state, bad.why) == (FAILED, "wrong-offers")
    assert not rollout_till.is_content(bad, TERMS, NOW + 9999)


def test_a_check_that_failed_at_the_first_start_of_a_trial_is_no_failure_if_the_second_confirms() -> None:
    till = rollout_till.told(Till(), NOW)
    seen = Sight(NEW, OLD, True, fallen=NEW, fallen_why="self-test: keys")
    till = rollout_till.heard(till, NEW, TERMS, seen, NOW + 60)
    assert (till.state, till.why) == (TRIED, "self-test: keys")
    seen = Sight(NEW, OLD, True, fallen=OLD - 1, fallen_why="unmountable")
    assert rollout_till.heard(till, NEW, TERMS, seen, NOW + 90).why == "", "that was another version"
    till = rollout_till.heard(till, NEW, TERMS, Sight(NEW, NEW), NOW + 120)
    assert (till.state, till.why) == ("confirmed", "")
    assert rollout_till.heard(till, NEW, TERMS, Sight(NEW, NEW), NOW + 8000).state == GOOD


def test_what_fell_back_stays_failed_and_says_why() -> None:
    till = rollout_till.told(Till(), NOW)
    till = rollout_till.heard(
        till, NEW, TERMS, Sight(OLD, OLD, fallen=NEW, fallen_why="unconfirmed"), NOW + 60
    )
    assert (till.state, till.why, till.tried) == (FAILED, "fell back: unconfirmed", NOW + 60)
    assert rollout_till.heard(till, NEW, TERMS, Sight(OLD, OLD), NOW + 999)._replace(seen=0) == till._replace(
        seen=0
    )


def test_silence_counts_from_the_last_report_and_ends_with_the_next_one() -> None:
    till = rollout_till.told(Till(seen=NOW), NOW)
    till = rollout_till.heard(till, NEW, TERMS, Sight(NEW, OLD, True), NOW + 100)
    assert rollout_till.aged(till, TERMS, NOW + 3699).state == TRIED
    silent = rollout_till.aged(till, TERMS, NOW + 3700)
    assert (silent.state, silent.why) == (FAILED, SILENT)
    again = rollout_till.heard(silent, NEW, TERMS, Sight(NEW, NEW), NOW + 5000)
    assert again.state == "confirmed"
    assert rollout_till.heard(silent, NEW, TERMS, Sight(OLD, OLD), NOW + 5000).why == "came back to version 6"


moments = st.integers(NOW, NOW + 20_000)
lived = st.tuples(
    st.sampled_from([CONFIRMED, GOOD]), st.just(NOW), st.just(NOW), moments, moments, st.just("")
)


@given(lived.map(Till._make), st.sampled_from([0, 600, 7200]), moments, st.booleans())
def test_who_confirmed_owes_reports_for_as_long_as_the_rollout_goes_on(
    till: Till, watch: int, now: int, goes_on: bool
) -> None:
    aged = rollout_till.aged(till, TERMS._replace(watch=watch), now, goes_on)
    is_silent = now - max(till.confirmed, till.seen) >= TERMS.deadline
    owes = goes_on or till.state == CONFIRMED
    assert (aged.state, aged.why) == ((FAILED, SILENT) if is_silent and owes else (till.state, ""))
    assert aged._replace(state=till.state, why="") == till
    assert rollout_till.aged(aged, TERMS, now, goes_on) == aged
    back = rollout_till.heard(aged, NEW, TERMS._replace(watch=0), Sight(NEW, NEW), NOW + 20_000)
    assert (back.state, back.why, back.confirmed) == (GOOD, "", till.confirmed)


@settings(max_examples=6, deadline=None)
@given(st.integers(12, 260))
def test_an_image_that_works_for_a_day_and_falls_silent_then_stops_before_it_is_everywhere(many: int) -> None:
    rolled = fleet(*["later"] * many)
    for _ in range(2):
        rolled.day()
    canary = len(rolled.split[0][1])
    assert (rolled.course.state, rolled.course.group) == (STOPPED, 1)
    assert rolled.course.why == f"{canary} of {canary} tills of the group canary failed"
    assert rolled.tried <= canary + len(rolled.split[1][1])


def test_who_reports_and_does_not_install_has_failed_by_the_deadline_and_says_what_it_was_refused_for() -> (
    None
):
    till = rollout_till.told(Till(), NOW)
    till = rollout_till.heard(till, NEW, TERMS, Sight(OLD, OLD, refused="unsent-records"), NOW + 3500)
    assert (till.state, till.why) == (TOLD, "unsent-records")
    late = rollout_till.aged(till, TERMS, NOW + 3600)
    assert (late.state, late.why) == (FAILED, "not installed: unsent-records")
    at_once = rollout_till.heard(till, NEW, TERMS, Sight(OLD, OLD, refused="wrong-hardware"), NOW + 3501)
    assert (at_once.state, at_once.why) == (FAILED, "refused: wrong-hardware")


def test_who_waits_is_never_silent_and_who_runs_something_newer_is_good_whatever_becomes_of_it() -> None:
    assert rollout_till.aged(Till(), TERMS, NOW).state == WAITING
    for till in (Till(), Till(CONFIRMED, NOW, NOW, NOW, NOW)):
        newer = rollout_till.heard(till, NEW, TERMS, Sight(NEW + 1, NEW + 1), NOW)
        assert newer.state == GOOD
        assert rollout_till.aged(newer, TERMS, NOW + 99_999) == newer


@given(st.integers(1, 5000), st.integers(0, 9))
def test_the_default_groups_take_every_till_once_and_the_canary_is_one_per_cent(many: int, seed: int) -> None:
    names = [f"till-{number}" for number in range(min(many, 400))]
    made = rollout_groups.split(f"r-{seed}", rollout_groups.DEFAULT, names)
    assert sorted(name for _, group in made for name in group) == sorted(names)
    assert len(made[0][1]) == max(1, len(names) // 100)


def test_groups_are_other_tills_for_another_rollout_and_named_tills_are_where_they_were_named() -> None:
    names = [f"till-{number}" for number in range(300)]
    one, other = (rollout_groups.split(name, rollout_groups.DEFAULT, names)[0][1] for name in ("a", "b"))
    assert one == rollout_groups.split("a", rollout_groups.DEFAULT, names[::-1])[0][1] != other
    mine = Wanted(Group("mine", Part(1), Part(0), Part(1)), 0, devices=("till-7", "till-3"))
    made = rollout_groups.split("a", (*rollout_groups.DEFAULT[:1], mine, rollout_groups.DEFAULT[-1]), names)
    assert made[1][1] == ["till-7", "till-3"]
    assert not {"till-7", "till-3"} & {*made[0][1], *made[2][1]}


def test_groups_that_cannot_be_are_refused_with_the_reason() -> None:
    canary, _, last = rollout_groups.DEFAULT
    named = Wanted(canary.group, 0, devices=("till-9",))
    for code, wanted, tills in (
        ("groups-order", (last, canary), ["till-1"]),
        ("groups-order", (canary,), ["till-1"]),
        ("unknown-device", (named, last), ["till-1"]),
        ("device-twice", (named, named, last), ["till-9"]),
    ):
        with pytest.raises(Invalid) as refused:
            rollout_groups.split("r", wanted, tills)
        assert refused.value.code == code


def test_a_group_whose_tills_are_all_gone_has_shown_nothing() -> None:
    groups = [wanted.group for wanted in rollout_groups.DEFAULT]
    gone = [rollout_law.Tally()] * 3
    assert rollout_law.judge(Course(RUNNING), groups, gone) == Course(RUNNING)
