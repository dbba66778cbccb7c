"""The guard over the cashiers of one simulated store, as the service runs it."""

from collections.abc import Container

from models import guard_law, guard_norm, guard_watch
from models.guard_law import Alarm, Sight


class Guards:
    """What is kept of each cashier. ``distrusted`` ones are nobody's others."""

    def __init__(self, cashiers: int, distrusted: Container[int] = ()) -> None:
        self._distrusted = distrusted
        self._watches = [guard_watch.begin() for _ in range(cashiers)]
        self._norms = [guard_norm.norm([]) for _ in range(cashiers)]
        self._compared = [-guard_norm.SOON] * cashiers

    def see(self, cashier: int, sight: Sight, position: int) -> None:
        """One more record."""
        watch = self._watches[cashier]
        if guard_norm.due(watch, self._norms[cashier], self._compared[cashier]):
            self._compare(cashier)
        guard_law.step(watch, self._norms[cashier], sight, position)

    def alarm(self, cashier: int) -> Alarm | None:
        """Before anybody is distrusted, it is looked again what the others do."""
        if guard_law.alarm(self._watches[cashier], self._norms[cashier]):
            self._compare(cashier)
            return guard_law.alarm(self._watches[cashier], self._norms[cashier])
        return None

    def forget(self, cashier: int) -> None:
        """Evidence begins anew."""
        guard_watch.forget(self._watches[cashier])

    def _compare(self, cashier: int) -> None:
        self._norms[cashier] = guard_norm.norm(
            [
                watch
                for other, watch in enumerate(self._watches)
                if other != cashier and other not in self._distrusted
            ]
        )
        self._compared[cashier] = self._watches[cashier].records
