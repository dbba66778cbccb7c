"""The integer tables of one release, as a snapshot carries them.

Probabilities are Q16 (65536 is certain), places among the depth bins and features of a basket are Q16 too.
"""

from array import array

from pos_client.core import feature
from pos_client.core.record import Damaged

ONE = 65536
TYPES = 2  # states before the sensitive ones: indifferent, hunter

_RECENT = 16  # columns, some 300 bytes each: a ladder has more seldom
_PLACES = 32  # the longest ladder has so many


class Model:
    """``tables`` is the ``model`` member of a snapshot; ``column(bin, count)`` reads the 2 * states bytes of each of
    some depth bins, so that a till never holds the whole table in memory.

    Two members are there only where the release has them. ``covariates``: objects of a ``feature``, its ``centre`` and
    how many ``bins`` one more of it raises the requirement. ``cohorts``: an object of the ``feature`` and the ``cuts``
    that tell them apart, and the ``populations``, one more than cuts; ``population`` then is their mixture.
    """

    def __init__(self, tables: dict, column):
        self.release = tables["release"]
        self.states = tables["states"]
        self.depths = array("I", tables["depths"])  # half of what a list takes; a device keeps it
        self.shift = tables["shift"]
        self.eps = tables["eps"]
        self.leave = tables["leave"]
        self.leave_end = tables["leave_end"]
        self.population = array("I", tables["population"])
        self.drift = tables["drift"]
        self.covariates = [
            (one["feature"], one["centre"], one["bins"]) for one in tables.get("covariates", ())
        ]
        self.cohorts = tables.get("cohorts")
        self._column = column
        self._recent = {}  # what was looked up last: a shop's rules come to the same few depths
        self._places = {}
        if not (len(self.depths) > 1 and 0 < self.eps < ONE and self._is_whole() and self._is_allowed()):
            raise Damaged("model-tables", "fetch the snapshot again")

    def _is_whole(self) -> bool:
        populations = [self.population]
        if self.cohorts:
            populations += self.cohorts["populations"]
            if len(self.cohorts["cuts"]) + 2 != len(populations):
                return False
        return all([len(one) == self.states and sum(one) == ONE for one in populations])

    def _is_allowed(self) -> bool:
        names = [name for name, _, _ in self.covariates]
        if self.cohorts:
            names.append(self.cohorts["feature"])
        return all([name in feature.ALLOWED for name in names])

    def population_of(self, cohort):
        """The weights of who nobody has met, sum `ONE`; of everybody where the cohort is not known (None)."""
        return self.population if cohort is None or not self.cohorts else self.cohorts["populations"][cohort]

    def place(self, depth: int, later: bool, offset: int = 0) -> int:
        """Where a depth lies among the bins, Q16.

        From the second offer on it counts as ``shift`` bins less, and on this visit as ``offset`` (Q16) less.
        """
        place = self._places.get(depth)
        if place is None:
            place = self._place(depth)
            if len(self._places) >= _PLACES:
                self._places = {}
            self._places[depth] = place
        place -= offset
        if later:
            place -= self.shift << 16
        if place < 0:
            return 0
        return min(place, len(self.depths) - 1 << 16)

    def _place(self, depth: int) -> int:
        depths = self.depths
        scaled = min(max(depth * 256, depths[0]), depths[-1])
        low = 0
        high = len(depths) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if depths[middle] <= scaled:
                low = middle
            else:
                high = middle
        return (low << 16) + ((scaled - depths[low]) << 16) // (depths[high] - depths[low])

    def curve(self, place: int) -> list:
        """F of every state at a place, Q16, on the straight line between the two bins around it."""
        part = place & 65535
        low, high, _, _ = self.around(place)
        low = [value + value // 65535 for value in low[: self.states]]  # certain is stored as 65535
        if not part:
            return low
        high = [value + value // 65535 for value in high]
        return [a + ((b - a) * part + 32768 >> 16) for a, b in zip(low, high)]

    def around(self, place: int) -> tuple:
        """(F by state as stored, at the depth bin below a place; at the one above it; the first sensitive state that
        is not certain at the lower one; where those end that have any chance at the upper one).

        From one sensitive state to the next F falls or stays. The last few are kept, because flash is slow.
        """
        number = place >> 16
        found = self._recent.get(number)
        if found is None:
            found = self._read(number)
            if len(self._recent) >= _RECENT:
                self._recent = {}
            self._recent[number] = found
        return found

    def _read(self, number: int) -> tuple:
        count = min(2, len(self.depths) - number)
        states = self.states
        raw = self._column(number, count)
        if len(raw) != 2 * states * count:
            raise Damaged("model-column", "fetch the snapshot again")
        lower = array("H", raw)
        upper = memoryview(lower)[-states:]
        certain = _until(lower, TYPES, states, 65535)
        return lower, upper, certain, _until(upper, certain, states, 1)


def _until(column, begin: int, end: int, least: int) -> int:
    """Where those end, of a falling column's values from ``begin`` to before ``end``, that are ``least`` or more."""
    while begin < end:
        middle = begin + end >> 1
        if column[middle] < least:
            end = middle
        else:
            begin = middle + 1
    return begin
