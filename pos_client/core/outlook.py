"""What a belief expects of the offers of one ladder, summed over its states: all that a plan needs of it.

Every quantity of a plan is linear in the belief, and all sensitive states leave alike, so of a belief only three masses
matter, and of each rung two sums. Masses are whole numbers; the whole belief has `MASS`.
"""

from pos_client.core import belief
from pos_client.core.model import ONE, Model

MASS = 1 << 28

_TYPES = 2  # states before the sensitive ones: indifferent, hunter
_FIRST = 2 * _TYPES  # byte of a column with the first of these


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
        self._begin, self._end = _held(weights)
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
        """On the straight line between the two bins around the rung.

        A column begins with states that are certain to be satisfied and ends with such as never are: only what lies
        between is multiplied. Low and high bytes apart: no product or sum leaves a board's 31 bits of small integer.
        """
        weights = self._weights
        place = self.model.place(self._depths[rung], later, self._offset)
        part = place & ONE - 1
        lower = self.model.column(place >> 16)
        upper = self.model.column((place >> 16) + 1) if part else lower
        begin = max((len(lower) - len(lower[_FIRST:].lstrip(b"\xff"))) // 2, self._begin)
        end = min((len(upper.rstrip(b"\0")) + 1) // 2, self._end)
        low = high = low_above = high_above = 0
        at = 2 * begin
        for weight in weights[begin:end]:
            low += weight * lower[at]
            low_above += weight * upper[at]
            at += 1
            high += weight * lower[at]
            high_above += weight * upper[at]
            at += 1
        certain = begin  # what is certain is stored as one less
        while certain < end and upper[2 * certain] & upper[2 * certain + 1] == 255:
            low_above += weights[certain]
            certain += 1
        met = (high << 8) + low
        met += (((high_above - high) << 8) + low_above - low) * part >> 16
        return ((sum(weights[_TYPES:begin]) << 16) + met) * MASS // (self._whole << 16)


def _held(weights) -> tuple:
    """Where the sensitive states that have any weight begin and end."""
    begin, end = _TYPES, len(weights)
    while begin < end and not weights[begin]:
        begin += 1
    while begin < end and not weights[end - 1]:
        end -= 1
    return begin, end


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
