"""One picture of the arena: who earns what, whom it drives away, and where starting small stops paying."""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from models.arena_hazard import crossings
from models.arena_summary import Season
from models.arena_worlds import WORLDS

INK, RULE = "#1c2733", "#8a96a3"
STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "rung",  # the same results give the same bytes
}


class Look(NamedTuple):
    """How a policy is drawn."""

    label: str
    colour: str
    marker: str
    size: float


LOOKS = {
    "clairvoyant": Look("clairvoyant, any start", INK, "|", 160),
    "best_first": Look("largest at once (best_first)", "#b91c1c", "s", 26),
    "fixed_percentage": Look("best fixed percentage", "#d97706", "D", 24),
    "logistic": Look("logistic regression", "#9ca3af", "v", 30),
    "thompson": Look("Thompson sampling", "#6b7280", "^", 30),
    "one_by_one": Look("one by one", "#7c3aed", "o", 26),
    "adaptive_start": Look("adaptive_start", "#0d9488", "o", 46),
    "smallest_first": Look("smallest_first (default)", "#1d4ed8", "o", 60),
}


def picture(seasons: Sequence[Season], sweep: dict[float, Season] | None, kind: str) -> bytes:
    """The bytes of an ``svg`` or ``png``."""
    wide = 2 if sweep is None else 3
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, wide, figsize=(5 * wide, 1.8 + 0.42 * len(seasons)), layout="constrained", squeeze=False
        )
        row: list[Axes] = list(axes[0])
        _dots(row[0], seasons, "margin", "margin a visit, % of gross")
        _dots(row[1], seasons, "lost", "visits lost, %")
        row[1].set_yticklabels([])
        if sweep is not None:
            _sweep(row[2], sweep)
        handles, labels = row[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.suptitle("What each policy makes of the same customers", x=0.01, ha="left", fontweight="bold")
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=130, metadata={"Date": None} if kind == "svg" else None)
        plt.close(figure)
    return out.getvalue()


def _dots(axes: Axes, seasons: Sequence[Season], figure: str, label: str) -> None:
    """A row for each world, a mark for each policy at its mean; misspecified worlds are below the line."""
    rows = np.arange(len(seasons))[::-1]
    for row in rows:
        axes.axhline(row, color="#e5e9ee", linewidth=0.8, zorder=0)
    for policy, look in LOOKS.items():
        places = [(each, row) for each, row in zip(seasons, rows, strict=True) if policy in each.policies]
        if places:
            means = [100 * each.estimate(policy, figure).mean for each, _ in places]
            where = [row for _, row in places]
            axes.scatter(
                means, where, s=look.size, color=look.colour, marker=look.marker, label=look.label, zorder=3
            )
    broken = [row for each, row in zip(seasons, rows, strict=True) if _breaks(each)]
    if broken and len(broken) < len(seasons):
        axes.axhline(max(broken) + 0.5, color=RULE, linewidth=0.8, linestyle=":")
    axes.set_yticks(rows, [f"{each.world}{' *' if _breaks(each) else ''}" for each in seasons])
    axes.set_xlabel(label + ("   (* breaks the model)" if broken and figure == "margin" else ""))
    axes.set_xlim(left=0 if figure == "lost" else None)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)


def _breaks(season: Season) -> bool:
    return season.world in WORLDS and WORLDS[season.world].breaks is not None


def _sweep(axes: Axes, sweep: dict[float, Season]) -> None:
    """Margin by hazard in the yardstick world, and where a rival overtakes."""
    hazards = list(sweep)
    for policy, look in LOOKS.items():
        if policy in sweep[hazards[0]].policies:
            found = [each.estimate(policy, "margin") for each in sweep.values()]
            means = [100 * each.mean for each in found]
            axes.plot(hazards, means, color=look.colour, linewidth=2.4 if policy == "smallest_first" else 1.3)
            low, high = [100 * each.low for each in found], [100 * each.high for each in found]
            axes.fill_between(hazards, low, high, color=look.colour, alpha=0.2, linewidth=0)
    small = [100 * each.estimate("smallest_first", "margin").mean for each in sweep.values()]
    for rival, crossing in crossings(sweep).items():
        where = crossing.hazard.mean
        if rival != "adaptive_start" and crossing.reached:
            height = float(np.interp(where, hazards, small))
            axes.plot([where], [height], "o", mfc="white", mec=LOOKS[rival].colour, ms=8, zorder=4)
            axes.annotate(
                f"{where:.2f}", (where, height), xytext=(7, 6), textcoords="offset points", fontsize=9
            )
    axes.set_xlabel(
        "hazard: chance to leave after each refusal\n(yardstick world; circles: a rival overtakes)"
    )
    axes.set_ylabel("margin a visit, % of gross")
    axes.set_xlim(0, hazards[-1])
