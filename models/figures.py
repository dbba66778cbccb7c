"""Figures of a fit's report: how the chains ran, what the data changed, what the fit expects of the shop.

Each function gives the bytes of an SVG or PNG. Matplotlib's Agg backend is used directly: no window, no global state
beyond the style of the figure at hand.
"""

import io
from typing import Any

import matplotlib

matplotlib.use("Agg")

import arviz_plots
import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from models import fitted
from models.comparison import Comparison
from models.densities import Fixed
from models.predictive import Acceptance
from models.priors import TYPES, Priors

INK, SEEN, EXPECTED, PALE = "#1c2733", "#c2410c", "#1d4ed8", "#bfd0f5"
STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": "#8a96a3",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "rung",  # the same fit gives the same bytes
}
PRIOR_DRAWS = 2000
LAYOUT: Any = {"col_wrap": 3, "figure_kwargs": {"figsize": (11, 13), "layout": "constrained"}}
EVERY_CHAIN = ("shares", "mu", "tau", "sigma", "delta", "eps", "leave", "leave_end", "eta", "omega", "beta")


def acceptance(seen: Acceptance) -> bytes:
    """Observed shares as points, the fit's interval as a bar with its mean, one row for each cell."""
    rows = np.arange(len(seen.cells))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.9 + 0.38 * len(rows)), layout="constrained")
        axes.barh(rows, 100 * (seen.high - seen.low), left=100 * seen.low, height=0.55, color=PALE,
                  label="the fit allows")  # fmt: skip
        axes.plot(
            100 * seen.predicted,
            rows,
            "|",
            color=EXPECTED,
            markersize=13,
            markeredgewidth=2,
            label="the fit expects",
        )
        axes.plot(100 * seen.observed, rows, "o", color=SEEN, label="the shop saw")
        axes.set_yticks(
            rows, [f"{cell} ({asked} asked)" for cell, asked in zip(seen.cells, seen.asked, strict=True)]
        )
        axes.invert_yaxis()
        axes.set(xlim=(-1, 101), xlabel="accepted among those who were asked, %")
        figure.legend(loc="outside upper right", ncols=3, frameon=False)
        return _svg(figure)


def chains(tree: xr.DataTree) -> bytes:
    """Densities and rank plots of every chain: lines of one colour that lie on one another are chains that agree."""
    with plt.rc_context(STYLE):
        named = [name for name in EVERY_CHAIN if name in tree["posterior"].data_vars and _moves(tree, name)]
        return _png(arviz_plots.plot_rank_dist(tree, var_names=named, backend="matplotlib"))


def _moves(tree: xr.DataTree, name: str) -> bool:
    return bool(np.ptp(fitted.posterior(tree)[name].values) > 0)


def prior_posterior(tree: xr.DataTree, chance: np.random.Generator) -> bytes:
    """What was believed before and what is believed now, for each parameter that was not fixed."""
    declared = fitted.priors(tree)
    before = _prior_draws(declared, chance)
    named = [name for name in before if _moves(tree, name)]
    posterior = {name: fitted.posterior(tree)[name] for name in named}
    kinds = {"type": list(TYPES)}
    both = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {name: (array.dims, array.values) for name, array in posterior.items()}, kinds
            ),
            "prior": xr.Dataset({name: (posterior[name].dims, before[name]) for name in named}, kinds),
        }
    )
    with plt.rc_context(STYLE):
        return _svg(arviz_plots.plot_prior_posterior(both, backend="matplotlib", **LAYOUT))


def _prior_draws(declared: Priors, chance: np.random.Generator) -> dict[str, np.ndarray]:
    """(1, PRIOR_DRAWS, ...) of every parameter whose prior is a density of its own."""
    single = {name: getattr(declared, name) for name in ("shares", "mu", "tau", "sigma", "delta", "eps")}
    out = {name: _drawn([d], chance)[..., 0] for name, d in single.items() if name != "shares"}
    if not isinstance(declared.shares, Fixed):
        out["shares"] = declared.shares.draw(chance, PRIOR_DRAWS)[None]
    by_type = {name: getattr(declared, name) for name in ("leave", "leave_end")}
    several = {name: _drawn(densities, chance) for name, densities in by_type.items()}
    return {**out, **several}


def _drawn(densities: Any, chance: np.random.Generator) -> np.ndarray:
    return np.stack([density.draw(chance, PRIOR_DRAWS) for density in densities], axis=-1)[None]


def pareto_k(compared: Comparison) -> bytes:
    """How far each history alone moves the fit; above the line it cannot be left out by reweighting draws."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
        axes.scatter(
            np.arange(len(compared.pareto_k)), compared.pareto_k, s=8, color=EXPECTED, rasterized=True
        )
        axes.axhline(
            compared.good_k, color=SEEN, linestyle="--", label=f"trusted up to {compared.good_k:.2f}"
        )
        axes.set(xlabel="history", ylabel="Pareto k")
        axes.legend(frameon=False)
        return _svg(figure)


def _svg(figure: Any) -> bytes:
    return _bytes(figure, "svg", metadata={"Date": None})


def _png(figure: Any) -> bytes:
    return _bytes(figure, "png", dpi=110)


def _bytes(figure: Any, kind: str, **options: Any) -> bytes:
    """Of a figure or of an ArviZ collection of plots; closed afterwards, or matplotlib would keep it."""
    drawn = figure if isinstance(figure, Figure) else figure.viz["figure"].item()
    out = io.BytesIO()
    drawn.savefig(out, format=kind, bbox_inches="tight", **options)
    plt.close(drawn)
    return out.getvalue()
