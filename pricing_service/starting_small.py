"""Does starting small pay in this shop? Its own release, policy and ladders, put through `models.starting_small`.

What the ladders would earn is weighed by their gross. How sure the answer is, the fit's interval of the hazard says;
of a release made by hand nothing is known, and that is the answer then.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from models import starting_small
from models.release import Release
from models.starting_small import MATTERS
from pos_client.core.policy import Policy, most_offers
from pricing_service.hazard_report import Hazard
from pricing_service.shop_ladders import Ladder

HAZARDS = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
PLANS = ("smallest_first", "any_start", "one_offer", "best_first")
HOUR = 3600  # till time is paid by the hour: money is counted in so many parts of a minor unit
SURE = 0.95

Verdict = Literal["pays", "does_not_pay", "open", "unknown"]


class Curves(NamedTuple):
    """Expected margin a visit of a customer nobody has met, as a share of gross, for each of ``hazards``."""

    hazards: tuple[float, ...]
    smallest_first: tuple[float, ...]
    any_start: tuple[float, ...]
    one_offer: tuple[float, ...]
    best_first: tuple[float, ...]

    def at(self, hazard: float) -> dict[str, float]:
        """By plan, on the straight line between two points."""
        return {name: float(np.interp(hazard, self.hazards, getattr(self, name))) for name in PLANS}


class Standing(NamedTuple):
    """``crossing``: the hazard from which the best single offer earns `MATTERS` more than starting small, or None;
    ``chance_below``: how surely this shop's own hazard lies below it, None where it was not measured."""

    curves: Curves
    crossing: float | None
    chance_below: float | None
    verdict: Verdict
    says: str


def stands(
    release: Release, law: Policy, ladders: Sequence[Ladder], hazard: Hazard, fitted: bool
) -> Standing | None:
    """Where the shop stands; None where it had no ladder. ``fitted``: the release was made of a fit."""
    if not ladders:
        return None
    curves = _curves(release, law, ladders, _points(hazard.here))
    crossing = starting_small.crossing(curves.hazards, curves.smallest_first, curves.one_offer, MATTERS)
    quantiles = hazard.quantiles()
    below = None
    if quantiles is not None:
        below = 1.0 if crossing is None else sum(one < crossing for one in quantiles) / len(quantiles)
    verdict = _verdict(below)
    return Standing(curves, crossing, below, verdict, _says(verdict, curves, crossing, hazard, below, fitted))


def _points(here: float) -> tuple[float, ...]:
    """The hazards of the curves, the shop's own among them: what is told of it is not read off a straight line."""
    return tuple(sorted({*HAZARDS, here}))


def _curves(release: Release, law: Policy, ladders: Sequence[Ladder], hazards: tuple[float, ...]) -> Curves:
    """The mean over the ladders, weighed by their gross. A record tells no cost, so the policy's margin counts."""
    most = max(1, most_offers(law, 0))
    question = law.question_seconds * law.till_hour  # in 3600ths, as nobody waits
    stood = [
        starting_small.standing(
            release,
            ladder.depths,
            margin=law.margin,
            lost=law.lost_sale,
            question=question,
            gross=max(1, ladder.gross // ladder.checkouts) * HOUR,
            hazards=hazards,
            most=most,
        )
        for ladder in ladders
    ]
    weights = [ladder.gross for ladder in ladders]
    means = [np.average([getattr(one, name) for one in stood], axis=0, weights=weights) for name in PLANS]
    return Curves(hazards, *[tuple(mean.tolist()) for mean in means])


def _verdict(below: float | None) -> Verdict:
    if below is None:
        return "unknown"
    if below >= SURE:
        return "pays"
    return "does_not_pay" if below <= 1 - SURE else "open"


def _says(
    verdict: Verdict,
    curves: Curves,
    crossing: float | None,
    hazard: Hazard,
    below: float | None,
    fitted: bool,
) -> str:
    """The verdict in plain sentences, with what it is worth."""
    return f"{_answer(verdict, hazard, below, fitted)} {_limit(crossing)} {_worth(curves, hazard.here)}"


def _answer(verdict: Verdict, hazard: Hazard, below: float | None, fitted: bool) -> str:
    if verdict == "unknown":
        why = (
            "the fit left no interval of it"
            if fitted
            else "the release in force was made by hand, not from this shop"
        )
        return (
            f"Not known: {why}, so nobody has measured how many customers leave here after a refusal."
            f" What follows would hold if {_percent(hazard.here)} of the sensitive ones did."
        )
    assert hazard.interval is not None and below is not None
    low, high = map(_percent, hazard.interval)
    measured = f"{_percent(hazard.here)} of sensitive customers leave after a refusal ({low} to {high})"
    answers = {
        "pays": f"Starting small pays in this shop: {measured}.",
        "does_not_pay": f"Starting small does not pay in this shop: {measured}.",
        "open": f"It cannot be told yet: {measured}, and starting small pays with a chance of {_percent(below)}.",
    }
    return answers[verdict]


_MORE = f"clearly more (by {100 * MATTERS:g} % of gross)"


def _limit(crossing: float | None) -> str:
    if crossing is None:
        return (
            f"With this shop's ladders no single offer earns {_MORE}, however many leave"
            f" (up to {_percent(HAZARDS[-1])})."
        )
    if crossing <= 0:
        return f"With this shop's ladders the best single offer earns {_MORE} however few leave."
    return f"With this shop's ladders the best single offer earns {_MORE} from a hazard of {_percent(crossing)} on."


def _worth(curves: Curves, here: float) -> str:
    """What the plans earn at the shop's own hazard."""
    earned = curves.at(here)
    small, anywhere, single = (earned[name] for name in PLANS[:3])
    told = f"Of 100 of gross, starting small is expected to earn {100 * small:.2f}"
    if anywhere - small < MATTERS and abs(small - single) < MATTERS:
        return f"{told}, and no plan earns more than one offer of the smallest rung."
    return (
        f"{told}, the best single offer {100 * single:.2f}, the largest rung at once {100 * earned['best_first']:.2f},"
        f" and the best plan with any start {100 * anywhere:.2f}."
    )


def _percent(share: float) -> str:
    """Two digits: 0.0213 as 2.1 %."""
    return f"{100 * share:.2g} %" if share < 0.995 else "100 %"
