"""The plan: which rungs will be offered, in order, if the customer keeps asking.

A plan is a list of positions on the ladder, ascending. What it is worth, and the best one, follow exactly from the law
of docs/model.md: one requirement a visit, the escalation shift, slips, a hazard to leave by type after each refusal.

The program is backward induction over (rung refused last, refusals so far). That state is enough because a refused
rung says only that the requirement lies above it. Values are mass (`outlook.MASS` is certain) times money, so they are
whole numbers and no unit of money is rounded.
"""

from pos_client.core.model import ONE


class Stakes:
    """What is at stake on a checkout, all in one unit of money.

    ``keeps``: what the shop keeps of the sale with each rung of the ladder. ``lost``: what a customer who leaves costs
    besides. ``question``: what the till time of one offer costs.
    """

    def __init__(self, keeps: list, lost: int, question: int):
        self.keeps = keeps
        self.lost = lost
        self.question = question


def make(policy: str, rungs: int, outlook, stakes: Stakes, most: int) -> list:
    """The plan of a policy by its name, of at most ``most`` offers on a ladder of ``rungs``.

    ``outlook`` is an `Outlook`, or None where there is no model to weigh the ladder by.
    """
    if not rungs or most < 1:
        return []
    if policy == "best_first":
        return [rungs - 1]
    if policy == "hold_firm":
        return [0]
    if policy == "one_by_one":
        return list(range(min(rungs, most)))
    if outlook is None:
        return spread(rungs, most)
    firsts = range(rungs) if policy == "adaptive_start" else range(1)
    return best(outlook, stakes, firsts, most)[1]


def spread(rungs: int, most: int) -> list:
    """The smallest rung, the largest, and others evenly between: the climb of who knows nothing."""
    steps = min(rungs, most) - 1
    return [0] + [(rungs - 1) * step // steps for step in range(1, steps + 1)]


def best(outlook, stakes: Stakes, firsts, most: int) -> tuple:
    """(value, plan) of the best plan that begins with one of ``firsts``.

    Of equal plans the one that begins lower, then the one that asks less, then the one that climbs less.
    """
    steps = steps_of(outlook, min(most, outlook.rungs))
    plans = [_from(outlook, stakes, steps, first) for first in firsts]
    most_worth = plans[0]
    for one in plans[1:]:
        if one[0] > most_worth[0]:
            most_worth = one
    return most_worth


def value(outlook, stakes: Stakes, plan: list) -> int:
    """What a plan is expected to earn, mass times money. 0 for an empty one."""
    if not plan:
        return 0
    steps = steps_of(outlook, len(plan))
    floors = floors_of(outlook, plan[0], plan[-1] + 1)
    worth, floor = -stakes.question * steps[0].reach, 0
    for number, rung in enumerate(plan):
        step = steps[number]
        worth += step.accepts(floors[rung] - floor, rung) * stakes.keeps[rung]
        floor = floors[rung]
        worth += (
            step.ends(stakes, floor, rung) if number + 1 == len(plan) else step.goes_on(stakes, floor, rung)
        )
    return worth


class Step:
    """The offer that is made after ``refusals`` others, and what became of the three types until then.

    ``reach``: mass of those who hear it, only meant for the first. ``sure``: chance, Q16, that a sensitive customer is
    still here and was keyed right. ``always``: mass of who takes whatever this offer is: by a wrong key, and before any
    refusal the indifferent. ``waiting``: of hunters who have not seen the ``top``.
    """

    def __init__(self, outlook, refusals: int, stayed: list):
        model = outlook.model
        right, slip = ONE - model.eps, 33 + refusals  # half of the slips a reaction, and both factors are Q16
        indifferent = model.eps * outlook.indifferent * stayed[0] >> slip
        hunter = model.eps * outlook.hunter * stayed[1] >> slip
        sensitive = model.eps * outlook.sensitive * stayed[2] >> slip
        self.reach = outlook.indifferent + outlook.hunter + outlook.sensitive
        self.sure = right * stayed[2] >> 16
        self.waiting = (right * outlook.hunter >> 16) * stayed[1] >> 16
        self.always = indifferent + hunter + sensitive
        self._at_top = _refused(indifferent, hunter, sensitive, model)
        self._below = _refused(indifferent, hunter + self.waiting, sensitive, model)
        if not refusals:
            self.always += right * outlook.indifferent >> 16
        self._sensitive = outlook.sensitive
        self.top = outlook.rungs - 1
        self._leave = model.leave[2]
        self._leave_end = model.leave_end[2]

    def accepts(self, between: int, rung: int) -> int:
        """Mass of who takes the rung; ``between``: of sensitive customers whom it satisfies and no earlier one did."""
        taken = (self.sure * between >> 16) + self.always
        return taken + self.waiting if rung == self.top else taken

    def refuses(self, floor: int, rung: int) -> tuple:
        """Mass of who refuses the rung, of who then leaves if more comes, and if nothing more comes.

        ``floor``: of sensitive customers whom it or an earlier one satisfies.
        """
        refused, gone, gone_at_end = self._at_top if rung == self.top else self._below
        more = self.sure * (self._sensitive - floor) >> 16
        return refused + more, gone + (more * self._leave >> 16), gone_at_end + (more * self._leave_end >> 16)

    def ends(self, stakes: Stakes, floor: int, rung: int) -> int:
        """What who refuses is worth if nothing more comes: they leave, or buy with this rung."""
        refused, _, gone = self.refuses(floor, rung)
        return (refused - gone) * stakes.keeps[rung] - gone * stakes.lost

    def goes_on(self, stakes: Stakes, floor: int, rung: int) -> int:
        """What who refuses costs if another offer follows: some leave, the others are asked once more."""
        refused, gone, _ = self.refuses(floor, rung)
        return -gone * stakes.lost - (refused - gone) * stakes.question


def _refused(indifferent: int, hunter: int, sensitive: int, model) -> tuple:
    """`Step.refuses` of these masses, without the sensitive customers who need more."""
    leave, end = model.leave, model.leave_end
    gone = indifferent * leave[0] + hunter * leave[1] + sensitive * leave[2] >> 16
    gone_at_end = indifferent * end[0] + hunter * end[1] + sensitive * end[2] >> 16
    return indifferent + hunter + sensitive, gone, gone_at_end


def steps_of(outlook, count: int) -> list:
    """The first ``count`` offers of any plan."""
    stayed = [ONE, ONE, ONE]
    steps = []
    for refusals in range(count):
        steps.append(Step(outlook, refusals, stayed))
        stayed = [stay * (ONE - leave) >> 16 for stay, leave in zip(stayed, outlook.model.leave)]
    return steps


def _from(outlook, stakes: Stakes, steps: list, first: int) -> tuple:
    """(value, plan) of the best plan that begins with ``first``: by induction from its last possible offer."""
    floors = floors_of(outlook, first, outlook.rungs)
    follows = None  # by rung refused last: (value, rung) of the best next offer
    chosen = []
    for number in range(len(steps) - 1, 0, -1):
        follows = _next(steps[number], stakes, floors, first + number - 1, follows)
        chosen.append(follows)
    worth = steps[0].accepts(floors[first], first) * stakes.keeps[first] - stakes.question * steps[0].reach
    value, goes_on = _after(steps[0], stakes, floors[first], first, follows)
    return worth + value, _read(steps, stakes, floors, first, chosen) if goes_on else [first]


def _next(step: Step, stakes: Stakes, floors: list, lowest: int, follows) -> list:
    """By rung refused last, from ``lowest`` on: (value, rung) of the best offer of this step; None at the top.

    ``follows`` is the same of the step after it.
    """
    rungs, keeps, sure, always = len(floors), stakes.keeps, step.sure, step.always
    anyway = [0] * rungs  # what an offer is worth besides the sensitive customers it wins
    for rung in range(lowest + 1, rungs):
        anyway[rung] = always * keeps[rung] + _after(step, stakes, floors[rung], rung, follows)[0]
    anyway[step.top] += step.waiting * keeps[step.top]
    found = []
    for refused in range(lowest, rungs - 1):
        floor = floors[refused]
        best_rung = refused + 1
        most = (sure * (floors[best_rung] - floor) >> 16) * keeps[best_rung] + anyway[best_rung]
        for rung in range(refused + 2, rungs):
            worth = (sure * (floors[rung] - floor) >> 16) * keeps[rung] + anyway[rung]
            if worth > most:
                most, best_rung = worth, rung
        found.append((most, best_rung))
    return [None] * lowest + found + [None]


def _after(step: Step, stakes: Stakes, floor: int, rung: int, follows) -> tuple:
    """(what who refuses this rung is worth, whether another offer follows)."""
    refused, gone, gone_at_end = step.refuses(floor, rung)
    stop = (refused - gone_at_end) * stakes.keeps[rung] - gone_at_end * stakes.lost
    if follows is None or follows[rung] is None:
        return stop, False
    climb = follows[rung][0] - gone * stakes.lost - (refused - gone) * stakes.question
    return (climb, True) if climb > stop else (stop, False)


def _read(steps: list, stakes: Stakes, floors: list, first: int, chosen: list) -> list:
    """The plan that the induction chose; ``chosen`` holds the last step first."""
    plan = [first]
    for number in range(1, len(steps)):
        plan.append(chosen[-number][plan[-1]][1])
        follows = chosen[-number - 1] if number + 1 < len(steps) else None
        if not _after(steps[number], stakes, floors[plan[-1]], plan[-1], follows)[1]:
            break
    return plan


def floors_of(outlook, first: int, rungs: int) -> list:
    """Mass of the sensitive customers whom a rung or an earlier one of the plan satisfies, from ``first`` on."""
    at_first = outlook.first(first)
    later = [max(at_first, outlook.later(rung)) for rung in range(first + 1, rungs)]
    return [0] * first + [at_first] + later
