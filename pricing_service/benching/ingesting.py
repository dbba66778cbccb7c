"""`rung bench ingest`: signed batches of records into the log, over HTTP, beliefs and commit included."""

import http.client
import json
import time

from pos_client.core import basket, checkout, checkout_record, event, shop
from pricing_service.benching import baskets, servers
from pricing_service.security import customer_token, device_key, signature
from pricing_service.settings import Settings

BATCH = 250
CUSTOMERS = 1000
REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("asked_more", "asked_more"))


def measure(seconds: float) -> dict:
    """Records and reactions a second that were acknowledged, one batch after another."""
    with servers.service() as (port, settings):
        connection, sequence, reactions, spent = http.client.HTTPConnection("127.0.0.1", port), 0, 0, 0.0
        while spent < seconds:
            lines, count = _batch(settings, sequence)
            began = time.perf_counter()
            sequence = _send(connection, settings, lines)
            spent += time.perf_counter() - began
            reactions += count
    return {
        "records_per_second": round(sequence / spent),
        "reactions_per_second": round(reactions / spent),
        "records": sequence,
        "batch": BATCH,
    }


def _batch(settings: Settings, after: int) -> tuple[list[bytes], int]:
    market = shop.read({"discounts": baskets.thirty_rules(), "policy": {}, "version": 1, "built": 0})
    goods = basket.read(baskets.CONTRACT)
    decision = checkout.Decision(market, goods, shop.visit(market, None, {}, {}))
    lines, count = [], 0
    for sequence in range(after + 1, after + 1 + BATCH):
        heard = REACTIONS[sequence % len(REACTIONS)]
        lines.append(_line(settings, decision, sequence, heard))
        count += len(heard)
    return lines, count


def _line(settings: Settings, decision: checkout.Decision, sequence: int, heard: tuple[str, ...]) -> bytes:
    token = customer_token(settings.tenant_key, str(sequence * 7919 % CUSTOMERS))
    progress = checkout.begin(decision)
    for rung, reaction in zip(decision.plan, heard, strict=False):
        progress = checkout.react(decision, progress, rung, reaction, 900)
    outcome = "lost" if heard[-1] == "left" else "sold"
    stamp = checkout_record.Stamp("till-1", 1, sequence, settings.store, 1, sequence, None)
    return event.seal(checkout_record.of_checkout(stamp, f"b{sequence}", token, decision, progress, outcome))


def _send(connection: http.client.HTTPConnection, settings: Settings, lines: list[bytes]) -> int:

    body = b"\n".join(lines)
    key = device_key(settings.master_key, "till-1", 1)
    headers = {
        "Content-Type": "application/x-ndjson",
        "Rung-Device": "till-1",
        "Rung-Epoch": "1",
        "Rung-Signature": signature(key, "POST", "/v1/events", body, "till-1", 1),
    }
    connection.request("POST", "/v1/events", body, headers)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status != 200:
        raise RuntimeError(told.decode())
    return json.loads(told)["acknowledged"]
