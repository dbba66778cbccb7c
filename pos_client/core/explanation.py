"""Why this plan: one sentence and the figures behind it, from the very numbers the plan was weighed by.

Chances are basis points of all visits like this one, money is minor units on average over them.
"""

from pos_client.core import plan
from pos_client.core.checkout import Decision
from pos_client.core.margin import HOUR
from pos_client.core.money import ratio
from pos_client.core.outlook import MASS

RIVALS = ("hold_firm", "one_by_one", "best_first")  # what the plan is compared with


def explain(decision: Decision) -> dict:
    """The plan of a decision explained: ``sentence``, ``offers``, what is ``expected`` of it and of other plans."""
    outlook = decision.outlook() if decision.plan else None
    told = {
        "arm": decision.branch.arm,
        "policy": decision.branch.plan,
        "plan": decision.plan,
        "offers": offers(outlook, decision.plan) if outlook else [],
        "expected": _expected(decision, outlook, decision.plan) if outlook else None,
        "instead": _instead(decision, outlook) if outlook else {},
    }
    told["sentence"] = _sentence(decision, told)
    return told


def offers(outlook, positions: list) -> list:
    """By offer of a plan: how many of 10,000 visits hear it, take it, and leave at it."""
    steps = plan.steps_of(outlook, len(positions))
    floors = outlook.floors(positions[0], positions[-1] + 1)
    rows, floor, here = [], 0, MASS
    for number, rung in enumerate(positions):
        taken = steps[number].accepts(floors[rung] - floor, rung)
        floor = floors[rung]
        _, gone, gone_at_end = steps[number].refuses(floor, rung)
        left = gone_at_end if number + 1 == len(positions) else gone
        rows.append(
            {
                "rung": rung,
                "heard": ratio(here, MASS),
                "accepted": ratio(taken, MASS),
                "left": ratio(left, MASS),
            }
        )
        here = max(here - taken - left, 0)
    return rows


def _expected(decision: Decision, outlook, positions: list) -> int:
    return plan.value(outlook, decision.stakes, positions) // (MASS * HOUR)


def _instead(decision: Decision, outlook) -> dict:
    """What other plans of at most as many offers would be expected to keep."""
    made = {name: plan.make(name, outlook.rungs, outlook, decision.stakes, decision.most) for name in RIVALS}
    return {name: _expected(decision, outlook, made[name]) for name in RIVALS}


def _sentence(decision: Decision, told: dict) -> str:
    if not decision.ladder:
        return "No discount applies to this basket."
    if not decision.plan:
        return _silence(decision)
    depths = [_percent(decision.ladder[rung].depth) for rung in decision.plan]
    if told["expected"] is None:
        return "Nothing is known yet to weigh the ladder by, so it offers " + _then(depths) + "."
    taken = sum([row["accepted"] for row in told["offers"]])
    left = sum([row["left"] for row in told["offers"]])
    why = _WHY.get(decision.branch.plan, "") if not decision.is_held() else _HELD
    return (
        "Offers " + _then(depths) + why + ": of 100 visits like this one, " + _of_100(taken) + " take an offer, "
        + _of_100(left) + " leave without the goods" + _others(taken + left) + "." + _better(told)
    )  # fmt: skip


def _others(told: int) -> str:
    rest = _of_100(max(0, 10000 - told))
    return "" if rest == "0" else ", " + rest + " refuse and buy with the last offer"


def _better(told: dict) -> str:
    """Which of the other plans would keep more, if one would."""
    most = told["expected"]
    found = ""
    for name in RIVALS:
        if told["instead"][name] > most:
            found, most = name, told["instead"][name]
    return " " + found + " would be expected to keep more." if found else ""


def _silence(decision: Decision) -> str:
    waiting, most = decision.basket.queue, decision.branch.policy.silent_above
    if waiting > most:
        return (
            "Nothing is offered: "
            + str(waiting)
            + " customers wait, and above "
            + str(most)
            + " the till is silent."
        )
    return "Nothing is offered: the shop allows too few seconds for a question."


def _then(depths: list) -> str:
    return depths[0] + "".join([", then " + depth + " if asked for more" for depth in depths[1:]])


def _percent(depth: int) -> str:
    whole, rest = divmod(depth, 100)
    return str(whole) + ("." + ("%02d" % rest).rstrip("0") if rest else "") + " %"


def _of_100(chance: int) -> str:
    return str((chance + 50) // 100)


_HELD = ", and no more, because this customer has turned down before what then was enough"
_WHY = {
    "smallest_first": ", the smallest first and then the climb that keeps most",
    "one_by_one": ", one rung after the other",
    "best_first": ", the largest at once",
    "adaptive_start": ", the plan that keeps most wherever it begins",
    "hold_firm": ", and no more, because this visit was drawn to stand firm",
}
