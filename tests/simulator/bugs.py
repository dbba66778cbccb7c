"""Known mistakes, planted one at a time: a simulator that does not find them proves nothing.

Each is a context manager; while it lasts, one function of the real code is a wrong one.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any

from pos_client.journal import Journal
from pos_client.outgoing import pending
from pos_client.signing import Signer
from pos_client.sync import Sync
from pricing_service import belief_store, event_store, fleet, standing
from pricing_service.counters import Counters
from pricing_service.delivery import Delivery
from pricing_service.intake import Intake
from tests.simulator.service import Running

Planted = Callable[[], AbstractContextManager]


@contextmanager
def _swapped(owner: Any, name: str, wrong: Any) -> Iterator[None]:
    right = vars(owner)[name]
    setattr(owner, name, wrong)
    try:
        yield
    finally:
        setattr(owner, name, right)


def acknowledged_before_commit() -> AbstractContextManager:
    """The answer leaves as soon as the job has run; the commit comes later, if it comes."""

    class Later(Exception):
        pass

    async def write_soon(self: Running, job: Callable) -> Any:
        told = []

        def tried(connection: Any) -> None:
            told.append(job(connection))
            raise Later

        trial = self.writer.submit(tried)
        self.writer.commit()
        if not isinstance(trial.exception(), Later):
            raise trial.exception() or AssertionError
        self.writer.submit(job)
        self._commit_soon()
        return told[0]

    return _swapped(Running, "write_soon", write_soon)


def gaps_accepted() -> AbstractContextManager:
    """What comes behind a missing record is taken all the same, whatever history its till speaks of."""
    right = Delivery.batch

    def batch(self: Delivery) -> Any:
        return right(self._replace(history=""))

    return _all(_swapped(Delivery, "batch", batch), _swapped(Intake, "sort", _sorted_behind_gaps))


def _sorted_behind_gaps(self: Intake, first: int) -> Any:
    self.receipt.acknowledged = max(self.receipt.acknowledged, first - 1)
    return _SORT(self, first)


_SORT = Intake.sort


@contextmanager
def _all(*planted: AbstractContextManager) -> Iterator[None]:
    with ExitStack() as stack:
        for one in planted:
            stack.enter_context(one)
        yield


def hash_not_compared() -> AbstractContextManager:
    """A record under a known number is taken for the one that is there."""

    def again(self: Intake, line: Any, sequence: int) -> None:
        self.receipt.duplicates += 1

    return _swapped(Intake, "_again", again)


def known_by_checkout_id() -> AbstractContextManager:
    """Duplicates are known by the checkout's id, and ids are remembered for the last few records only."""
    right = Intake._take
    recent: list[str] = []

    def take(self: Intake, line: Any, sequence: int) -> None:
        name = line.record.get("checkout_id", "")
        if sequence <= self.receipt.acknowledged or name not in recent:
            right(self, line, sequence)
        else:
            self.receipt.acknowledged = sequence
        recent[:] = [*recent[-3:], name]

    return _swapped(Intake, "_take", take)


def known_elsewhere_forgotten() -> AbstractContextManager:
    """What came under another epoch of the same till is taken once more."""
    return _swapped(event_store, "_elsewhere", lambda connection, batch: set())


def new_history_not_heard() -> AbstractContextManager:
    """A till believes its marks whatever the service was set back to."""
    return _swapped(Journal, "begin_history", lambda self, history: setattr(self, "history", history))


def history_not_renewed() -> AbstractContextManager:
    """The service is set back and does not say so."""
    return _swapped(standing, "begin_history", standing.touch)


def renewed_behind_the_conflict() -> AbstractContextManager:
    """The new epoch begins one record too late."""
    right = fleet.renew

    def renew(connection: Any, device: str, epoch: int, store: str, resume: int, counter: int) -> Any:
        return right(connection, device, epoch, store, resume + 1, counter)

    return _swapped(fleet, "renew", renew)


def marked_before_heard() -> AbstractContextManager:
    """A till lets records go when it has sent them."""
    right = Sync._send

    async def send(self: Sync) -> None:
        batch = pending(self._journal, self._outgoing.room)
        self._journal.acknowledge(batch[-1][0])
        self._journal.acknowledged = batch[0][0] - 1
        await right(self)

    return _swapped(Sync, "_send", send)


def unsigned_acknowledgement_believed() -> AbstractContextManager:
    """Any answer that looks like an acknowledgement is one, an old one of somebody on the way included."""
    return _swapped(Signer, "is_ours", lambda self, sent, status, headers, body: True)


def counters_forgotten() -> AbstractContextManager:
    """A restarted service takes any counter, those it saw before included."""

    def take(self: Counters, device: str, epoch: int, stored: int, counter: int) -> int | None:
        highest = self._highest.get((device, epoch), 0)
        self._highest[device, epoch] = max(highest, counter)
        return None if counter > highest else highest + 1

    return _swapped(Counters, "take", take)


def learnt_later() -> AbstractContextManager:
    """Beliefs are brought up to the log in a transaction of their own, if the service lives to see it."""
    right, take = event_store._learn, Running.take
    told: list[Any] = []

    async def taken(self: Running, delivery: Delivery) -> Any:
        receipt = await take(self, delivery)
        if told:
            self.writer.submit(partial(_learnt, right, told.pop()))
            self._commit_soon()
        return receipt

    return _all(
        _swapped(event_store, "_learn", lambda connection, known: told.append(known)),
        _swapped(Running, "take", taken),
    )


def _learnt(learn: Callable, told: Any, connection: Any) -> None:
    learn(connection, told)


def learnt_again() -> AbstractContextManager:
    """What a till sends again is learnt again."""
    right = belief_store.believe

    def believe(connection: Any, model: Any, records: list, *more: Any) -> None:
        right(connection, model, records, *more)
        if len(records) > 2:
            right(connection, model, records[-1:], *more)

    return _swapped(belief_store, "believe", believe)


ALL: dict[str, Planted] = {
    name.replace("_", " "): planted
    for name, planted in list(globals().items())
    if callable(planted) and getattr(planted, "__module__", "") == __name__ and not name.startswith("_")
    if name != "Planted"
}
