"""The integer tables of one release, as a snapshot carries them.

Probabilities are Q16 (65536 is certain), places among the depth bins and features of a basket are Q16 too.
"""

from array import array

from pos_client.core import feature
from pos_client.core.record import Damaged

ONE = 65536


class Model:
    """``tables`` is the ``model`` member of a snapshot; ``column(bin)`` reads the 2 * states bytes of one depth bin, so
    that a till never holds the whole table in memory.

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
        place = (low << 16) + ((scaled - depths[low]) << 16) // (depths[high] - depths[low])
        place -= offset + (self.shift << 16 if later else 0)
        return min(max(place, 0), len(depths) - 1 << 16)

    def curve(self, place: int) -> list:
        """F of every state at a place, Q16, on the straight line between the two bins around it."""
        part = place & 65535
        low = self._bin(place >> 16)
        if not part:
            return low
        high = self._bin((place >> 16) + 1)
        return [a + ((b - a) * part + 32768 >> 16) for a, b in zip(low, high)]

    def column(self, number: int) -> bytes:
        """F of every state at a depth bin as stored: u16, little endian, certain is 65535."""
        raw = self._column(number)
        if len(raw) != 2 * self.states:
            raise Damaged("model-column", "fetch the snapshot again")
        return raw

    def _bin(self, number: int) -> list:
        raw = self.column(number)
        values = [raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2)]
        return [value + value // 65535 for value in values]  # certain is stored as 65535
