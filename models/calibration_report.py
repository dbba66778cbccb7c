"""What simulations say: which ranks leave the band, how often intervals cover, and a figure of all ECDFs."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models import uniformity
from models.uniformity import Band

LEVELS = (0.5, 0.8, 0.95)
TOLERANCE = 0.015  # of a coverage, pooled over the parameters


def ranks_of(simulations: list[dict]) -> dict[str, NDArray]:
    """Ranks of every parameter (simulations,)."""
    return {name: np.array([each["ranks"][name] for each in simulations]) for name in simulations[0]["ranks"]}


def joint_band(ranks: dict[str, NDArray], top: int) -> Band:
    """The band that all parameters together stay inside of in 95 of 100 calibrated programs."""
    count = len(next(iter(ranks.values())))
    return uniformity.band(count, top, np.random.default_rng(0), streams=len(ranks))


def outside(ranks: dict[str, NDArray], band: Band) -> list[str]:
    """The parameters whose ECDF leaves the band."""
    return [name for name, these in ranks.items() if not band.holds(these)]


def coverage(ranks: dict[str, NDArray], top: int) -> dict[float, float]:
    """How often the central intervals of `LEVELS` hold the truth, over all parameters."""
    pooled = np.concatenate(list(ranks.values()))
    return {level: uniformity.covered(pooled, top, level) for level in LEVELS}


def caught_after(simulations: list[dict], top: int) -> int | None:
    """After how many simulations the joint band is left for the first time, tried at 5, 10, 20, 40...; None: never."""
    for power in range(12):
        count = 5 * 2**power
        if count > len(simulations):
            return None
        ranks = ranks_of(simulations[:count])
        if outside(ranks, joint_band(ranks, top)):
            return count
    return None


def show(simulations: list[dict], top: int, figure: Path | None = None) -> None:
    """Print the table; draw the figure where one is asked for."""
    ranks = ranks_of(simulations)
    joint = joint_band(ranks, top)
    own = uniformity.band(joint.size, top, np.random.default_rng(0))
    table = Table("parameter", "own band", "joint band", *[f"{level:.0%}" for level in LEVELS])
    for name, these in ranks.items():
        within = ["inside" if band.holds(these) else "OUTSIDE" for band in (own, joint)]
        table.add_row(name, *within, *[f"{uniformity.covered(these, top, level):.1%}" for level in LEVELS])
    pooled = coverage(ranks, top)
    left = len(outside(ranks, own)), len(outside(ranks, joint))
    table.add_row(
        "all", f"{left[0]} outside", f"{left[1]} outside", *[f"{each:.1%}" for each in pooled.values()]
    )
    Console(width=100).print(table)
    _say(simulations, pooled, bool(left[1]), top)
    if figure:
        _draw(ranks, joint, figure)


def _say(simulations: list[dict], pooled: dict[float, float], left: bool, top: int) -> None:
    covers = all(abs(found - level) <= TOLERANCE for level, found in pooled.items())
    diverging = sum(each["divergences"] > 0 for each in simulations)
    seconds = np.median([each["seconds"] for each in simulations])
    print(f"{len(simulations)} simulations, {seconds:.1f} s each (median), {diverging} with divergences")
    print("rank ECDFs: " + (f"outside, from {caught_after(simulations, top)} on" if left else "all inside"))
    print("coverage: " + ("within" if covers else "NOT within") + f" {TOLERANCE:.1%} of the levels")


def _draw(ranks: dict[str, NDArray], band: Band, file: Path) -> None:
    """ECDF minus the diagonal of every parameter, with the joint band."""
    low, high = band.edges()
    places = np.arange(1, band.top + 1) / (band.top + 1)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(places, low - places, high - places, color="0.88", label="joint 95 % band")
    for name, these in ranks.items():
        below = np.bincount(these, minlength=band.top + 1).cumsum()[:-1] / band.size
        axes.plot(places, below - places, linewidth=1, label=name)
    axes.set(
        xlabel="rank of the truth among the draws, as a share",
        ylabel="share of ranks below it, less that share",
    )
    axes.set_title(f"Simulation-based calibration, {band.size} shops")
    axes.legend(ncols=4, fontsize="x-small", frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)
