"""Who asks too fast is told when to come back; whoever mistypes a password again and again waits longer each time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pricing_service.pacing import FREE_TRIES, LONGEST_WAIT, MOST_KEPT, Buckets, Failures
from pricing_service.problem import Problem
from pricing_service.settings import Settings
from tests.service.people import PASSWORD, added, asks_in, person
from tests.service.places import Client, listening, prepared


def refused(take, *given: object) -> int:
    """The seconds after which somebody may come back."""
    with pytest.raises(Problem) as problem:
        take(*given)
    assert problem.value.status == 429
    return int(problem.value.headers["retry-after"])


def test_a_burst_is_served_and_then_so_many_a_second() -> None:
    buckets = Buckets(per_second=2, burst=10)
    for _ in range(10):
        buckets.take("anna", 100.0)
    assert refused(buckets.take, "anna", 100.0) == 1
    served = 0
    for tick in range(1, 101):
        try:
            buckets.take("anna", 100.0 + tick / 10)
            served += 1
        except Problem:
            continue
    assert 19 <= served <= 21


def test_nobody_pays_for_another() -> None:
    buckets = Buckets(per_second=1, burst=1)
    buckets.take("anna", 0.0)
    buckets.take("boris", 0.0)
    assert refused(buckets.take, "anna", 0.0) == 1


def test_wrong_passwords_cost_nothing_at_first_and_then_twice_as_much_each_time() -> None:
    failures, now, waits = Failures(), 1000.0, []
    for _ in range(FREE_TRIES + 12):
        try:
            failures.take("anna", now)
            waits.append(0)
        except Problem as problem:
            waits.append(int(problem.headers["retry-after"]))
            now += waits[-1]
            failures.take("anna", now)
    assert waits[: FREE_TRIES + 1] == [0] * (FREE_TRIES + 1)
    assert waits[FREE_TRIES + 1 : FREE_TRIES + 5] == [2, 4, 8, 16]
    assert max(waits) == LONGEST_WAIT
    failures.succeeded("anna")
    failures.take("anna", now)


def test_a_try_that_did_not_come_to_pass_costs_nothing() -> None:
    failures = Failures()
    for _ in range(100):
        failures.take("anna", 1000.0)
        failures.put_back("anna", 1000.0)
    for _ in range(FREE_TRIES + 1):
        failures.take("anna", 1000.0)
    assert refused(failures.take, "anna", 1000.0) == 2


def test_tries_at_the_same_moment_are_as_many_tries(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data")
    with listening(settings) as port:
        added(settings, "anna", "analyst")

        def guess(number: int) -> int:
            return asks_in(Client(port), "anna", f"guess number {number}").status

        with ThreadPoolExecutor(16) as pool:
            told = Counter(pool.map(guess, range(16)))
    assert told == {401: FREE_TRIES + 1, 429: 16 - FREE_TRIES - 1}


def test_memory_is_bounded_however_many_names_are_tried() -> None:
    failures = Failures()
    for number in range(MOST_KEPT + 500):
        for _ in range(FREE_TRIES + 1):
            failures.take(number, 0.0)
    failures.take(0, 0.0)
    assert refused(failures.take, MOST_KEPT + 499, 0.0) > 0


@pytest.fixture
def slow(tmp_path: Path):
    settings = prepared(tmp_path / "data").model_copy(update={"requests_per_second": 2})
    with listening(settings) as port:
        yield settings, port


def test_a_person_who_asks_too_fast_is_told_when_to_come_back(slow: tuple[Settings, int]) -> None:
    settings, port = slow
    client = Client(port, settings.admin_token)
    answers = [client.ask("GET", "/v1/policies") for _ in range(30)]
    late = next(answer for answer in answers if answer.status == 429)
    assert late.json["code"] == "too-many-requests" and int(late.headers["retry-after"]) >= 1
    assert client.ask("GET", "/livez").status == 200


def test_who_guesses_passwords_is_slowed_down_and_the_person_is_not_locked_out_for_good(
    slow: tuple[Settings, int],
) -> None:
    settings, port = slow
    added(settings, "anna", "analyst")
    client = Client(port)
    seen = [asks_in(client, "anna", f"guess number {number}") for number in range(FREE_TRIES + 2)]
    assert [answer.status for answer in seen] == [401] * (FREE_TRIES + 1) + [429]
    assert seen[-1].json["code"] == "sign-in-too-fast"
    assert asks_in(client, "anna").status == 429  # whoever it is: the right password is not tried either
    assert int(seen[-1].headers["retry-after"]) <= 2


def test_who_found_a_session_guesses_its_password_no_faster(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data")
    with listening(settings) as port:
        anna = person(settings, port, "analyst", "anna")
        seen = [
            anna.ask(
                "PUT", "/v1/people/me/password", {"old": f"guess number {number}", "new": PASSWORD + "2"}
            )
            for number in range(FREE_TRIES + 2)
        ]
        assert [answer.status for answer in seen] == [403] * (FREE_TRIES + 1) + [429]
        assert seen[-1].json["code"] == "sign-in-too-fast"
