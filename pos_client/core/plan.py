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
    floors = outlook.floors(plan[0], plan[-1] + 1)
    worth, floor = -_asked(outlook, stakes), 0
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

    ``sure``: chance, Q16, that a sensitive customer is still here and was keyed right. ``always``: mass of who takes
    whatever this offer is: by a wrong key, and before any refusal the indifferent. ``waiting``: of hunters who have not
    seen the top. ``at_top`` and ``below``: what `refuses` tells of all but the sensitive customers who need more.
    """

    def __init__(self, outlook, refusals: int, stayed: tuple):
        model = outlook.model
        eps, right = model.eps, ONE - model.eps
        slip = 33 + refusals  # half of the slips a reaction, and both factors are Q16
        indifferent = eps * stayed[0] * outlook.indifferent >> slip
        hunter = eps * stayed[1] * outlook.hunter >> slip
        sensitive = eps * stayed[2] * outlook.sensitive >> slip
        always = indifferent + hunter + sensitive
        waiting = (right * outlook.hunter >> 16) * stayed[1] >> 16
        leave, end = model.leave, model.leave_end
        gone = indifferent * leave[0] + hunter * leave[1] + sensitive * leave[2]
        gone_at_end = indifferent * end[0] + hunter * end[1] + sensitive * end[2]
        self.at_top = always, gone >> 16, gone_at_end >> 16
        self.below = always + waiting, gone + waiting * leave[1] >> 16, gone_at_end + waiting * end[1] >> 16
        self.waiting = waiting
        self.always = always if refusals else always + (right * outlook.indifferent >> 16)
        self.sure = right * stayed[2] >> 16
        self.of = outlook

    def accepts(self, between: int, rung: int) -> int:
        """Mass of who takes the rung; ``between``: of sensitive customers whom it satisfies and no earlier one did."""
        taken = (self.sure * between >> 16) + self.always
        return taken + self.waiting if rung == self.of.rungs - 1 else taken

    def refuses(self, floor: int, rung: int) -> tuple:
        """Mass of who refuses the rung, of who then leaves if more comes, and if nothing more comes.

        ``floor``: of sensitive customers whom it or an earlier one satisfies.
        """
        refused, gone, gone_at_end = self.at_top if rung == self.of.rungs - 1 else self.below
        more = self.sure * (self.of.sensitive - floor) >> 16
        leave, leave_end = self.of.model.leave[2], self.of.model.leave_end[2]
        return refused + more, gone + (more * leave >> 16), gone_at_end + (more * leave_end >> 16)

    def ends(self, stakes: Stakes, floor: int, rung: int) -> int:
        """What who refuses is worth if nothing more comes: they leave, or buy with this rung."""
        refused, _, gone = self.refuses(floor, rung)
        return (refused - gone) * stakes.keeps[rung] - gone * stakes.lost

    def goes_on(self, stakes: Stakes, floor: int, rung: int) -> int:
        """What who refuses costs if another offer follows: some leave, the others are asked once more."""
        refused, gone, _ = self.refuses(floor, rung)
        return -gone * stakes.lost - (refused - gone) * stakes.question


def steps_of(outlook, count: int) -> list:
    """The first ``count`` offers of any plan."""
    indifferent = hunter = sensitive = ONE  # chance, Q16, to be still here
    leave = outlook.model.leave
    steps = []
    for refusals in range(count):
        steps.append(Step(outlook, refusals, (indifferent, hunter, sensitive)))
        indifferent = indifferent * (ONE - leave[0]) >> 16
        hunter = hunter * (ONE - leave[1]) >> 16
        sensitive = sensitive * (ONE - leave[2]) >> 16
    return steps


def _asked(outlook, stakes: Stakes) -> int:
    """What the first offer costs in till time: everybody hears it."""
    return stakes.question * (outlook.indifferent + outlook.hunter + outlook.sensitive)


def _from(outlook, stakes: Stakes, steps: list, first: int) -> tuple:
    """(value, plan) of the best plan that begins with ``first``: by induction from its last possible offer."""
    floors = outlook.floors(first, outlook.rungs)
    follows = {}
    chosen = []
    for number in range(len(steps) - 1, 0, -1):
        end = outlook.rungs - 1 if number > 1 else min(first + 1, outlook.rungs - 1)
        follows = _next(steps[number], stakes, floors, first + number - 1, end, follows)
        chosen.append(follows)
    worth = steps[0].accepts(floors[first], first) * stakes.keeps[first] - _asked(outlook, stakes)
    after, goes_on = _after(steps[0], stakes, floors, first, first + 1, follows)[0]
    return worth + after, _read(chosen, first) if goes_on else [first]


def _next(step: Step, stakes: Stakes, floors: list, lowest: int, end: int, follows: dict) -> dict:
    """By rung refused last, from ``lowest`` to before ``end``: (value, rung, whether another offer follows) of the best
    offer of this step. ``follows`` is the same of the step after it."""
    rungs, keeps, sure, always = len(floors), stakes.keeps, step.sure, step.always
    after = _after(step, stakes, floors, lowest + 1, rungs, follows)
    anyway = [0] * (lowest + 1)  # what an offer is worth besides the sensitive customers it wins
    for worth, _ in after:
        anyway.append(always * keeps[len(anyway)] + worth)
    anyway[-1] += step.waiting * keeps[-1]
    found = {}
    for refused in range(lowest, end):
        floor = floors[refused]
        best_rung = refused + 1
        most = (sure * (floors[best_rung] - floor) >> 16) * keeps[best_rung] + anyway[best_rung]
        for rung in range(refused + 2, rungs):
            worth = (sure * (floors[rung] - floor) >> 16) * keeps[rung] + anyway[rung]
            if worth > most:
                most, best_rung = worth, rung
        found[refused] = most, best_rung, after[best_rung - lowest - 1][1]
    return found


def _after(step: Step, stakes: Stakes, floors: list, begin: int, end: int, follows: dict) -> list:
    """(what who refuses it is worth, whether another offer follows) of each rung from ``begin`` to before ``end``."""
    keeps, lost, question = stakes.keeps, stakes.lost, stakes.question
    sure, sensitive = step.sure, step.of.sensitive
    leave, leave_end = step.of.model.leave[2], step.of.model.leave_end[2]
    refused, gone, gone_at_end = step.below
    out = []
    for rung in range(begin, end):
        if rung == len(keeps) - 1:
            refused, gone, gone_at_end = step.at_top
        more = sure * (sensitive - floors[rung]) >> 16
        here, away = refused + more, gone_at_end + (more * leave_end >> 16)
        worth, goes_on = (here - away) * keeps[rung] - away * lost, False
        if rung in follows:
            away = gone + (more * leave >> 16)
            climb = follows[rung][0] - away * lost - (here - away) * question
            if climb > worth:
                worth, goes_on = climb, True
        out.append((worth, goes_on))
    return out


def _read(chosen: list, first: int) -> list:
    """The plan that the induction chose; ``chosen`` holds the last step first."""
    plan = [first]
    for step in reversed(chosen):
        _, rung, goes_on = step[plan[-1]]
        plan.append(rung)
        if not goes_on:
            break
    return plan
