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
    follows = None
    chosen = []
    for number in range(len(steps) - 1, 0, -1):
        end = outlook.rungs - 1 if number > 1 else min(first + 1, outlook.rungs - 1)
        follows = _next(steps[number], stakes, floors, first + number - 1, end, follows)
        chosen.append(follows)
    worth = steps[0].accepts(floors[first], first) * stakes.keeps[first] - _asked(outlook, stakes)
    after, goes_on = _after(steps[0], stakes, _won(steps[0], floors[: first + 1]), first, follows)
    return worth + after[first], _read(chosen, first) if goes_on[first] else [first]


def _won(step: Step, floors: list) -> list:
    """Mass, Q16, of who is still here and satisfied by each rung or an earlier one. Its differences take the place of
    products in the induction: on a board of 32 bits both are large integers, and a difference is made sooner."""
    sure = step.sure
    return [sure * floor for floor in floors]


def _next(step: Step, stakes: Stakes, floors: list, lowest: int, end: int, follows) -> tuple:
    """(values, rungs, goes_on): what the best offer of this step is worth and which rung it is, by the rung refused
    last, from ``lowest`` to before ``end``; and by the rung offered whether another offer follows. ``follows`` is the
    same of the step after it, or None. Lists, because a board needs longer to find room for a tuple than to fill it."""
    keeps, always, won = stakes.keeps, step.always, _won(step, floors)
    anyway, goes_on = _after(step, stakes, won, lowest + 1, follows)
    for rung in range(lowest + 1, len(won)):
        anyway[rung] += always * keeps[rung]  # what it is worth besides the sensitive customers it wins
    anyway[-1] += step.waiting * keeps[-1]
    values, rungs = [0] * len(won), [0] * len(won)
    best_rung = before = 0
    for refused in range(lowest, end):
        begin, lost = refused + 1, won[refused] - before >> 16
        before = won[refused]
        if best_rung > begin and _stays(keeps, begin, best_rung, lost):
            begin = best_rung
        most, best_rung = (won[begin] - before >> 16) * keeps[begin] + anyway[begin], begin
        for rung in range(begin + 1, len(won)):
            worth = (won[rung] - before >> 16) * keeps[rung] + anyway[rung]
            if worth > most:
                most, best_rung = worth, rung
        values[refused], rungs[refused] = most, best_rung
    return values, rungs, goes_on


def _stays(keeps: list, begin: int, best_rung: int, lost: int) -> bool:
    """Whether the best rung after one refusal, ``best_rung``, is still worth more than all from ``begin`` to below it
    after the next, by which each wins the mass ``lost`` less, or one more of it, as it is rounded: who keeps more loses
    more by that. Where it is not certain they are weighed again."""
    kept = keeps[best_rung]
    return lost > 0 and lost * (min(keeps[begin:best_rung]) - kept) > kept >= 0


def _after(step: Step, stakes: Stakes, won: list, begin: int, follows) -> tuple:
    """(what who refuses it is worth, whether another offer follows), by rung, of those from ``begin`` on that are
    ``won``."""
    keeps, lost, question = stakes.keeps, stakes.lost, stakes.question
    leave, leave_end = step.of.model.leave[2], step.of.model.leave_end[2]
    needing, top = step.sure * step.of.sensitive, len(keeps) - 1
    refused, gone, gone_at_end = step.below
    worths, goes_on = [0] * len(won), [False] * len(won)
    for rung in range(begin, len(won)):
        if rung == top:
            refused, gone, gone_at_end = step.at_top
        more = needing - won[rung] >> 16
        here, away = refused + more, gone_at_end + (more * leave_end >> 16)
        worth = (here - away) * keeps[rung] - away * lost
        if follows and rung < top:
            away = gone + (more * leave >> 16)
            climb = follows[0][rung] - away * lost - (here - away) * question
            if climb > worth:
                worth, goes_on[rung] = climb, True
        worths[rung] = worth
    return worths, goes_on


def _read(chosen: list, first: int) -> list:
    """The plan that the induction chose; ``chosen`` holds the last step first."""
    plan = [first]
    for _, rungs, goes_on in reversed(chosen):
        plan.append(rungs[plan[-1]])
        if not goes_on[plan[-1]]:
            break
    return plan
