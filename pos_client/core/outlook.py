"""What a belief expects of the offers of one ladder, summed over its states: all that a plan needs of it.

Every quantity of a plan is linear in the belief, and all sensitive states leave alike, so of a belief only three masses
matter, and of each rung two sums. Masses are whole numbers; the whole belief has `MASS`.
"""

from pos_client.core import belief
from pos_client.core.model import TYPES, Model

MASS = 1 << 28

_LEAST = -(1 << 30)  # small integer of a board of 32 bits


class Outlook:
    """``indifferent``, ``hunter``, ``sensitive``: mass of each type. ``weights`` as in `belief`, any total above 0.

    ``depths`` of the rungs in basis points, smallest first; ``offset`` of the basket as `belief.offset` gives it.
    """

    def __init__(self, model: Model, weights, depths: list, offset: int = 0):
        whole = sum(weights)
        self.model = model
        self.rungs = len(depths)
        self.indifferent = weights[0] * MASS // whole
        self.hunter = weights[1] * MASS // whole
        self.sensitive = MASS - self.indifferent - self.hunter
        self._asked = weights, depths, offset
        self._first = {}
        self._later = []

    def floors(self, first: int, rungs: int) -> list:
        """Mass of the sensitive customers whom a rung or an earlier one of the plan satisfies, for the first ``rungs``
        rungs and a plan that begins with ``first``; a later offer counts less by the escalation shift."""
        weights, depths, offset = self._asked
        if first not in self._first:
            self._first[first] = _met(self.model, weights, depths[first : first + 1], False, offset)[0]
        if not self._later and first + 1 < rungs:
            self._later = [0] + _met(self.model, weights, depths[1:], True, offset)
        at_first = self._first[first]
        return [0] * first + [at_first] + [max(at_first, met) for met in self._later[first + 1 : rungs]]


def _met(model: Model, weights, depths: list, later: bool, offset: int) -> list:
    """Mass of the sensitive customers whom an offer of each depth satisfies, on the straight line between two bins.

    A column begins with states that are certain to be satisfied, which is stored as one less, and ends with such as
    never are: only what lies between is multiplied. Products are small integers on a board too, and sums that begin at
    its least small integer are for as long as they can be.
    """
    whole = sum(weights) << 16
    least, most = _held(weights)
    out = []
    for depth in depths:
        place = model.place(depth, later, offset)
        lower, upper, begin, end = model.around(place)
        if begin < least:
            begin = least
        if end > most:
            end = most
        low = above = _LEAST
        for at in range(begin, end):
            weight = weights[at]
            low += weight * lower[at]
            above += weight * upper[at]
        at = begin
        while at < end and upper[at] == 65535:  # certain
            above += weights[at]
            at += 1
        low += (sum(weights[TYPES:begin]) << 16) + ((above - low) * (place & 65535) >> 16) - _LEAST
        out.append(low * MASS // whole)
    return out


def _held(weights) -> tuple:
    """Where the sensitive states that have any weight begin and end."""
    begin, end = TYPES, len(weights)
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
