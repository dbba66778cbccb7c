"""Does the readout say what is true? Experiments without an effect, with a planted one, and logs counted twice.

    python -m models.readout_proof --sims 1000

Prints one table for each claim. docs/readout.md has what was measured.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models import readout_off_policy_trials as off_policy
from models import readout_shop
from models import readout_trials as trials
from models.readout_shop import Shop
from models.readout_trials import Read

LIFT = 0.02
console = Console(width=110)


def without_effect(sims: int) -> None:
    """A/A: intervals hold zero, the sample-ratio check keeps quiet, the best of thirty cashiers is nobody."""
    read = [trials.experiment(trials.SMALL, number, 1) for number in track(range(sims), "A/A")]
    table = Table(
        "metric",
        "scale",
        "prior",
        "50 %",
        "95 %",
        title=f"{sims} experiments without an effect: intervals that hold zero",
    )
    for name, shares in _coverage(read).items():
        table.add_row(*name.split("|"), *[f"{share:.1%}" for share in shares])
    console.print(table)
    alarms = sum(each.alarm for each in read)
    cashiers = np.mean([each.cashier for each in read], axis=0)
    print(f"sample-ratio alarms: {alarms} of {sims} ({alarms / sims:.2%})")
    print(f"a best cashier of 30 surely above zero: {cashiers[0]:.1%} as seen, {cashiers[1]:.1%} as believed")


def _coverage(read: list[Read]) -> dict[str, tuple[float, float]]:
    """By metric, scale and prior: shares of the 50 and 95 % intervals that hold the truth."""
    names = sorted({name.rsplit("|", 1)[0] for each in read for name in each.covers})
    return {name: (_share(read, name + "|50"), _share(read, name + "|95")) for name in names}


def _share(read: list[Read], name: str) -> float:
    return float(np.mean([each.covers[name] for each in read if name in each.covers]))


def with_effect(sims: int) -> None:
    """Two percent planted: found as often as was announced, and within the interval as often as it says.

    A small shop cannot find so little; there the lift is planted that is announced to be found four times of five.
    """
    large = replace(trials.LARGE, lift=LIFT)
    small = replace(trials.SMALL, lift=trials.announced(trials.SMALL)["arms"][0]["least_lift"])
    adjusted = replace(
        small, lift=trials.announced(replace(small, adjusted=True))["arms"][0]["least_lift"], adjusted=True
    )
    table = Table(
        "margin per unit",
        "lift",
        "announced",
        "found",
        "+-",
        "50 % holds it",
        "95 % holds it",
        "sceptical 95 %",
    )
    table.title = f"{sims} experiments with a planted lift"
    for says, shops in (
        ("large shop", (large, replace(large, adjusted=True))),
        ("small", (small,)),
        ("small", (adjusted,)),
    ):
        for shop, read in zip(shops, _played(shops, sims), strict=True):
            name = says + (", adjusted" if shop.adjusted else "")
            table.add_row(name, f"{shop.lift:.1%}", *_found(shop, read))
    console.print(table)


def _played(shops: tuple[Shop, ...], sims: int) -> list[tuple[Read, ...]]:
    """The same experiments (they differ in nothing but whether they are adjusted), read out for each of ``shops``."""
    logs = (
        readout_shop.month(shops[0], trials.chance(2, number)) for number in track(range(sims), "planted")
    )
    return list(zip(*[[trials.read_out(log, shop) for shop in shops] for log in logs], strict=True))


def _found(shop: Shop, read: Iterable[Read]) -> list[str]:
    each, arm = list(read), trials.announced(shop)["arms"][0]
    promised = 0.8 if shop.lift == arm["least_lift"] else arm["power"][f"{shop.lift:.0%}"]
    found = float(np.mean([one.won["margin_per_unit"] for one in each]))
    holds = [
        _share(each, f"margin_per_unit|percent|{name}") for name in ("weak|50", "weak|95", "sceptical|95")
    ]
    return [
        f"{share:.1%}" for share in (promised, found, sqrt(promised * (1 - promised) / len(each)), *holds)
    ]


def counted_twice(sims: int) -> None:
    """Doubled logs, whole or one arm, with copies disguised more and more; and honest ones."""
    table = Table(
        "log", "copies", "caught by marks", "by the books", "by either", title=f"{sims} logs of each kind"
    )
    for arm, says in ((None, "every checkout twice"), (1, "one arm twice"), (0, "the holdout twice")):
        for how in trials.DISGUISES:
            caught = [trials.doubled(number, arm, how) for number in track(range(sims), f"{says}, {how}")]
            table.add_row(says, _CHANGED[how], *_counts(caught))
    table.add_row("honest", "", *_counts(trials.honest(number) for number in track(range(sims), "honest")))
    console.print(table)


def one_after_the_other(sims: int) -> None:
    """Two experiments on the same customers: what was observed of both holds the truth, honest claims are no alarm."""
    table = Table(
        "lift of each",
        "95 % of what was observed holds the truth",
        "alarms",
        title=f"{sims} pairs of experiments",
    )
    for lift in (0.0, 0.02, 0.1):
        found = [trials.succession(number, lift) for number in track(range(sims), f"two, {lift:.0%}")]
        alarms, holds = (sum(each) for each in zip(*found, strict=True))
        table.add_row(f"{lift:.0%}", f"{holds / sims:.1%}", f"{alarms} of {sims}")
    console.print(table)


_CHANGED = {
    "none": "as they are",
    "ids": "new ids and sequences",
    "times": "and other times",
    "amounts": "and other amounts",
}


def _counts(caught: Iterable[trials.Doubled]) -> list[str]:
    each = list(caught)
    return [
        str(sum(one)) for one in zip(*[(c.marks, c.books, c.marks or c.books) for c in each], strict=True)
    ]


def never_tried(sims: int) -> None:
    """Off-policy estimates against the truth, with the model or the chances wrong."""
    value = off_policy.truth()
    table = Table(
        "case", "estimate", "bias", "+-", "95 % holds the truth", title=f"{sims} logs, true value {value:.4f}"
    )
    for number, (case, right) in enumerate(off_policy.CASES.items()):
        found = [off_policy.trial(trials.chance(10 + number, at), *right) for at in track(range(sims), case)]
        for name in ("weighted", "normalised", "doubly_robust"):
            values, errors = np.array([getattr(each, name) for each in found if not each.refused]).T
            within = np.abs(values - value) <= 1.96 * errors
            spread = values.std() / sqrt(len(values))
            table.add_row(
                case, name, f"{values.mean() - value:+.4f}", f"{spread:.4f}", f"{within.mean():.1%}"
            )
    console.print(table)


PROOFS = {
    "aa": without_effect,
    "lift": with_effect,
    "twice": counted_twice,
    "two": one_after_the_other,
    "offpolicy": never_tried,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sims", type=int, default=1000)
    parser.add_argument("--only", choices=PROOFS, nargs="+", default=list(PROOFS))
    asked = parser.parse_args()
    for name in asked.only:
        PROOFS[name](asked.sims)


if __name__ == "__main__":
    main()
