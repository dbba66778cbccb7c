"""What a till says it gave, however much: no record keeps others from being taken, counted or erased."""

from typing import Any

import pytest

from pos_client.core import event
from pos_client.core.record import LARGEST
from pricing_service import belief_store, replaying
from pricing_service.database import Database
from pricing_service.release_store import in_force
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import CARD, Client, Pen


def giving(line: bytes, amount: int, **over: Any) -> bytes:
    record = {name: value for name, value in event.opened(line).items() if name != "hash"}
    return event.seal({**record, "automatic": [{"id": "bday", "amount": amount}] * 200, **over})


@pytest.mark.parametrize("amount", [LARGEST + 1, (1 << 63) - 1])
def test_what_no_basket_is_worth_is_set_aside_and_what_follows_is_taken(
    client: Client, pen: Pen, amount: int
) -> None:
    answer = pen.send(
        client, [giving(pen.write(), amount), giving(pen.write(), 1, gross=amount), pen.write()]
    )
    assert (answer.status, answer.json["acknowledged"]) == (200, 3)
    assert [each["code"] for each in answer.json["quarantined"]] == ["record-form"] * 2


def test_sums_that_no_database_holds_stop_nothing(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    most = belief_store.MOST
    with database.writing() as connection:  # as after tens of thousands of such records
        rows = [{"discount": "bday", "day": 20_000 + day, "amount": most} for day in range(2000)]
        for _ in range(5):
            connection.execute(belief_store.SPEND, rows)
    for _ in range(3):
        assert pen.send(client, [giving(pen.write(), LARGEST) for _ in range(2)]).status == 200
    assert client.ask("DELETE", f"/v1/customers/{customer_token(settings.tenant_key, CARD)}").status == 204
    assert pen.send(client, [giving(pen.write(), LARGEST)]).json["quarantined"] == []
    assert pen.fetch(client).status == 200
    with database.reading() as connection:
        spent = {type(one) for one in connection.exec_driver_sql("SELECT spent FROM budgets").scalars()}
        assert spent == {int}
        assert replaying.replay(connection, in_force(connection).model)
