"""What the law has a shop say with a personalised price: in the till's language, to whom it is about, and on record."""

import time
from typing import Any

import pytest

from pos_client.core import event
from pos_client.core.wording import LANGUAGES
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from pos_client.till import Till
from pricing_service import disclosures
from tests.fakes import HandClock, MemoryStorage
from tests.service.places import BASKET, Client, Pen

NOTICE = disclosures.NOTICES["eu"]
NEW_YORK = "THIS PRICE WAS SET BY AN ALGORITHM USING YOUR PERSONAL DATA"


def law_of(client: Client, **members: Any) -> None:
    """The shop's policy with these members besides."""
    kept = client.ask("GET", "/v1/policies/default")
    body = {**kept.json["rule"], "disclosure": None, **members}
    assert client.ask("PUT", "/v1/policies/default", body, if_match=kept.headers["etag"]).status == 200


def till_of(client: Client, pen: Pen, language: str) -> tuple[Till, Journal]:
    """A till that goes by the newest snapshot."""
    got = pen.fetch(client)
    storage = MemoryStorage({"snapshot": bytearray(got.body)})
    identity = {
        "device": "till-1",
        "epoch": 1,
        "store": "sample",
        "key": pen.key.hex(),
        "tenant_key": pen.settings.tenant_key.hex(),
        "language": language,
    }
    journal = Journal(storage)
    snapshots = SnapshotFile(storage, identity)
    return Till(identity, HandClock(), journal, 1, snapshots.current), journal


def sold(till: Till, journal: Journal, **more: Any) -> tuple[dict, dict]:
    """The offer that was made, and the record of the sale."""
    made = till.put("one", {**BASKET, **more})
    till.react("one", {"rung": made["offer"]["rung"], "reaction": "accepted"})
    till.close("one", {"outcome": "sold"})
    return made["offer"], event.opened(list(journal.since(0))[-1][1])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", sorted(disclosures.NOTICES))
def test_a_known_customer_is_told_what_the_law_asks_for_and_the_record_says_so(
    client: Client, pen: Pen, jurisdiction: str, language: str
) -> None:
    law_of(client, jurisdiction=jurisdiction)
    offer, record = sold(*till_of(client, pen, language))
    notice = disclosures.NOTICES[jurisdiction]
    assert offer["disclosure"] == record["disclosure"] == notice[language]
    assert record["notice"] == notice["id"]
    assert jurisdiction != "us-ny" or offer["disclosure"].startswith(NEW_YORK)


def test_nobody_is_told_of_a_personalised_price_whose_price_is_not(client: Client, pen: Pen) -> None:
    law_of(client, jurisdiction="us-ny", disclosure="The shop's own words.")
    for more in ({"customer": None}, {"profile": False}):
        offer, record = sold(*till_of(client, pen, "en"), **more)
        assert offer["disclosure"] == record["disclosure"] == "The shop's own words."
        assert record["notice"] is None
    offer, _ = sold(*till_of(client, pen, "en"))
    assert offer["disclosure"] == f"{NEW_YORK} The shop's own words."


def test_the_service_decides_with_the_same_words(client: Client) -> None:
    law_of(client, jurisdiction="eu")
    told, until = None, time.monotonic() + 120
    while told not in NOTICE.values() and time.monotonic() < until:  # the newest snapshot is decided by soon
        answer = client.ask("POST", "/v1/decisions", {**BASKET, "checkout_id": "one"}, accept_language="fr")
        told = answer.json["offer"]["disclosure"]
    assert told in NOTICE.values()


def test_a_jurisdiction_whose_text_nobody_knows_is_refused_by_name(client: Client) -> None:
    kept = client.ask("GET", "/v1/policies/default")
    sent = {"jurisdiction": "atlantis"}
    answer = client.ask("PUT", "/v1/policies/default", sent, if_match=kept.headers["etag"])
    assert answer.status == 400
    assert answer.json["code"] == "unknown-jurisdiction"
    assert "eu, us-ny" in answer.json["detail"]
