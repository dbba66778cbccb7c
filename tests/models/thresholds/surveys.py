"""Surveys to fit: two known ones, invented ones, and the likelihood once more, by scipy.stats and nothing of ours."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
from scipy import stats

from models import survey

REFERENCE = Path(__file__).with_name("reference")
KNOWN_FITS = json.loads((REFERENCE / "mle_reference.json").read_text())
ON_LOG = {"normal": False, "logistic": False, "lognormal": True, "loglogistic": True, "weibull": True}
FAMILIES = tuple(ON_LOG)
SHAPES = {
    "normal": stats.norm,
    "lognormal": stats.norm,
    "logistic": stats.logistic,
    "loglogistic": stats.logistic,
    "weibull": stats.gumbel_l,
}
ANSWERS = {"yy": ("1", "TU", "1"), "yn": ("1", "TU", "0"), "ny": ("0", "TL", "1"), "nn": ("0", "TL", "0")}


def of(text: str, *covariates: str) -> survey.Survey:
    """The survey in CSV text; blanks around lines are not looked at."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    reader = csv.DictReader(io.StringIO(lines))
    return survey.read(reader.fieldnames or (), list(enumerate(reader, 2)), covariates)


def natural_park(*covariates: str) -> survey.Survey:
    return survey.load(REFERENCE / "NaturalPark.csv", covariates)


def carson_text() -> str:
    lines = ["bid1,R1,bid2,R2,count"]
    with (REFERENCE / "CarsonDB_table.csv").open() as file:
        for row in csv.DictReader(file):
            for answers, (first, second_bid, second) in ANSWERS.items():
                lines.append(f"{row['T1']},{first},{row[second_bid]},{second},{row[answers]}")
    return "\n".join(lines)


def carson() -> survey.Survey:
    return of(carson_text())


def asked_twice(thresholds, first_bids, second=None, **covariates) -> str:
    """CSV of people with these thresholds who are asked for a bid, then for twice or half of it. ``second``: the
    thresholds at the second question, if they differ."""
    second = thresholds if second is None else second
    lines = [",".join(["bid1", "R1", "bid2", "R2", *covariates])]
    for number, (one, bid, two) in enumerate(zip(thresholds, first_bids, second, strict=True)):
        yes = one >= bid
        next_bid = bid * 2 if yes else bid / 2
        cells = [float(bid), int(yes), float(next_bid), int(two >= next_bid)]
        lines.append(",".join(map(repr, cells + [float(values[number]) for values in covariates.values()])))
    return "\n".join(lines)


def asked_once(thresholds, bids, **covariates) -> str:
    lines = [",".join(["bid1", "R1", *covariates])]
    for number, (one, bid) in enumerate(zip(thresholds, bids, strict=True)):
        cells = [float(bid), int(one >= bid)] + [float(values[number]) for values in covariates.values()]
        lines.append(",".join(map(repr, cells)))
    return "\n".join(lines)


def thresholds(chance: np.random.Generator, family: str, location, scale: float, size: int):
    drawn = location + scale * SHAPES[family].rvs(size=size, random_state=chance)
    return np.exp(drawn) if ON_LOG[family] else drawn


def loglik(answers: survey.Survey, family: str, at, spike: bool = False, shift: bool = False) -> float:
    """The log-likelihood at (b0, b, log scale[, logit pi0][, delta]), by scipy's distribution functions."""
    lows, highs = ends(answers.lows, family), ends(answers.highs, family)
    moved = np.array([0.0, at[-1] if shift else 0.0])[: lows.shape[1]]
    low, high = (lows - moved).max(axis=1), (highs - moved).min(axis=1)
    width = 1 + len(answers.names)
    location, scale = at[0] + answers.covariates @ np.array(at[1:width]), math.exp(at[width])
    low, high, shape = (low - location) / scale, (high - location) / scale, SHAPES[family]
    with np.errstate(all="ignore"):
        chance = np.where(low > 0, shape.sf(low) - shape.sf(high), shape.cdf(high) - shape.cdf(low))
        rows = np.where(
            np.isinf(high), shape.logsf(low), np.where(np.isinf(low), shape.logcdf(high), np.log(chance))
        )
        if spike:
            zero = 0.0 if at[width + 1] is None else 1 / (1 + math.exp(-at[width + 1]))
            told = (answers.lows <= 0).all(axis=1) & (answers.highs > 0).all(axis=1)
            rows = np.log((1 - zero) * np.exp(rows) + zero * told)
        total = float(answers.counts @ rows)
    return total if math.isfinite(total) else -1e10


def ends(bounds, family: str):
    """The ends on the scale of the family."""
    if not ON_LOG[family]:
        return bounds
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bounds > 0, np.log(bounds), -np.inf)
