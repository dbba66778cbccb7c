"""Prompts that nobody can have read are counted by cashier and hour, and the shop is told what to change."""

import csv
import io
import math
import random
import time
from collections.abc import Iterator
from fractions import Fraction

import pytest

from pos_client.core import event, policy
from pricing_service import attention, attention_findings, prompts
from pricing_service.attention import wilson
from pricing_service.database import Database
from pricing_service.prompts import Prompt, Shown
from tests.service.hurried_shop import DAY, MIDNIGHT, an_evening_rush, hurried
from tests.service.places import Client, Pen

PERIOD = f"from={DAY}&until={DAY}"
CLOCK = DAY + "T00:00:00Z"
NOON = 12  # UTC; the sample shop's clocks are an hour ahead


def asked(client: Client, question: str = PERIOD) -> dict:
    answer = client.ask("GET", "/v1/attention?" + question, **client.admin)
    assert answer.status == 200, answer.body
    return answer.json


def sent(pen: Pen, client: Client, *lines: bytes) -> None:
    for at in range(0, len(lines), 500):
        answer = pen.send(client, list(lines[at : at + 500]))
        assert answer.status == 200 and not answer.json["quarantined"], answer.body


def test_a_prompt_closed_sooner_than_it_can_be_read_is_unread(pen: Pen, client: Client) -> None:
    sent(pen, client, hurried(pen, seconds=0.699), hurried(pen, seconds=0.7), hurried(pen, seconds=None))
    [cell] = asked(client)["cells"]
    assert (cell["cashier"], cell["hour"]) == ("c1", NOON + 1)
    assert (cell["prompts"], cell["timed"], cell["unread"]) == (3, 2, 1)


def test_the_policy_of_the_store_says_what_is_too_fast(pen: Pen, client: Client) -> None:
    sent(pen, client, hurried(pen, seconds=1.5))
    assert asked(client)["whole"]["unread"] == 0
    present = client.ask("GET", "/v1/policies/default")
    slower = {**present.json["rule"], "read_ms": 2000}
    put = client.ask("PUT", "/v1/policies/default", slower, if_match=present.headers["etag"], **client.admin)
    assert put.status == 200, put.body
    assert asked(client)["whole"]["unread"] == 1


def test_of_prompts_without_a_time_the_page_tells_no_share_and_no_median(pen: Pen, client: Client) -> None:
    sent(pen, client, hurried(pen, seconds=None))
    page = client.ask("GET", "/attention?" + PERIOD, **client.admin).body.decode()
    assert 'title="no time was taken"' in page
    assert "None" not in page and "0 % to 100 %" not in page


def test_links_to_a_store_of_any_name_lead_there(pen: Pen, client: Client) -> None:
    lines = []
    for store in ("main", "A&B #1"):
        record = {**event.opened(hurried(pen, seconds=2)), "store": store}
        del record["hash"]
        lines.append(event.seal(record))
    sent(pen, client, *lines)
    page = client.ask("GET", "/attention?" + PERIOD, **client.admin).body.decode()
    assert "?store=A%26B%20%231&amp;" in page


def test_training_is_not_counted_and_what_stays_on_the_table_is_one_prompt(pen: Pen, client: Client) -> None:
    up = ("asked_more",) * 2
    sent(
        pen,
        client,
        hurried(pen, seconds=2, training=True),
        hurried(pen, seconds=2, reactions=(*up, "left"), outcome="lost"),
    )
    line = hurried(pen, seconds=2, reactions=up)
    prompted = {offer["rung"] for offer in event.opened(line)["offers"]}
    sent(pen, client, line)
    assert asked(client)["whole"]["prompts"] == 2 * len(prompted)


def test_who_answered_who_skipped_and_who_did_nothing_are_told_apart(pen: Pen, client: Client) -> None:
    ways = {"accepted": "sold", "left": "lost", "skipped": "sold"}
    lines = [hurried(pen, seconds=2, reactions=(way,), outcome=outcome) for way, outcome in ways.items()]
    sent(pen, client, *lines, hurried(pen, seconds=None, reactions=()))
    [cell] = asked(client)["cells"]
    assert [cell[name] for name in ("prompts", "answered", "skipped", "unanswered")] == [4, 2, 1, 1]


def test_the_evening_rush_is_found_with_its_queue_and_what_to_change(pen: Pen, client: Client) -> None:
    sent(pen, client, *an_evening_rush(pen, random.Random(1), 10))
    told = asked(client)
    [found] = told["findings"]
    assert (found["first_hour"], found["end_hour"], found["queue"], found["cashiers"]) == (18, 20, 5, 4)
    assert found["low"] > 0.5
    for part in ("Between 18 and 20 o'clock", "with 5 or more waiting", "silent above 4"):
        assert part in found["says"]
    assert "stands out" in told["says"]


def test_a_rush_at_which_the_policy_still_asks_is_told_both_ways_out() -> None:
    asking = policy.read({"silent_above": 9, "till_seconds": 40})
    counts = attention.count(rush(0.8), lambda store: asking)
    [found] = attention_findings.find(counts)
    said = attention_findings.says(found, asking, counts.total())
    assert "silent above 4 (silent_above of the policy is 9 now)" in said
    assert "till_seconds of the policy, which is 40 now" in said


def test_where_all_came_in_one_hour_no_time_of_day_stands_out(pen: Pen, client: Client) -> None:
    """As when robots play shoppers: every prompt is closed at once, and all within the hour."""
    sent(pen, client, *[hurried(pen, seconds=0.1) for _ in range(60)])
    told = asked(client)
    assert "there is no other hour to compare with" in told["says"] and "stands out" not in told["says"]
    assert not any("`" in finding["says"] for finding in told["findings"])


def test_days_the_wrong_way_round_are_named(client: Client) -> None:
    answer = client.ask("GET", "/v1/attention?from=2026-02-20&until=2026-02-10", **client.admin)
    assert answer.status == 400
    assert answer.json["detail"] == "The first day, 2026-02-20, comes after the last, 2026-02-10."
    answer = client.ask("GET", "/v1/attention?from=2024-01-01&until=2026-02-10", **client.admin)
    assert "These are 772 days" in answer.json["detail"]


def test_one_cashiers_shift_is_not_taken_for_the_hour() -> None:
    counts = attention.count(rush(0.8, cashiers=1), lambda store: policy.read({}))
    [found] = attention_findings.find(counts)
    assert "one cashier's" in attention_findings.says(found, policy.read({}), counts.total())


def test_hours_with_one_unread_prompt_in_ten_are_not_accused() -> None:
    """Of 60 shops of eleven hours, at most one has a finding."""
    accused = 0
    for seed in range(60):
        shown = [
            one
            for hour in range(9, 20)
            for one in rush(0.1, seed=seed * 100 + hour, hour=hour, below=0.1, count=100)
        ]
        accused += bool(attention_findings.find(attention.count(shown, lambda store: policy.read({}))))
    assert accused <= 1


@pytest.mark.parametrize("unread", [2, 3])
def test_three_prompts_accuse_nobody(pen: Pen, client: Client, unread: int) -> None:
    sent(pen, client, *[hurried(pen, seconds=0.1 if at < unread else 5) for at in range(3)])
    told = asked(client)
    assert not told["cells"][0]["enough"]
    assert not told["findings"]
    page = client.ask("GET", "/attention?" + PERIOD, **client.admin).body.decode()
    assert "too few" in page and "heat-9" not in page.split("Colours")[0]


@pytest.mark.parametrize(("hits", "trials"), [(0, 3), (3, 3), (1, 10), (45, 60), (999, 1000)])
def test_the_interval_holds_the_shares_that_would_give_such_a_count(hits: int, trials: int) -> None:
    """At the ends of Wilson's interval the count lies z standard deviations away: n (p - q)^2 = z^2 q (1 - q)."""
    for end in wilson(hits, trials):
        if 0 < end < 1:
            distance = trials * (Fraction(hits, trials) - Fraction(end)) ** 2
            assert math.isclose(distance, 1.959963984540054**2 * end * (1 - end), rel_tol=1e-9)


def test_the_interval_covers_the_truth_in_95_of_100_counts() -> None:
    chance = random.Random(4)
    for truth in (0.05, 0.3, 0.6):
        counts = [sum(chance.random() < truth for _ in range(40)) for _ in range(2000)]
        covered = sum(low <= truth <= high for low, high in (wilson(hits, 40) for hits in counts))
        assert 0.92 <= covered / 2000 <= 0.98


def test_a_cut_through_the_log_counts_the_same_as_all_of_it(
    pen: Pen, client: Client, database: Database
) -> None:
    lines = [hurried(pen, seconds=1, at=hour * 3600) for hour in range(-48, 48, 5)]
    sent(pen, client, *lines)
    first = MIDNIGHT // 86400
    day = [one.occurred for one in prompts.read(database, first, first)]
    every = [one.occurred for one in prompts.read(database, 0, 1 << 20)]
    assert len(every) == len(lines)
    assert day == [at for at in every if at and (at + 3600) // 86400 == first]


def test_a_till_that_does_not_know_the_hour_is_told_apart(pen: Pen, client: Client) -> None:
    lost = hurried(pen, seconds=1, at=-50 * 365 * 86_400)  # its clock stands in 1976
    sent(pen, client, lost, pen.write(), pen.write(clock=int(time.time()) - 60))
    told = asked(client, "")
    assert (told["without_clock"], told["whole"]["prompts"]) == (2, 1)


def test_records_of_older_tills_and_nonsense_in_members_nobody_checks_are_read() -> None:
    record = {
        "store": "s",
        "clock": CLOCK,
        "ladder": [{}],
        "offers": [{"rung": 0, "reaction": None}],
        "training": False,
    }
    assert prompts.shown(record, MIDNIGHT) == Shown("s", None, MIDNIGHT, None, False, [Prompt(None, None)])
    odd = {
        **record,
        "cashier": 7,
        "queue": "long",
        "offers": [{"rung": 0, "reaction": "left", "milliseconds": -1.5}],
    }
    assert prompts.shown(odd, MIDNIGHT) == Shown("s", None, MIDNIGHT, None, False, [Prompt(None, "left")])


def test_a_basket_that_the_queue_kept_silent_is_counted() -> None:
    record = {"store": "s", "clock": CLOCK, "ladder": [{}], "offers": [], "training": False, "queue": 8}
    counts = attention.count([prompts.shown(record, MIDNIGHT)], lambda store: policy.read({}))
    assert (counts.total().silent, counts.total().prompts) == (1, 0)


def test_the_spreadsheet_holds_the_cells_and_computes_no_names(pen: Pen, client: Client) -> None:
    sent(
        pen,
        client,
        hurried(pen, seconds=0.2, cashier="=HYPERLINK(1)"),
        hurried(pen, seconds=2, cashier="Zoë, 2"),
    )
    answer = client.ask("GET", "/v1/attention.csv?" + PERIOD, **client.admin)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [(row["cashier"], row["unread"]) for row in rows] == [("'=HYPERLINK(1)", "1"), ("Zoë, 2", "0")]


def test_a_name_cannot_become_part_of_the_page(pen: Pen, client: Client) -> None:
    sent(pen, client, hurried(pen, seconds=0.2, cashier="<script>alert(1)</script>"))
    page = client.ask("GET", "/attention?" + PERIOD, **client.admin).body
    assert b"<script" not in page and b"&lt;script&gt;" in page


def test_nobody_reads_it_without_a_token(client: Client) -> None:
    for path, status in (("/v1/attention", 401), ("/v1/attention.csv", 401), ("/attention", 303)):
        for authorization in ("", "Basic bm86bm8=", "Basic ?", "Bearer x"):
            assert client.ask("GET", path, authorization=authorization).status == status
        assert client.ask("GET", path, **client.admin).status == 200


def test_a_period_that_is_none_is_refused_in_words(client: Client) -> None:
    for period in (
        "from=2026-11-20&until=2026-11-19",
        "from=2020-01-01&until=2026-01-01",
        "from=yesterday",
        "from=0",
        "until=20261120",
        "until=2026-02-30",
    ):
        answer = client.ask("GET", "/v1/attention?" + period, **client.admin)
        assert answer.status in (400, 422) and answer.json["detail"], period


def rush(
    share: float, *, seed: int = 1, hour: int = 17, below: float = 0.0, cashiers: int = 3, count: int = 300
) -> Iterator[Shown]:
    """Checkouts of one hour: a ``share`` of the prompts unread with five to seven waiting, ``below`` with fewer."""
    chance = random.Random(seed)
    for number in range(count):
        long = chance.random() < 0.5
        unread = chance.random() < (share if long else below)
        prompt = Prompt(200 if unread else 2500, "skipped" if unread else "accepted")
        queue = chance.randrange(5, 8) if long else chance.randrange(0, 5)
        yield Shown("s", f"c{number % cashiers}", hour * 3600, queue, False, [prompt])
