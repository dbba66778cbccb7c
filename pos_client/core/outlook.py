"""What a belief expects of the offers of one ladder, summed over its states: all that a plan needs of it.

Every quantity of a plan is linear in the belief, and all sensitive states leave alike, so of a belief only three masses
matter, and of each rung two sums. Masses are whole numbers; the whole belief has `MASS`.
"""

from pos_client.core import belief
from pos_client.core.model import ONE, Model

MASS = 1 << 28

_TYPES = 2  # states before the sensitive ones: indifferent, hunter


class Outlook:
    """``indifferent``, ``hunter``, ``sensitive``: mass of each type. ``weights`` as in `belief`, any total above 0.

    ``depths`` of the rungs in basis points, smallest first; ``offset`` of the basket as `belief.offset` gives it.
    """

    def __init__(self, model: Model, weights, depths: list, offset: int = 0):
        self.model = model
        self.rungs = len(depths)
        self._weights = weights
        self._whole = sum(weights)
        self._depths = depths
        self._offset = offset
        self._before = None
        self._first = {}
        self._later = {}
        self.indifferent = weights[0] * MASS // self._whole
        self.hunter = weights[1] * MASS // self._whole
        self.sensitive = MASS - self.indifferent - self.hunter

    def first(self, rung: int) -> int:
        """Mass of the sensitive customers whom this rung satisfies as the first offer of a visit."""
        if rung not in self._first:
            self._first[rung] = self._met(rung, False)
        return self._first[rung]

    def later(self, rung: int) -> int:
        """The same of a later offer, which counts less by the escalation shift."""
        if rung not in self._later:
            self._later[rung] = self._met(rung, True)
        return self._later[rung]

    def _met(self, rung: int, later: bool) -> int:
        place = self.model.place(self._depths[rung], later, self._offset)
        part = place & ONE - 1
        met = self._sum(self.model.column(place >> 16))
        if part:
            met += (self._sum(self.model.column((place >> 16) + 1)) - met) * part >> 16
        return met * MASS // (self._whole << 16)

    def _sum(self, column: bytes) -> int:
        """Weights times a column, Q16. The ends of a column are all certain and all nothing: only between is counted.

        Low and high bytes apart: no product or sum leaves the 31 bits of a small integer on a board.
        """
        weights, before = self._weights, self._cumulated()
        curve = column[2 * _TYPES :]
        begin = (len(curve) - len(curve.lstrip(b"\xff"))) // 2
        end = (len(curve.rstrip(b"\0")) + 1) // 2
        low = high = 0
        at = 2 * begin
        for weight in weights[_TYPES + begin : _TYPES + end]:
            low += weight * curve[at]
            at += 1
            high += weight * curve[at]
            at += 1
        return (before[begin] << 16) + (high << 8) + low

    def _cumulated(self) -> list:
        """Weight of all sensitive states before each."""
        if self._before is None:
            self._before = [0]
            whole = 0
            for weight in self._weights[_TYPES:]:
                whole += weight
                self._before.append(whole)
        return self._before


def of(model: Model, basket, visit, ladder: list) -> Outlook:
    """What is expected of this visit's ladder: from the customer's belief as of today, or from their population.

    ``visit`` is an `eligibility.Visit`. Of a known customer whose first visit this is, the basket decides the cohort.
    """
    cohort = visit.facts.get("cohort")
    held, since = visit.belief or ([], 0)
    if len(held) != model.states or sum(held) < 1 or (model.cohorts and cohort is None):
        weights = model.population_of(belief.cohort_of(model, basket) if visit.known else None)
    else:
        weights = belief.faded(model, held, visit.day - since, cohort)
    return Outlook(model, weights, [rung.depth for rung in ladder], belief.offset(model, basket))
