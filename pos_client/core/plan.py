"""The plan: which rungs will be offered, in order, if the customer keeps asking.

A plan is a list of positions on the ladder, ascending. `make` is the one place that chooses; both policies here
are functions of the ladder alone.
"""


def one_by_one(ladder: list) -> list:
    """Every rung, smallest first."""
    return list(range(len(ladder)))


def best_first(ladder: list) -> list:
    """The largest rung at once: business as usual, the control arm."""
    return [len(ladder) - 1] if ladder else []


def make(policy: str, ladder: list) -> list:
    """The plan of a policy by its name."""
    return {"one_by_one": one_by_one, "best_first": best_first}[policy](ladder)
