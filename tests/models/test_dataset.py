"""The dataset against the two readers of records there were before it, and against logs that are broken."""

import gzip
import json
import tracemalloc
from itertools import combinations, product
from pathlib import Path

import duckdb
import numpy as np
import pytest

from models import posterior
from models.checkout_table import ANONYMOUS, FATES, lasts
from models.dataset import (
    Unusable,
    Without,
    features,
    first_features,
    from_jsonl,
    from_parquet,
    from_records,
    summary,
    to_parquet,
)
from models.release import HAND_MADE
from models.tables import column_reader, columns, model
from models.virtual_shop import MIXED, play, truth_of
from pos_client.core import belief, event, feature
from pricing_service import learning

MODEL = belief.Model(model(HAND_MADE), column_reader(columns(HAND_MADE)))
OUTCOMES = ("sold", "lost", "cancelled")
TOKENS = [f"{number:064x}" for number in range(5)]


def record(reactions=("accepted",), *, ladder=(300, 700, 1500), plan=None, **others):
    """A checkout record as a till writes it, without what nobody here reads."""
    plan = list(range(len(ladder))) if plan is None else list(plan)
    made = [plan[min(at, len(plan) - 1)] for at in range(len(reactions))]
    fields = {
        "kind": "checkout",
        "device": "till-1",
        "epoch": 1,
        "sequence": 1,
        "store": "north",
        "clock": "2026-03-01T10:00:00Z",
        "customer": TOKENS[0],
        "cashier": "c7",
        "currency": "EUR",
        "gross": 2598,
        "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}],
        "ladder": [{"discounts": ["a"], "amount": depth, "depth": depth} for depth in ladder],
        "plan": plan,
        "offers": [
            {"rung": rung, "reaction": word, "milliseconds": 5}
            for rung, word in zip(made, reactions, strict=True)
        ],
        "outcome": "sold",
        "training": False,
    }
    return {**fields, **others}


def stories(offers):
    """Every sequence of reactions that a till can journal where so many offers are planned."""
    for refused in range(offers + 1):
        asked = ("asked_more",) * refused
        yield from [(*asked, word) for word in ("accepted", "left", "skipped")]
        yield (*asked, None) if refused < offers else asked


def all_records():
    """Each story of each plan on ladders of up to four rungs, with each outcome, for training and not."""
    for depths in ((500,), (0, 900), (300, 320, 1500), (200, 700, 1200, 10000)):
        for size in range(1, len(depths) + 1):
            for plan in combinations(range(len(depths)), size):
                for story, outcome, training in product(stories(size), OUTCOMES, (False, True)):
                    yield record(story, ladder=depths, plan=plan, outcome=outcome, training=training)
    yield from [record((), ladder=(), outcome=outcome) for outcome in OUTCOMES]


def rebuilt(row):
    """A record that says what a row says."""
    heard, planned = int(row["heard"]), int(row["planned"])
    ladder = row["depth"].values[:planned].tolist() + ([] if row["top"].values[planned - 1] else [9999])
    last = ("accepted", "left", "asked_more")[int(row["ending"])]
    open_offer = (None,) if last == "asked_more" and heard < planned else ()
    story = ("asked_more",) * (heard - 1) + (last,) + open_offer
    return record(story, ladder=ladder, plan=range(planned))


def test_every_story_is_read_as_the_till_the_service_and_the_reference_read_it():
    given = list(all_records())
    assert len(given) > 1500
    telling = []
    for one in given:
        tells = learning.tells(belief.offers_of(one), one["outcome"])
        visit = posterior.read(HAND_MADE, one)
        assert tells == bool(visit.refused or visit.accepted)
        telling += [one] * tells
    dataset = from_records((one, 20000) for one in given)
    assert dataset.sizes["checkout"] == dataset.attrs["used"] == len(telling)
    for at, one in enumerate(telling):
        again = rebuilt(dataset.isel(checkout=at))
        assert posterior.read(HAND_MADE, again) == posterior.read(HAND_MADE, one)
        assert belief.likelihood(MODEL, belief.offers_of(again), again["outcome"]) == belief.likelihood(
            MODEL, belief.offers_of(one), one["outcome"]
        )


def test_counts_add_up_to_the_records_and_say_why_each_was_left_out():
    given = [*all_records(), {"kind": "return", "device": "till-1"}, {"kind": "return", "device": "till-1"}]
    counts = from_records((one, 20000) for one in given).attrs
    assert sum(counts[fate] for fate in FATES) == counts["records"] == len(given)
    assert counts["returns"] == 2
    assert counts["training"] == sum(one.get("training", False) for one in given)
    assert counts["cancelled"] == sum(
        one.get("outcome") == "cancelled" and not one["training"] for one in given
    )
    assert counts["no_offer"] == 2 and counts["damaged"] == counts["poisoned"] == 0
    assert counts["skipped"] > 0 and counts["unanswered"] > 0


def test_the_plan_is_kept_beyond_what_was_heard_and_taking_its_last_rung_after_all_is_not_heard():
    told = from_records(
        [
            (record(("asked_more", "accepted"), plan=(0, 1, 2)), 1),
            (record(("asked_more", "accepted"), plan=(1,)), 1),
            ({**record(plan=(1,)), "plan": None}, 1),
        ]
    )
    assert told["planned"].values.tolist() == [3, 1, 2]
    assert told["heard"].values.tolist() == [2, 1, 1]
    assert told["depth"].values.tolist() == [[300, 700, 1500], [700, 0, 0], [700, 1500, 0]]
    assert told["top"].values.tolist() == [[False, False, True], [False] * 3, [False, True, False]]
    assert lasts(told).tolist() == [[False, False, True], [True, False, False], [False, True, False]]


@pytest.mark.parametrize("plan", [["no", "plan"], [1, 2], [0, 2, 1], [0, 0], [0, 3], [False, 1], [0.0]])
def test_a_plan_that_no_till_makes_is_damage(plan):
    told = from_records([(record(), 1), ({**record(), "plan": plan}, 1)])
    assert (told.attrs["damaged"], told.sizes["checkout"]) == (1, 1)


def test_anonymous_checkouts_are_rows_of_nobody():
    told = from_records(
        [(record(customer=token), 1) for token in (TOKENS[1], None, TOKENS[0], None, TOKENS[1])]
    )
    assert told["customer"].values.tolist() == [0, ANONYMOUS, 1, ANONYMOUS, 0]
    assert told["token"].values.astype(str).tolist() == [TOKENS[1], TOKENS[0]]
    assert told.attrs["anonymous"] == 2


def test_a_customers_first_row_is_the_first_checkout_that_told_something():
    def lines(count):
        return [{"quantity": 1}] * count

    told = from_records(
        [
            (record(lines=lines(9), training=True), 1),
            (record(("skipped",), lines=lines(8)), 1),
            (record(lines=lines(3)), 1),
            (record(lines=lines(7)), 1),
        ]
    )
    assert first_features(told, "lines").tolist() == [3] and features(told, "lines").tolist() == [3, 7]


@pytest.mark.parametrize(("currency", "gross"), [("EUR", 2598), ("JPY", 2598), ("KWD", 123456), ("EUR", 0)])
def test_features_are_those_of_the_till(currency, gross):
    one = record(currency=currency, gross=gross, lines=[{"quantity": 3}, {"quantity": 2}])
    told = from_records([(one, 1)])
    for name in feature.ALLOWED:
        wanted = feature.value(name, one) / 65536
        assert features(told, name)[0] == pytest.approx(wanted, abs=2e-5)
        assert first_features(told, name)[0] == wanted


def test_nothing_but_the_list_becomes_a_column():
    private = {"age": 44, "sex": "f", "postcode": "10115", "facts": {"birthday": "05-17"}, "name": "Ada"}
    lines = [{"sku": "diapers", "quantity": 2, "age": 2, "postcode": "10115"}]
    plain = from_records([(record(lines=[{"quantity": 2}]), 1)])
    assert from_records([(record(lines=lines, **private), 1)]).identical(plain)
    assert {"age", "sex", "postcode", "name", "sku", "brand"}.isdisjoint({*plain.variables, *plain.attrs})
    assert set(plain.data_vars) == {
        *(
            "customer",
            "cashier",
            "day",
            "gross",
            "gross_major",
            "lines",
            "units",
            "planned",
            "heard",
            "ending",
        ),
        *("depth", "top", "first"),
    }


def test_cashiers_of_two_stores_are_two_even_with_the_same_number():
    given = [record(store=store, cashier=who) for store, who in product(("north", "south"), ("1", "2"))]
    told = from_records([(one, 1) for one in [*given, record(cashier=None)]])
    assert told["cashier_name"].values.tolist() == ["north/1", "north/2", "south/1", "south/2", ""]
    assert told["cashier"].values.tolist() == [0, 1, 2, 3, 4]


def test_poisoned_tills_and_cashiers_are_left_out_and_counted():
    given = [record(device=device, cashier=who) for device, who in product(("a", "b"), ("1", "2"))]
    without = Without(devices=frozenset({"a"}), cashiers=frozenset({"north/2"}))
    told = from_records([(one, 1) for one in given], without)
    assert told.attrs["poisoned"] == 3 and told.attrs["used"] == 1
    assert told["cashier_name"].values.tolist() == ["north/1"]


WRONG = {
    "rung beyond the ladder": {"offers": [{"rung": 3, "reaction": "accepted"}]},
    "rung below the ladder": {"offers": [{"rung": -1, "reaction": "accepted"}]},
    "rung no number": {"offers": [{"rung": None, "reaction": "accepted"}]},
    "offers no list": {"offers": 7},
    "offer no object": {"offers": ["accepted"]},
    "too many offers": {"offers": [{"rung": 0, "reaction": "asked_more"}] * 300},
    "depth text": {"ladder": [{"depth": "300"}] * 3},
    "depth too deep": {"ladder": [{"depth": 10001}] * 3},
    "depth infinite": {"ladder": [{"depth": float("inf")}] * 3},
    "gross enormous": {"gross": 10**40},
    "gross not a number": {"gross": float("nan")},
    "token too long": {"customer": "a" * 65},
    "token of other characters": {"customer": "ключ"},
    "token with a zero": {"customer": "a\0"},
    "kind nameless": {"kind": "checkouts"},
    "device a list": {"device": ["till-1"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_no_till_writes_is_damaged_and_the_rest_goes_on(wrong):
    told = from_records([(record(), 1), (record(**WRONG[wrong]), 1), (record(), 1)])
    assert told.attrs["damaged"] == 1 and told.attrs["used"] == 2
    assert told.attrs["problems"].startswith("record 2: ") and len(told.attrs["problems"]) < 200


def test_a_record_without_what_nobody_needs_is_read():
    told = from_records([({name: value for name, value in record().items() if name in NEEDED}, 1)])
    assert told.attrs["used"] == 1 and features(told, "log_gross")[0] == pytest.approx(np.log(25.98))


NEEDED = ("kind", "training", "outcome", "ladder", "offers", "customer", "gross")


def written(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def sealed(number, **others):
    return event.seal(record(**{"sequence": number, "customer": TOKENS[number % 5], **others}))


def test_damaged_lines_are_named_by_their_number_and_the_others_are_used(tmp_path):
    good = [sealed(number) for number in range(1, 7)]
    flipped = good[1][:50] + bytes([good[1][50] ^ 1]) + good[1][51:]
    lines = [good[0], flipped, b"", good[2], b"x" * 3_000_000, good[3], good[4][:-20], b"\xff\xfe", good[5]]
    told = from_jsonl(written(tmp_path / "log.jsonl", *lines))
    assert told.attrs["used"] == 4 and told.attrs["damaged"] == 4
    numbers = [line.split(":")[0] for line in told.attrs["problems"].splitlines()]
    assert numbers == ["line 2", "line 5", "line 7", "line 8"]


def test_a_line_that_comes_again_counts_once(tmp_path):
    lines = [sealed(number) for number in (1, 2, 3)]
    told = from_jsonl(written(tmp_path / "log.jsonl", *lines, lines[1], sealed(4), lines[0]))
    assert told.attrs["used"] == 4 and told.attrs["repeated"] == 2 and told.attrs["records"] == 6
    assert told["customer"].values.tolist() == [0, 1, 2, 3]


def test_a_log_may_be_compressed_and_end_lines_as_windows_does(tmp_path):
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(sealed(1) + b"\r\n" + sealed(2)))
    assert from_jsonl(path).attrs["used"] == 2


def test_the_day_is_the_clocks_and_without_a_clock_that_of_the_line_before(tmp_path):
    clocks = [None, "2026-03-02T23:59:59Z", None, "2026-03-05T00:00:00Z", "once"]
    lines = [sealed(number, clock=clock) for number, clock in enumerate(clocks)]
    days = from_jsonl(written(tmp_path / "log.jsonl", *lines))["day"].values.astype("datetime64[D]")
    assert days.astype(str).tolist() == ["2026-03-02"] * 3 + ["2026-03-05"] * 2


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"PK\3\4\0\0", b'{"age": 3}\n', event.seal(record(training=True))]
)
def test_a_file_without_anything_to_use_says_so(tmp_path, content):
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    with pytest.raises(Unusable, match=r"tells anything about discounts|is not a file of record lines"):
        from_jsonl(path)


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    cut = tmp_path / "log.gz"
    cut.write_bytes(gzip.compress(sealed(1) * 50)[:-30])
    for path in (tmp_path / "nothing.jsonl", tmp_path, cut):
        with pytest.raises(Unusable, match="cannot be read"):
            from_jsonl(path)


def test_memory_goes_by_rows_not_by_the_size_of_the_log():
    def peak(records):
        tracemalloc.start()
        from_records((record(customer=TOKENS[number % 5], cashier="c"), 1) for number in range(records))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(1000), peak(5000)
    assert (large - small) / 4000 < 500  # bytes; the record itself takes some 3,000


def test_the_summary_says_what_was_used_and_what_was_not(tmp_path):
    lines = [
        sealed(1),
        sealed(2, customer=None),
        sealed(3, training=True),
        sealed(4, outcome="cancelled"),
        b"?",
    ]
    said = summary(from_jsonl(written(tmp_path / "log.jsonl", *lines)))
    assert "5 records" in said and "2 tell something about their customer" in said
    assert "1 are for training" in said and "1 were cancelled" in said and "line 5: " in said
    assert "of 1 customers with a card, and 1 checkouts without one" in said
    assert "from 2026-03-01 to 2026-03-01" in said and "skipped" not in said


def simulated(customers=500):
    shop = play(
        truth_of(HAND_MADE), customers=customers, visits=3, ladders=MIXED, chance=np.random.default_rng(1)
    )
    return shop.drop_vars(["true_kind", "true_theta"])


def test_parquet_gives_back_the_same_dataset(tmp_path):
    for number, given in enumerate([simulated(), from_records((one, 20000) for one in all_records())]):
        to_parquet(given, tmp_path / str(number))
        assert from_parquet(tmp_path / str(number)).identical(given)


def test_an_empty_dataset_survives_parquet(tmp_path):
    empty = from_records([])
    to_parquet(empty, tmp_path)
    assert from_parquet(tmp_path).sizes["checkout"] == 0


def test_other_tools_find_kinds_of_visits_in_parquet(tmp_path):
    given = simulated()
    to_parquet(given, tmp_path)
    kinds = duckdb.sql(
        f"SELECT count(DISTINCT (plan, heard, ending)), count(*) FROM '{tmp_path}/visits.parquet'"
    ).fetchall()
    rows = np.column_stack(
        [given["depth"].values, given["top"].values, given["heard"].values, given["ending"].values]
    )
    assert kinds == [(len(np.unique(rows, axis=0)), 1500)]


def test_a_folder_that_is_no_log_or_half_of_one_says_so(tmp_path):
    with pytest.raises(Unusable):
        from_parquet(tmp_path)
    to_parquet(simulated(), tmp_path)
    about = json.loads((tmp_path / "about.json").read_text())
    (tmp_path / "about.json").write_text(json.dumps({**about, "format": "rung-visits-9"}))
    with pytest.raises(Unusable, match="rung-visits-9"):
        from_parquet(tmp_path)
    (tmp_path / "about.json").write_text(json.dumps(about))
    (tmp_path / "visits.parquet").write_bytes(b"PAR1")
    with pytest.raises(Unusable, match="no log of visits"):
        from_parquet(tmp_path)
