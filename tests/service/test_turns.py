"""When many tills come at once a few are inside, the others wait, and nobody else waits with them."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from pricing_service.problem import Problem
from pricing_service.turns import TURN_SECONDS, Turns
from tests.service.places import listening, prepared


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.done: dict[str, asyncio.Event] = {}

    async def __call__(self, scope, receive, send) -> None:
        name = scope["name"]
        self.inside.append(name)
        self.done[name] = asyncio.Event()
        await self.done[name].wait()


class Door:
    """Requests that come to `Turns` around a `Slow` application."""

    def __init__(self, **options) -> None:
        self.app = Slow()
        self.turns = Turns(self.app, lambda scope: scope["signed"], **options)

    async def comes(self, name: str, path: str = "/v1/events", signed: bool = True) -> asyncio.Task[None]:
        async def nothing(*_):
            raise AssertionError("nobody reads or answers here")

        scope = {"type": "http", "path": path, "name": name, "signed": signed}
        task = asyncio.create_task(self.turns(scope, nothing, nothing))
        await self.rest()
        return task

    async def leaves(self, name: str) -> None:
        self.app.done[name].set()
        await self.rest()

    async def rest(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


def test_tills_come_in_one_after_another_in_the_order_they_came() -> None:
    async def day() -> None:
        door = Door(inside=2)
        for number in range(5):
            await door.comes(f"till-{number}")
        assert door.app.inside == ["till-0", "till-1"]
        await door.leaves("till-1")
        assert door.app.inside == ["till-0", "till-1", "till-2"]
        await door.leaves("till-0")
        await door.leaves("till-2")
        assert door.app.inside == [f"till-{number}" for number in range(5)]
        await door.leaves("till-3")
        await door.leaves("till-4")
        await door.comes("later")
        assert door.app.inside[-1] == "later"

    asyncio.run(day())


def test_a_decision_and_a_page_wait_for_no_till() -> None:
    async def day() -> None:
        door = Door(inside=1)
        for number in range(3):
            await door.comes(f"till-{number}", "/v1/snapshots/latest")
        await door.comes("decision", "/v1/decisions")
        await door.comes("page", "/attention")
        assert door.app.inside == ["till-0", "decision", "page"]

    asyncio.run(day())


def test_who_did_not_sign_takes_no_turn() -> None:
    async def day() -> None:
        door = Door(inside=1)
        for number in range(3):
            await door.comes(f"stranger-{number}", signed=False)
        await door.comes("till-0")
        assert door.app.inside[-1] == "till-0"

    asyncio.run(day())


def test_the_body_of_who_did_not_sign_is_not_waited_for(tmp_path: Path) -> None:
    """A hundred who announce a body and never send it are all answered."""
    settings = prepared(tmp_path / "data")
    head = b"POST /v1/events?first=1 HTTP/1.1\r\nHost: rung\r\nContent-Type: application/x-ndjson\r\n"
    with listening(settings) as port, ExitStack() as open_:
        for _ in range(100):
            stranger = open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            stranger.sendall(head + b"Content-Length: 1000\r\n\r\n")
            assert stranger.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_who_does_not_finish_keeps_the_others_out_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def day() -> None:
        now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
        door = Door(inside=1)
        await door.comes("dripping")
        await door.comes("next")
        assert door.app.inside == ["dripping"]
        now += TURN_SECONDS
        await door.rest()
        assert door.app.inside == ["dripping", "next"]
        await door.leaves("dripping")  # its turn is over already and must not count twice
        await door.comes("third")
        now += TURN_SECONDS
        await door.rest()
        await door.comes("fourth")
        now += TURN_SECONDS
        await door.rest()
        assert door.app.inside == ["dripping", "next", "third", "fourth"]
        await door.comes("fifth")
        assert door.app.inside[-1] == "fourth"

    asyncio.run(day())


def test_too_many_are_told_to_come_back() -> None:
    async def day() -> None:
        door = Door(inside=1, most_waiting=2)
        for number in range(3):
            await door.comes(f"till-{number}")
        refused = await door.comes("till-3")
        with pytest.raises(Problem) as told:
            await refused
        assert (told.value.status, told.value.code) == (503, "too-many-tills")
        assert told.value.headers["retry-after"]
        await door.leaves("till-0")
        await door.comes("till-4")
        await door.leaves("till-1")
        await door.leaves("till-2")
        assert door.app.inside[-1] == "till-4"

    asyncio.run(day())


def test_a_place_of_one_who_is_gone_goes_to_the_next() -> None:
    async def day() -> None:
        door = Door(inside=1)
        await door.comes("till-0")
        gone = await door.comes("till-1")
        await door.comes("till-2")
        gone.cancel()
        await door.leaves("till-0")
        assert door.app.inside == ["till-0", "till-2"]

    asyncio.run(day())
