"""Whether a likelihood of intervals has a maximum at all, decided before looking for it.

A log-concave likelihood has one unless some direction lowers no answer's probability however far one goes: then
the answers are separated along it, or it changes nothing (Silvapulle & Burridge 1986, "Existence of maximum likelihood
estimates in regression models for grouped and ungrouped data"). A small linear program looks for such a direction.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Array = NDArray[np.float64]

RANK = 1e-9
OPEN = 1e-3  # a direction is as long as the box, which is 1, or zero but for the program's tolerance of 1e-7
CLEAR = 1e-6
ROWS = 200

NO_SCALE = (
    "yes does not become rarer as the bid rises, so the likelihood has no maximum: it keeps rising as the scale grows"
    " without end; ask at bids further apart, or more people"
)


class NoMaximum(ValueError):
    """The likelihood has no single finite maximum; the message says what is wrong with the answers and what to do."""


def require(lows: Array, highs: Array, names: Sequence[str]) -> None:
    """Raise `NoMaximum` if there is none. ``lows``, ``highs``: (ends, parameters), all finite ends of all answers."""
    if not len(lows) or not len(highs):
        raise NoMaximum(_one_sided(len(lows), len(highs)))
    upward = np.unique(np.vstack([highs, -lows]), axis=0)  # what must not fall along a direction
    _require_rank(upward, names)
    direction = _never_falling(upward)
    if np.abs(direction).max() > OPEN:
        raise NoMaximum(_separated(direction, names))


def _never_falling(upward: Array) -> Array:
    """A direction along which no row of ``upward`` falls, as long as a box allows; zero where there is none.

    Of many rows the program is given a few, and then those that fall along what it found.
    """
    total, chosen = -upward.sum(axis=0), np.arange(0, len(upward), 1 + len(upward) // ROWS)
    direction = np.zeros(upward.shape[1])
    for _ in range(len(upward)):
        limits = np.zeros(len(chosen))
        direction = linprog(total, A_ub=-upward[chosen], b_ub=limits, bounds=(-1, 1)).x
        along = upward @ direction
        if np.abs(direction).max() <= OPEN or along.min() > -CLEAR:
            break
        chosen = np.union1d(chosen, np.argsort(along)[:ROWS])
    return direction


def _one_sided(lows: int, highs: int) -> str:
    if not lows and not highs:
        return "every interval is unbounded: there is nothing to learn from"
    said, where = ("no", "below all bids; ask for less") if highs else ("yes", "above all bids; ask for more")
    return (
        f"every answer is {said}, so the likelihood has no maximum: the thresholds may lie anywhere {where}"
    )


def _require_rank(ends: Array, names: Sequence[str]) -> None:
    size = np.linalg.norm(ends, axis=0)
    triangle = np.linalg.qr(
        ends / np.where(size > 0, size, 1.0), mode="r"
    )  # as many directions, far fewer rows
    _, values, rows = np.linalg.svd(triangle, full_matrices=True)
    if len(values) < len(names) or values[-1] < RANK * values[0]:
        raise NoMaximum(flat(rows[-1], names))


def flat(direction: Array, names: Sequence[str]) -> str:
    """What to say where the likelihood does not change along a direction."""
    told = [
        name
        for name, part in zip(names, np.abs(direction), strict=True)
        if part > 0.1 * np.abs(direction).max()
    ]
    if set(told) <= {"(Intercept)", "log_scale"}:
        return (
            "the likelihood is flat: with one bid only, the answers do not tell the place of the thresholds"
            " from their spread; ask at a second bid"
        )
    which = f"what {told[0]} is" if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]} apart"
    verb = "do not say" if len(told) == 1 else "do not tell"
    advice = "leave one of them out, or collect answers that vary more"
    return f"the likelihood is flat: the answers {verb} {which}; {advice}"


def _separated(direction: Array, names: Sequence[str]) -> str:
    size = np.abs(direction)
    told = [
        name
        for name, part in zip(names, size, strict=True)
        if part > OPEN and name not in ("(Intercept)", "log_scale")
    ]
    if told == ["delta"]:
        return (
            "the likelihood has no maximum: any shift beyond some size explains the second answers as well;"
            " leave --shift out"
        )
    if told:
        return (
            f"the answers are separated: {', '.join(told)} predict{'s' if len(told) == 1 else ''} them without"
            " exception, so the likelihood keeps rising as the coefficient grows; leave it out or merge its rare groups"
        )
    if direction[names.index("log_scale")] > 0:
        return (
            "the answers are separated: the likelihood keeps rising as the scale shrinks to nothing, because no answer"
            " tells one respondent's threshold from another's; ask more people, at bids in between"
        )
    return NO_SCALE
