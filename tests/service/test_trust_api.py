"""What the service tells of whom it does not learn from, to whom, and what they can say about it."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from models import release, tables
from models.release import HAND_MADE, Cohorts, Covariate
from pos_client.core import belief, event
from pricing_service.database import Database
from pricing_service.guard_fold import Foresight
from pricing_service.learning import Held
from pricing_service.routes.trust_answers import says
from pricing_service.settings import Settings
from tests.service.cashiers import Floor, asks_for_more
from tests.service.guarded import CREW, derived
from tests.service.people import person
from tests.service.places import Client, Pen, listening, prepared
from tests.service.shifts import until

PATH = "/v1/trust/cashier/c1"
NAMED = re.compile(r"\bc1\b")  # not as a part of a hash
FINE = {"store": "sample", "note": "The key was stuck."}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Client, Pen]]:
    """A service that has just found c1."""
    settings = prepared(tmp_path_factory.mktemp("trust") / "data")
    with listening(settings) as port:
        client, pen = Client(port, settings.admin_token), Pen(settings)
        floor = Floor(pen)
        for lines in (floor.day(CREW, 50), *[floor.day({**CREW, "c1": asks_for_more}, 10) for _ in range(5)]):
            assert pen.send(client, lines).status == 200
        carried(client)
        yield settings, client, pen
        client.close()


def carried(client: Client) -> dict[str, Any]:
    """The report, once beliefs follow it."""

    def look() -> dict[str, Any] | None:
        told = client.ask("GET", "/v1/trust").json
        return told if all(item["carried"] for item in told["items"]) else None

    return until(look)


def test_who_reads_reports_is_told_who_since_when_and_why(shop: tuple[Settings, Client, Pen]) -> None:
    settings, client, _ = shop
    auditor = person(settings, client.port, "auditor")
    told = auditor.ask("GET", "/v1/trust").json
    assert told["watched"] == 5 and told["says"].startswith("1 source teaches nothing")
    (one,) = told["items"]
    assert (one["kind"], one["store"], one["name"]) == ("cashier", "sample", "c1")
    assert (one["state"], one["reason"], one["set_by"]) == ("distrusted", "refused", "guard")
    figures = one["figures"]
    assert f"{figures['hits']} of {figures['trials']} offers were refused" in one["says"]
    assert figures["expected"] < figures["hits"] and figures["bound"] <= 0.01
    assert "in a year of 20,000 checkouts" in one["sure"] and one["since"].startswith("2026-11-1")
    assert one["taken_back"] + one["left_out"] >= 45
    assert auditor.ask("GET", "/v1/trust?store=elsewhere").json["items"] == []


def test_who_has_handed_in_too_little_is_not_called_fine(shop: tuple[Settings, Client, Pen]) -> None:
    told = shop[1].ask("GET", "/v1/trust").json
    assert (told["watched"], told["judged"]) == (5, 1), "four cashiers with 100 records each, at one till"
    assert says(0, 5, 1) == (
        "Nobody is distrusted, and records of 5 cashiers and tills are too few to judge: fewer than 200 each."
    )
    assert says(0, 5, 3).startswith(
        "Records of 3 cashiers and tills look alike enough; those of 2 more are too few"
    )
    assert says(0, 5, 5) == "Records of all 5 cashiers and tills that are watched look alike enough."


def test_who_may_not_is_told_nothing_and_can_do_nothing(shop: tuple[Settings, Client, Pen]) -> None:
    settings, client, _ = shop
    for role, may_read in (("cashier", False), ("it", False), ("auditor", True)):
        someone = person(settings, client.port, role)
        assert someone.ask("GET", "/v1/trust").status == (200 if may_read else 403)
        assert someone.ask("POST", PATH + "/clear", FINE).status == 403
        assert someone.ask("POST", PATH + "/distrust", FINE).status == 403
    assert Client(client.port).ask("GET", "/v1/trust").status == 401


def test_what_is_sent_wrongly_is_refused_by_name(shop: tuple[Settings, Client, Pen]) -> None:
    _, client, _ = shop
    for path, sent, status, code in (
        (PATH + "/distrust", FINE, 409, "distrusted"),
        ("/v1/trust/cashier/nobody/clear", FINE, 404, "not-distrusted"),
        ("/v1/trust/person/c1/clear", FINE, 422, "invalid-request"),
        (PATH + "/clear", {"store": "sample"}, 400, "missing-field"),
        (PATH + "/clear", {**FINE, "past": True}, 400, "unknown-field"),
        ("/v1/trust/cashier/c2/distrust", {**FINE, "since": "yesterday"}, 400, "not-a-day"),
    ):
        answer = client.ask("POST", path, sent)
        assert (answer.status, answer.json["code"]) == (status, code)


def test_metrics_and_logs_name_nobody(
    shop: tuple[Settings, Client, Pen], capsys: pytest.CaptureFixture[str]
) -> None:
    _, client, pen = shop
    text = client.ask("GET", "/metrics").body.decode()
    assert 'rung_distrusted_sources{kind="cashier"} 1.0' in text and not NAMED.search(text)
    floor = Floor(pen, seed=9)
    floor.chance.seed(10)
    pen.send(client, floor.day(CREW, 2))
    assert not NAMED.search(capsys.readouterr().out)


def test_an_analyst_clears_it_and_everything_is_learnt_again(
    shop: tuple[Settings, Client, Pen],
) -> None:
    settings, client, _ = shop
    analyst = person(settings, client.port, "analyst", "ada")
    (cleared,) = analyst.ask("POST", PATH + "/clear", FINE).json
    assert (cleared["state"], cleared["ended_by"], cleared["ended_note"]) == (
        "cleared",
        "ada",
        "The key was stuck.",
    )
    carried(client)
    database = Database(settings.database)
    stored, replayed = derived(database)
    database.close()
    assert stored == replayed
    trail = client.ask("GET", "/v1/audit").json["items"]
    assert {"clear-trust", "trust-distrusted"} <= {entry["action"] for entry in trail}


def test_a_person_can_leave_out_what_was_received_since_a_day(
    shop: tuple[Settings, Client, Pen],
) -> None:
    _, client, _ = shop
    sent = {"store": "sample", "note": "Many share it.", "since": "2026-01-01"}
    told = client.ask("POST", "/v1/trust/cashier/c2/distrust", sent).json
    assert (told["reason"], told["says"]) == ("person", "admin says: Many share it.")
    item = next(each for each in carried(client)["items"] if each["name"] == "c2")
    assert item["taken_back"] >= 100 and item["left_out"] == 0
    client.ask("POST", "/v1/trust/cashier/c2/clear", FINE)
    later = client.ask("POST", "/v1/trust/cashier/c2/distrust", {"store": "sample", "note": "From now on."})
    assert later.json["since"] is None and carried(client)["items"][0]["taken_back"] == 0


PARTED = release.Release(
    **{
        **vars(HAND_MADE),
        "name": "parted",
        "cohorts": Cohorts("units", (4,), (-3.2, -2.6), (0.5, 0.5)),
        "covariates": (Covariate("log_gross", 4.0, -0.2),),
    }
)


@pytest.mark.parametrize("given", [HAND_MADE, PARTED], ids=["hand-made", "cohorts and covariates"])
def test_what_is_expected_of_an_offer_is_what_the_core_predicts(
    settings: Settings, given: release.Release
) -> None:
    model, chance = tables.held(given), random.Random(5)
    floor, foresight = Floor(Pen(settings), seed=3), Foresight(tables.held(given))
    seen = 0
    for number in range(120):
        record = event.opened(floor.ring("c1", asks_for_more if number % 2 else CREW["c1"]))
        cohort = belief.cohort_of(model, record)
        weights = belief.initial(model, belief.PRECISE, cohort)
        for _ in range(chance.randrange(4)):
            weights = belief.update(
                model, weights, [(chance.randrange(200, 2000), False, False, "accepted")], "sold"
            )
        days = chance.choice([0, 0, 30, 400])
        heard = foresight.heard(record, Held(weights, 20_000, 3, cohort), 20_000 + days)
        now, refused = belief.drift(model, weights, days, cohort), []
        offset = belief.offset(model, record)
        for told, offer in zip(heard, belief.offers_of(record), strict=False):
            right = belief.predict(model, now, offer[0], offer[1], False, refused, offset)
            assert abs(told.chance - right) <= 40, "a two-thousandth"
            assert (told.accepted, told.ends) == (offer[3] == "accepted", offer[2])
            refused.append(offer)
            seen += 1
    assert seen > 200
