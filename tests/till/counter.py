"""A till at a counter, made of real parts on fakes, and served on a socket of this machine."""

import asyncio
import http.client
import json
import threading
from contextlib import contextmanager
from types import SimpleNamespace

from pos_client import server
from pos_client.core import snapshot
from pos_client.journal import Journal
from pos_client.till import Till
from tests.fakes import HandClock, MemoryStorage

IDENTITY = {
    "device": "till-1",
    "epoch": 1,
    "store": "sample",
    "key": "11" * 32,
    "tenant_key": "22" * 32,
    "language": "en",
}

DISCLOSURE = "This price was personalised by automated decision-making."

RULES = [
    {"id": "card", "label": "Card 3%", "kind": "percent", "rate": 300},
    {"id": "spring", "label": "Spring 5%", "kind": "percent", "rate": 500, "disclosure": DISCLOSURE},
    {"id": "team", "label": "Team 10%", "kind": "percent", "rate": 1000},
    {"id": "gesture", "label": "Goodwill", "kind": "goodwill", "amount": 200},
]

BASKET = {"currency": "EUR", "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299}]}


def signed_snapshot(rules: list, policy: dict | None = None, built: int = 1_795_000_000) -> bytes:
    """A snapshot of the store ``sample`` with these rules and no model, as its service would send it."""
    meta = {
        "format": 1,
        "version": 1,
        "built": built,
        "history": "h",
        "store": "sample",
        "model": None,
        "discounts": rules,
        "policy": policy or {"most_stacked": 1},
        "through": {},
        "budgets": {},
    }
    return snapshot.sign(snapshot.encode(meta, b"", []), bytes.fromhex(IDENTITY["key"]))


def make_till(
    rules: list = RULES, policy: dict | None = None, storage: MemoryStorage | None = None, **identity
) -> Till:
    data = signed_snapshot(rules, policy)
    rulebook = snapshot.Snapshot(lambda offset, length: data[offset : offset + length], len(data))
    return Till({**IDENTITY, **identity}, HandClock(), Journal(storage or MemoryStorage()), 1, rulebook)


class Served:
    """A till behind its real server on ``port``; ``run(f)`` runs f in the server's thread."""

    def __init__(self, app, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.app, self.loop, self.port = app, loop, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, work):
        async def inside():
            return work()

        return asyncio.run_coroutine_threadsafe(inside(), self.loop).result(120)

    def ask(self, method: str, path: str, body=None, headers: dict | None = None) -> SimpleNamespace:
        """One request. ``body`` is sent as JSON unless it is bytes; JSON answers come back parsed in ``.json``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        parsed = (
            json.loads(content) if "json" in response.headers.get("Content-Type", "") and content else None
        )
        return SimpleNamespace(status=response.status, headers=response.headers, body=content, json=parsed)


@contextmanager
def serving(app, *beside):
    """Serve ``app`` on a free port of this machine until the end of the block, with coroutines running beside it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = []  # asyncio itself holds its tasks weakly

    async def started():
        running.extend([asyncio.ensure_future(work) for work in beside])
        return await app.listen("127.0.0.1", 0)

    async def wound_up():
        app.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        _, waiting = await asyncio.wait(left, timeout=0.2) if left else (left, left)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.wait_for(listener.wait_closed(), 60)

    listener = asyncio.run_coroutine_threadsafe(started(), loop).result(120)
    try:
        yield Served(app, loop, listener.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(wound_up(), loop).result(120)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def served(till, **options):
    """Serve ``till`` on a free port of this machine until the end of the block."""
    return serving(server.application(till, **options))
