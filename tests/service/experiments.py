"""Experiments for the tests of the service."""

import time
from typing import Any

from pos_client.core.calendar import rfc3339
from tests.service.places import Answer, Client

USUAL = {"plan": "best_first"}


def today() -> int:
    """The day in the sample shop, which is an hour ahead of UTC, counted from 1970-01-01."""
    return (int(time.time()) + 3600) // 86400


def day(later: int = 0) -> str:
    """Today in the sample shop, or ``later`` days."""
    return rfc3339((today() + later) * 86400)[:10]


def arm(name: str, share: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "share": share, **more}


def given(name: str = "climbs", **more: Any) -> dict[str, Any]:
    """Half of all customers climb, half are held out, from today for thirty days."""
    body = {"id": name, "unit": "customer", "from": day(), "until": day(29)}
    arms = [arm("climb", 5000), arm("usual", 5000, holdout=True, policy=USUAL)]
    return {**body, "arms": arms, **more}


def holdout(share: int = 500, **more: Any) -> dict[str, Any]:
    """The shop's holdout."""
    return given("holdout", arms=[arm("usual", share, holdout=True, policy=USUAL)], **more)


def create(client: Client, body: dict[str, Any]) -> Answer:
    return client.ask("POST", "/v1/experiments", body, **client.admin)


def act(client: Client, name: str, what: str, body: Any = None) -> Answer:
    """``start``, ``stop`` or ``ramp``."""
    return client.ask("POST", f"/v1/experiments/{name}/{what}", body, **client.admin)


def started(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to starting an experiment made of ``body``."""
    created = create(client, body)
    assert created.status == 201, created.body
    answer = act(client, body["id"], "start")
    assert answer.status == 200, answer.body
    return answer.json
