"""What lies between tills and service: requests and answers that are lost, late, doubled, torn, or overtaken."""

from collections.abc import Callable

from pos_client.link import LinkDown
from tests.simulator import forger
from tests.simulator.faults import CALM
from tests.simulator.loop import Waiting
from tests.simulator.service import Backend
from tests.simulator.web import Answer, Asked
from tests.simulator.world import World

Tell = Callable[[Answer], None]
LATE = (10_500, 70_000)  # milliseconds after which a late request arrives: the till has given up


class Network:
    """Carries requests to the service and answers back, as the weather allows."""

    def __init__(self, world: World, backend: Backend) -> None:
        self.world, self.backend = world, backend
        self.weather = world.weather
        self._chance = world.chance("network")
        self.sent = 0
        self.under_way = 0  # requests that will still arrive
        self._newest_arrived = 0
        self._forger = forger.Forger(world.chance("forger"))
        self._taken: set[tuple[int, str]] = (
            set()
        )  # requests that were answered as a till's own, by their signature

    def calm(self) -> None:
        """From now on everything arrives; what is under way still does, late or doubled."""
        self.weather = CALM

    def ask(self, who: str, asked: Asked, deadline_ms: int) -> Waiting:
        """A request sent by ``who``: the waiting ends with (status, headers, body) or `LinkDown`."""
        waiting, loop = Waiting(), self.world.loop
        self.sent += 1
        number, fate = self.sent, self._fate()
        if fate:
            self.world.say("{} #{}: {}", who, number, fate)
            self.world.count(fate)
        loop.after(deadline_ms, lambda: waiting.fail(LinkDown("no answer in time")))
        if fate == "answer-false":
            false = self._forger.answer(who, asked)
            self.world.say("{} #{}: is told {} {}", who, number, false[0], false[2][:160])
            loop.after(self._chance.randrange(2, 40), lambda: waiting.wake(false))
        elif fate not in ("request-lost", "hang"):
            tell = self._back(who, number, fate, waiting)
            delay = self._chance.randrange(*LATE) if fate == "request-late" else self._chance.randrange(2, 40)
            self._carry(delay, who, number, asked, fate, tell)
            if fate == "duplicate":
                again = delay + self._chance.randrange(1, 60_000)
                self._carry(again, who, number, asked, "", _unheard)
        return waiting

    def _carry(self, delay: int, who: str, number: int, asked: Asked, fate: str, tell: Tell) -> None:
        self.under_way += 1
        self.world.loop.after(delay, lambda: self._arrive(who, number, asked, fate, tell))

    def _fate(self) -> str:
        for name, share in self.weather.shares.items():
            if self._chance.random() < share:
                return name
        return ""

    def _arrive(self, who: str, number: int, asked: Asked, fate: str, tell: Tell) -> None:
        self.under_way -= 1
        if number < self._newest_arrived:
            self.world.count("overtaken")
        self._newest_arrived = max(number, self._newest_arrived)
        if fate == "error-before":
            tell(_ERROR)
        elif not self.backend.serve(asked, lambda answer: self._answered(who, asked, answer, tell)):
            self.world.count("nobody listens")
            tell(_DOWN)

    def _answered(self, who: str, asked: Asked, answer: Answer, tell: Tell) -> None:
        """No request is taken twice, however often it arrives, by a service that was not set back in between."""
        self._forger.overhear(who, asked, answer)
        request = (self.backend.restores, asked.signature)
        if answer[0] in (200, 204, 409):
            if request in self._taken:
                self.world.faults.append(f"a repeated {asked.target} of {who} was answered {answer[0]}")
            self._taken.add(request)
        tell(answer)

    def _back(self, who: str, number: int, fate: str, waiting: Waiting) -> Tell:
        """How an answer finds its way back to who waits for it."""

        def tell(answer: Answer) -> None:
            self.world.say("{} #{}: answered {} {}", who, number, answer[0], answer[2][:160])
            self.world.count(f"answer {answer[0]}")
            if fate in ("answer-lost", "answer-late", "request-late"):
                return  # the connection it would have come over is closed
            if answer is _DOWN:
                waiting.fail(LinkDown("no connection: refused"))
                return
            if fate == "error-after":
                answer = _ERROR
            elif fate == "answer-torn":
                answer = answer[0], answer[1], answer[2][: self._chance.randrange(len(answer[2]) + 1)]
            self.world.loop.after(self._chance.randrange(2, 40), lambda: waiting.wake(answer))

        return tell


_ERROR: Answer = (500, {}, b'{"code": "internal-error"}')
_DOWN: Answer = (0, {}, b"")


def _unheard(_answer: Answer) -> None:
    """A doubled request's second answer goes nowhere."""


class Link:
    """`pos_client.link` as one machine sees it."""

    def __init__(self, network: Network, who: str) -> None:
        self._network, self._who = network, who

    async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes) -> tuple:
        whole = b"".join(body) if type(body) is list else body  # a small machine sends a record in pieces
        asked = Asked(method, path, headers, whole)
        status, got, answer = await self._network.ask(self._who, asked, deadline_ms)
        if len(answer) > most_bytes:
            raise LinkDown("the answer is too large")
        _check_whole(got, answer)
        return status, got, answer

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes) -> tuple:
        asked = Asked("GET", path, headers, b"")
        status, got, answer = await self._network.ask(self._who, asked, deadline_ms)
        if status == 200:
            for at in range(0, len(answer), _BLOCK):
                into.write(answer[at : at + _BLOCK])
        _check_whole(got, answer)
        return status, got, b"" if status == 200 else answer


def _check_whole(got: dict, answer: bytes) -> None:
    if len(answer) < int(got.get("content-length", 0)):
        raise LinkDown("the answer is cut short")


_BLOCK = 16384
