"""A readout is made of what the log holds: every checkout once, in its arm, with what it earned."""

import csv
import io
import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pos_client.core import event
from pos_client.core.snapshot import Snapshot
from pricing_service import log_turn
from pricing_service.app import THREADS
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.experiments import USUAL, act, arm, create, day, given, holdout, started
from tests.service.places import Client, Pen, listening, prepared

CARDS = [f"card-{number}" for number in range(60)]
MANY = [f"card-{number}" for number in range(160)]  # enough for a lift to be told
SOLD, LOST = 3 * len(MANY), 3 * 20


class Shop:
    """A service with an experiment, two tills that know of it, and what they sold."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self.client, self.settings = client, settings
        self.pens = [Pen(settings, device) for device in ("till-1", "till-2")]
        self.follow()

    def follow(self) -> None:
        """Both tills take the newest snapshot."""
        for pen in self.pens:
            pen.shop = Pen(self.settings, meta=meta(pen, self.client)).shop

    def send(self, lines: list[bytes], pen: int = 0) -> None:
        answer = self.pens[pen].send(self.client, lines)
        assert answer.json["quarantined"] == [], answer.body

    def readout(self, name: str = "climbs") -> dict:
        answer = self.client.ask("GET", f"/v1/experiments/{name}/readout", **self.client.admin)
        assert answer.status == 200, answer.body
        return answer.json

    def rows(self, name: str = "climbs") -> list[dict[str, str]]:
        answer = self.client.ask("GET", f"/v1/experiments/{name}/readout.csv", **self.client.admin)
        assert answer.status == 200, answer.body
        return list(csv.DictReader(io.StringIO(answer.body.decode())))


def meta(pen: Pen, client: Client) -> dict:
    file = pen.fetch(client)
    return Snapshot(lambda offset, length: file.body[offset : offset + length], len(file.body)).meta


def now() -> int:
    return int(time.time()) - 60


def changed(line: bytes, **more) -> bytes:
    """The record with other members, sealed again."""
    record = event.opened(line)
    del record["hash"]
    return event.seal({**record, **more})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory):
    settings = prepared(tmp_path_factory.mktemp("readouts"), devices=2)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        started(client, holdout(1000))
        started(client, given())
        shop = Shop(client, settings)
        pen, other = shop.pens
        for _ in range(3):
            shop.send([pen.write(card=card, clock=now()) for card in MANY])
            shop.send([other.write(("left",), "lost", card=card, clock=now()) for card in MANY[:20]], 1)
        yield shop
        client.close()


def test_every_customer_is_in_one_arm_at_both_tills(shop: Shop) -> None:
    arms: dict[str, set[tuple[str, str]]] = {}
    for row in shop.rows():
        arms.setdefault(row["customer"], set()).add((row["experiment"], row["arm"]))
    assert len(arms) == len(MANY)
    assert all(len(found) == 1 for found in arms.values())
    assert set.union(*arms.values()) == {("holdout", "usual"), ("climbs", "climb"), ("climbs", "usual")}


def test_rows_say_what_a_reading_of_each_record_by_hand_says(shop: Shop) -> None:
    """The log again, record by record, with arithmetic of the test's own."""
    rows = {(row["store"], row["record"]): row for row in shop.rows()}
    assert len(rows) == SOLD + LOST
    sold = [row for row in rows.values() if row["sold"] == "True"]
    assert len(sold) == SOLD
    for row in rows.values():
        gross, paid, given = (int(row[name]) for name in ("gross", "turnover", "discount"))
        assert gross == 2598
        if row["sold"] == "True":
            assert paid == gross - given > 0
            assert (row["offers"], row["refusals"], row["handling_ms"]) == ("1", "0", "900")
        else:
            assert (paid, given, int(row["margin"])) == (0, 0, 0)
            assert (row["offers"], row["refusals"]) == ("1", "1")
    deepest = {row["arm"]: int(row["discount"]) for row in sold}
    assert deepest["usual"] > deepest["climb"], "business as usual gives the best at once"
    assert {row["propensity"] for row in rows.values() if row["experiment"] == "climbs"} == {"4500"}


def test_the_readout_counts_exposure_and_finds_the_shares_right(shop: Shop) -> None:
    told = shop.readout()
    arms = {row["customer"]: row["arm"] for row in shop.rows() if row["experiment"] == "climbs"}
    counted = {each["arm"]: each["units"] for each in told["exposure"]["arms"]}
    assert counted == {name: list(arms.values()).count(name) for name in ("climb", "usual")}
    assert told["shares"]["alarm"] is False
    assert (told["currency"], told["control"], told["counts"]["used"]) == ("EUR", "usual", SOLD + LOST)
    lifts = {each["metric"]: each for each in told["arms"][0]["lifts"]}
    sums = {name: Counter() for name in ("climb", "usual")}
    for row in shop.rows():
        if row["experiment"] == "climbs":
            sums[row["arm"]].update(margin=int(row["margin"]), checkouts=1)
    for metric, size in (
        ("margin_per_checkout", {name: sums[name]["checkouts"] for name in sums}),
        ("margin_per_unit", counted),
    ):
        climb, usual = (sums[name]["margin"] / size[name] for name in ("climb", "usual"))
        assert lifts[metric]["difference"]["mean"] == pytest.approx(climb - usual, abs=1e-4)
        assert lifts[metric]["percent"]["mean"] == pytest.approx(100 * (climb / usual - 1), abs=1e-4)


def test_a_policy_nobody_tried_is_reckoned_from_arms_that_were_drawn(shop: Shop) -> None:
    def asked(body: dict) -> tuple:
        answer = shop.client.ask("POST", "/v1/experiments/climbs/untried", body, **shop.client.admin)
        return answer.status, answer.json

    rows = [row for row in shop.rows() if row["experiment"] == "climbs"]
    climbed = [int(row["margin"]) for row in rows if row["arm"] == "climb"]
    status, told = asked({"choice": {"card": "climb"}})
    assert (status, told["currency"]) == (200, "EUR")
    assert told["refused"] is None
    mean = sum(climbed) / len(climbed)
    assert told["normalised"]["mean"] == pytest.approx(mean, abs=1e-4), (
        "all have a card: it is the arm itself"
    )
    low, high = told["doubly_robust"]["interval_95"]
    assert low < mean < high
    for body, code in (
        ({"choice": {"card": "dive"}}, "unknown-arm"),
        ({"choice": {"nobody": "climb"}}, "unknown-arm"),
        ({"choice": {}, "otherwise": "dive"}, "unknown-arm"),
        ({"choice": "climb"}, "invalid-request"),
        ({}, "invalid-request"),
    ):
        assert asked(body)[1]["code"] == code, body


def test_the_holdout_is_read_out_against_everybody_else(shop: Shop) -> None:
    told = shop.readout("holdout")
    held = {row["customer"] for row in shop.rows() if row["experiment"] == "holdout"}
    counted = {each["arm"]: each["units"] for each in told["exposure"]["arms"]}
    assert counted == {"usual": len(held), "rest": len(MANY) - len(held)}


def test_the_holdout_is_who_is_drawn_not_who_was_found_at_a_till_that_knew(
    client: Client, settings: Settings
) -> None:
    """A till that is late with its snapshot sells to held-out customers as to all others."""
    started(client, holdout(2000))
    late, knowing = Pen(settings, "till-1"), Shop(client, settings).pens[1]
    for pen in (late, knowing):
        assert pen.send(client, [pen.write(card=card, clock=now()) for card in CARDS]).status == 200
    shop = Shop(client, settings)
    rows = shop.rows("holdout")
    knew = {row["customer"] for row in rows if row["experiment"] == "holdout"}
    drawn = {row["customer"] for row in rows if row["held"] == "True"}
    assert knew == drawn and 2 < len(drawn) < 30
    told = shop.readout("holdout")
    assert told["exposure"]["crossed"] == 0
    assert {each["arm"]: each["units"] for each in told["exposure"]["arms"]} == {
        "usual": len(drawn),
        "rest": len(CARDS) - len(drawn),
    }


def test_a_holdout_that_was_ramped_up_counts_from_the_next_day(client: Client, settings: Settings) -> None:
    started(client, holdout(1000))
    shop = Shop(client, settings)
    shop.send([shop.pens[0].write(card=card, clock=now()) for card in CARDS])
    assert shop.readout("holdout")["exposure"]["units"] == len(CARDS)
    assert act(client, "holdout", "ramp", {"share": 2000}).status == 200
    assert shop.readout("holdout")["exposure"]["units"] == 0


def test_a_holdout_that_was_stopped_on_its_first_day_counts_no_day(
    client: Client, settings: Settings
) -> None:
    started(client, holdout(1000))
    shop = Shop(client, settings)
    shop.send([shop.pens[0].write(card=card, clock=now()) for card in CARDS])
    assert shop.readout("holdout")["exposure"]["units"] == len(CARDS)
    assert act(client, "holdout", "stop").status == 200
    assert shop.readout("holdout")["exposure"]["units"] == 0
    assert {row["held"] for row in shop.rows("holdout")} == {"False"}
    assert client.ask("GET", "/experiments/holdout", **client.admin).status == 200


def test_a_draft_has_no_readout_and_nobody_else_has_one(shop: Shop) -> None:
    create(shop.client, given("draft"))
    for path in ("readout", "readout.csv", "readout.parquet"):
        answer = shop.client.ask("GET", f"/v1/experiments/draft/{path}", **shop.client.admin)
        assert (answer.status, answer.json["code"]) == (409, "not-started")
        assert shop.client.ask("GET", f"/v1/experiments/none/{path}", **shop.client.admin).status == 404


REPORTS = (
    "/v1/experiments/climbs/readout",
    "/v1/experiments/climbs/readout.csv",
    "/v1/experiments/climbs/readout.parquet",
    "/v1/experiments/climbs/power",
    "/experiments/climbs",
    "/v1/attention",
    "/attention",
    "/v1/segments",
    "/segments",
)


def test_two_reports_at_a_time_read_the_log_and_the_others_are_sent_away(shop: Shop) -> None:
    with log_turn.taken():
        assert shop.readout()["counts"]["used"] == SOLD + LOST, "one more turn is free"
        with log_turn.taken():
            for path in REPORTS:
                answer = shop.client.ask("GET", path, **shop.client.admin)
                assert (answer.status, answer.headers["retry-after"]) == (503, "10"), path
                assert b"readout-busy" in answer.body
    for path in REPORTS:
        assert shop.client.ask("GET", path, **shop.client.admin).status in (200, 409), path


def test_tills_hand_in_their_records_while_many_ask_for_reports(client: Client, settings: Settings) -> None:
    """Reports run on the threads that take records; whoever waited for a turn would hold one."""
    started(client, given())

    def ask(path: str) -> None:
        other = Client(client.port, settings.admin_token)
        other.ask("GET", path, **other.admin)
        other.close()

    with log_turn.taken(), log_turn.taken(), ThreadPoolExecutor(3 * THREADS) as pool:
        asked = [pool.submit(ask, REPORTS[number % len(REPORTS)]) for number in range(3 * THREADS)]
        pen = Pen(settings)
        assert pen.send(client, [pen.write(card="a", clock=now())]).status == 200, (
            "both turns are taken still"
        )
        for each in asked:
            each.result(120)


def test_parquet_has_the_rows_of_the_csv(shop: Shop, tmp_path: Path) -> None:
    answer = shop.client.ask("GET", "/v1/experiments/climbs/readout.parquet", **shop.client.admin)
    assert answer.status == 200, answer.body
    file = tmp_path / "rows.parquet"
    file.write_bytes(answer.body)
    script = f"import duckdb, json; print(json.dumps(duckdb.sql(\"SELECT * FROM '{file}'\").fetchall()))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert [[str(cell) for cell in row] for row in json.loads(out)] == [
        list(row.values()) for row in shop.rows()
    ]


def test_an_export_names_no_person_and_nothing_in_it_is_a_formula(client: Client, settings: Settings) -> None:
    arms = [arm("=1+1", 5000), arm("-usual", 5000, holdout=True, policy=USUAL)]
    started(client, given(arms=arms))
    shop = Shop(client, settings)
    pen = shop.pens[0]
    for cashier in ("=HYPERLINK(1)", "Ada Lovelace", "=HYPERLINK(1)"):
        shop.send([pen.write(card=card, clock=now(), cashier=cashier) for card in CARDS[:10]])
    rows = shop.rows()
    assert {row["arm"] for row in rows} == {"'=1+1", "'-usual"}
    assert [row["cashier"] for row in rows] == ["0"] * 10 + ["1"] * 10 + ["0"] * 10
    names = {each["arm"] for each in shop.readout()["exposure"]["arms"]}
    assert names == {"=1+1", "-usual"}, "only a spreadsheet computes"


def test_what_is_no_checkout_of_the_experiment_is_left_out_and_counted(
    client: Client, settings: Settings
) -> None:
    started(client, given())
    shop = Shop(client, settings)
    pen = shop.pens[0]
    kept = pen.write(card="c1", clock=now())
    old = changed(pen.write(card="c2", clock=now()))
    record = event.opened(old)
    for name in ("hash", "policy", "experiment", "propensity", "queue", "margin"):
        record.pop(name, None)
    shop.send(
        [
            kept,
            event.seal(record),
            pen.write(card="c3", clock=now(), training=True),
            pen.write((), "cancelled", card="c4", clock=now()),
            changed(pen.write(card="c5", clock=now()), currency="JPY"),
            changed(pen.write(card=None, clock=now()), profile=False),
        ]
    )
    told, rows = shop.readout(), shop.rows()
    assert told["counts"] == {
        "records": 6,
        "used": 3,
        "training": 1,
        "cancelled": 1,
        "of another currency": 1,
    }
    assert [(row["experiment"], row["opted_out"]) for row in rows] == [
        ("climbs", "False"),
        ("", "False"),
        ("climbs", "True"),
    ]
    assert [row["customer"] for row in rows] == ["0", "1", "-1"]
    assert customer_token(settings.tenant_key, "c1") not in json.dumps([told, rows])


@pytest.mark.parametrize(
    ("other", "cohorts"),
    [({}, {"cohort 1"}), ({"till_seconds": 0}, {"card"}), ({"silent_above": 2}, {"card"})],
)
def test_cohorts_are_told_only_where_every_arm_places_its_newcomers(
    client: Client, settings: Settings, database: Database, other: dict, cohorts: set[str]
) -> None:
    """The first visit with an offer decides a cohort, so an arm without offers has none."""
    started(client, given(arms=[arm("usual", 5000), arm("other", 5000, policy=other)]))
    shop = Shop(client, settings)
    shop.send([shop.pens[0].write((), "sold", card=card, clock=now()) for card in CARDS[:20]])
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE beliefs SET cohort = 1")
    assert {row["cohort"] for row in shop.rows()} == cohorts


def test_what_is_brought_back_is_taken_from_its_sale(client: Client, settings: Settings) -> None:
    started(client, given())
    shop = Shop(client, settings)
    pen = shop.pens[0]
    sale = pen.write(card="c1", clock=now())
    record = event.opened(sale)
    pen.sequence += 1
    back = {"kind": "return", "return_id": None, "lines": [], "refund": 1000, "sequence": pen.sequence}
    names = ("device", "epoch", "store", "boot", "monotonic_ms", "clock", "checkout_id")
    back.update({name: record[name] for name in names})
    pen.sequence += 1
    unknown = {**back, "checkout_id": "of before", "sequence": pen.sequence}
    shop.send([sale, event.seal(back), event.seal(unknown)])
    assert [row["returned"] for row in shop.rows()] == ["1000"]
    counts = shop.readout()["counts"]
    assert (counts["returns"], counts["returns of other sales"]) == (1, 1)


def test_a_log_that_holds_more_than_was_booked_is_seen(client: Client, settings: Settings) -> None:
    started(client, given())
    shop = Shop(client, settings)
    pen = shop.pens[0]
    chance = 7
    lines = []
    for number in range(40):
        chance = chance * 1103515245 + 12345 & 0x7FFFFFFF
        basket = [{"sku": "s", "quantity": 1, "unit_price": 1000 + chance % 9000}]
        lines.append(pen.write(card=f"c{number}", clock=now(), lines=basket))
    shop.send(lines)
    paid = sum(int(row["turnover"]) for row in shop.rows())
    for booked, over in ((paid, False), (paid // 2, True)):
        answer = client.ask("PUT", "/v1/turnover/sample", {"days": {day(): booked}}, **client.admin)
        assert answer.json == {"days": 1}
        told = shop.readout()["reconciliation"]
        assert (told["books"]["alarm"], told["books"]["booked"]) == (over, booked)
        assert told["counted_twice"] is over
    assert client.ask("GET", "/v1/turnover/sample", **client.admin).json["items"] == [
        {"day": day(), "turnover": paid // 2}
    ]


@pytest.mark.parametrize(
    "body, code",
    [
        ({"days": {"2026-02-30": 1}}, "not-a-date"),
        ({"days": {"2026-02-20": -1}}, "out-of-range"),
        ({"days": {"2026-02-20": 1.5}}, "not-an-integer"),
        ({"days": [1]}, "not-days"),
        ({}, "missing-field"),
    ],
)
def test_turnover_that_cannot_be_is_refused(shop: Shop, body: dict, code: str) -> None:
    answer = shop.client.ask("PUT", "/v1/turnover/sample", body, **shop.client.admin)
    assert (answer.status, answer.json["code"]) == (400, code)


def test_power_is_announced_from_the_weeks_before(client: Client, settings: Settings) -> None:
    def asked():
        return client.ask("GET", "/v1/experiments/climbs/power", **client.admin)

    started(client, holdout(1000))
    started(client, given("all"))
    create(client, given(arms=[{"name": "a", "share": 2500}, {"name": "b", "share": 2500}]))
    assert (asked().status, asked().json["code"]) == (409, "nobody-left"), "all is drawn before it"
    assert "all leaves it no one" in asked().json["detail"]
    create(client, given("later", **{"from": day(31), "until": day(60)}))
    later = client.ask("GET", "/v1/experiments/later/power", **client.admin)
    assert later.json["code"] == "no-traffic", "nobody is taken from days on which nothing else draws"
    assert "0 checkouts of 0 units" in later.json["detail"]
    act(client, "all", "stop")
    assert (asked().status, asked().json["code"]) == (409, "no-traffic")
    pen = Pen(settings)
    alike = [pen.write(card="c1", clock=now() - 86400), pen.write(card="c2", clock=now() - 86400)]
    pen.send(client, alike)
    assert (asked().status, asked().json["code"]) == (409, "no-traffic"), "nothing differs"
    lines = []
    for number, card in enumerate(CARDS):
        basket = [{"sku": "s", "quantity": 1, "unit_price": 1000 + 97 * number}]
        lines.append(pen.write(card=card, clock=now() - 86400 * (1 + number % 20), lines=basket))
    pen.send(client, lines)
    told = asked().json
    assert told["share"] == pytest.approx(0.5 * 0.9)
    assert (told["lasts"], told["units"], told["control"]) == (30, 2 + len(CARDS), "a")
    assert told["arms"][0]["units"] == pytest.approx(0.225 * (2 + len(CARDS)), abs=1)
    assert 0 <= told["arms"][0]["power"]["2%"] <= 1
