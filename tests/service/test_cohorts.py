"""Customers of cohorts, in a service whose release in force has some, and baskets that move what a visit needs."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from models import release, tables
from models.release import HAND_MADE, Cohorts, Covariate
from pos_client.core import belief, event
from pos_client.core.snapshot import Snapshot
from pricing_service import replaying
from pricing_service.database import Database
from pricing_service.learning import Held, fold
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import CARD, Client, Pen, listening

RICH = replace(
    HAND_MADE,
    cohorts=Cohorts("units", (2.0, 6.0), (-3.2, -2.8, -2.4), (0.3, 0.4, 0.3)),
    covariates=(Covariate("log_gross", 3.0, 0.3),),
)
MODEL = tables.held(RICH)
FEW, MANY = 1, 9
DAY = 20_600


def lines(units: int) -> list[dict]:
    return [{"sku": "4006000", "quantity": units, "unit_price": 1299, "category": "care", "brand": "Lumi"}]


def record(pen: Pen, reactions: tuple, units: int) -> dict:
    return event.opened(pen.write(reactions, lines=lines(units)))


def by_hand(*visits: tuple[dict, int], cohort: int | None) -> list[int]:
    """Weights after records that all teach, with the days between them."""
    weights = belief.initial(MODEL, belief.PRECISE, cohort)
    for told, days in visits:
        weights = belief.drift(MODEL, weights, days, cohort)
        offers, moved = belief.offers_of(told), belief.offset(MODEL, told)
        weights = belief.update(MODEL, weights, offers, told["outcome"], moved)
    return weights


def test_the_first_visit_that_teaches_decides_the_cohort(pen: Pen) -> None:
    told = [record(pen, ("accepted",), MANY), record(pen, ("asked_more",), FEW)]
    held = fold(MODEL, None, told[0], DAY)
    assert held.cohort == 2
    held = fold(MODEL, held, told[1], DAY + 90)
    assert held == Held(by_hand((told[0], 0), (told[1], 90), cohort=2), DAY + 90, 2, 2)


def test_a_visit_that_teaches_nothing_decides_nothing(pen: Pen) -> None:
    held = fold(MODEL, None, record(pen, (), FEW), DAY)
    assert held == Held(belief.initial(MODEL, belief.PRECISE), DAY, 1, None)
    taught = record(pen, ("accepted",), MANY)
    assert fold(MODEL, held, taught, DAY + 5) == Held(by_hand((taught, 0), cohort=2), DAY + 5, 2, 2)


def test_a_record_without_lines_leaves_the_cohort_open_and_loses_nothing(pen: Pen) -> None:
    bare, whole = record(pen, ("accepted",), MANY), record(pen, ("accepted",), FEW)
    del bare["lines"]
    held = fold(MODEL, None, bare, DAY)
    assert held.cohort is None
    assert held.weights == by_hand((bare, 0), cohort=None)
    held = fold(MODEL, held, whole, DAY)
    assert held.cohort == 0
    assert held.weights == by_hand((bare, 0), (whole, 0), cohort=None)


def test_the_size_of_the_basket_moves_what_a_visit_teaches(pen: Pen) -> None:
    small, large = (fold(MODEL, None, record(pen, ("asked_more",), units), DAY) for units in (6, 400))
    assert small.cohort == large.cohort
    assert small.weights != large.weights


@pytest.fixture
def with_cohorts(settings: Settings, database: Database) -> Settings:
    """The settings of a service whose release in force has cohorts and a covariate."""
    with database.writing() as connection:
        changed = {"model": json.dumps(release.as_json(RICH))}
        connection.execute(text("UPDATE releases SET model = :model, identity = ''"), changed)
    return settings


def test_the_cohort_is_kept_published_and_shown(with_cohorts: Settings, database: Database) -> None:
    settings, pen = with_cohorts, Pen(with_cohorts)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        visits = [(("accepted",), MANY), (("asked_more", "accepted"), FEW), (("accepted",), FEW)]
        sent = [pen.write(reactions, lines=lines(units)) for reactions, units in visits]
        pen.send(client, sent[:1])
        pen.send(client, [*sent[1:], pen.write(("accepted",), card="another", lines=lines(FEW))])
        body = pen.fetch(client).body
        shown = client.ask("GET", "/v1/customers/" + customer_token(settings.tenant_key, CARD)).json
        client.close()
    with database.reading() as connection:
        stored = replaying.stored(connection)
        assert stored == replaying.replay(connection, MODEL)
    mine = stored.beliefs[customer_token(settings.tenant_key, CARD)]
    assert (mine.cohort, shown["cohort"], shown["release"]) == (2, 2, MODEL.release)
    snapshot = Snapshot(lambda offset, length: body[offset : offset + length], len(body))
    assert belief.Model(snapshot.meta["model"], snapshot.column).cohorts == MODEL.cohorts
    for card, cohort in ((CARD, 2), ("another", 0)):
        known = snapshot.customer(customer_token(settings.tenant_key, card))
        assert known is not None and known[2]["cohort"] == cohort
