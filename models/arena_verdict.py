"""What was promised of the policies, clause by clause, and whether the arena bears it out."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from models.arena_match import LEARNING_PEERS
from models.arena_summary import Season
from models.arena_worlds import WORLDS

AS_MANY = 0.0005  # share of visits: fewer than one in two thousand more is no more
LOW_HAZARD = 0.1
SMALL, ADAPTIVE, ONE_BY_ONE, BEST = "smallest_first", "adaptive_start", "one_by_one", "best_first"
KNOWING = "clairvoyant_smallest"
NEEDED = (SMALL, ADAPTIVE, ONE_BY_ONE, BEST, KNOWING, *LEARNING_PEERS)


class Clause(NamedTuple):
    """One promise: the figure that was reached and where, whether it holds, and the worlds where it does not."""

    promise: str
    reached: str
    holds: bool
    except_in: tuple[str, ...] = ()


def judged(seasons: Iterable[Season]) -> list[Clause]:
    """All clauses. Raises KeyError where a policy did not play."""
    by_name = {season.world: season for season in seasons}
    well = {name: each for name, each in by_name.items() if WORLDS[name].breaks is None}
    broken = {name: each for name, each in by_name.items() if name not in well}
    gentle = {name: each for name, each in by_name.items() if WORLDS[name].hazard <= LOW_HAZARD}
    share = {name: each.ratio(SMALL, KNOWING).mean for name, each in by_name.items()}
    return [
        _average("smallest_first earns at least 98 % of the smallest-first clairvoyant on average", share, 0.98),
        _each("... and at least 95 % in the worst world", share, 0.95),
        _each("smallest_first never earns over 0.5 % less than one_by_one", _ratios(by_name, ONE_BY_ONE), 0.995),
        _no_more("smallest_first loses no more customers than one_by_one, and fewer in most worlds", by_name, "lost"),
        _no_more("smallest_first asks fewer questions than one_by_one", by_name, "offers"),
        _each("smallest_first beats best_first by 25 % where h is 0.1 or less", _ratios(gentle, BEST), 1.25),
        _each("adaptive_start beats every learning peer in every well-specified world", _over_peers(well), 1.0),
        _each("adaptive_start is within 1 % of the best learning peer in the others", _over_peers(broken), 0.99),
    ]  # fmt: skip


def _ratios(seasons: Mapping[str, Season], other: str) -> dict[str, float]:
    return {name: each.ratio(SMALL, other).mean for name, each in seasons.items()}


def _over_peers(seasons: Mapping[str, Season]) -> dict[str, float]:
    """adaptive_start as a part of the best learning peer."""
    return {
        name: min([each.ratio(ADAPTIVE, peer).mean for peer in LEARNING_PEERS])
        for name, each in seasons.items()
    }


def _average(promise: str, shares: Mapping[str, float], least: float) -> Clause:
    if not shares:
        return Clause(promise, "no such world", False)
    mean = sum(shares.values()) / len(shares)
    return Clause(promise, f"{mean:.2%} over {len(shares)} worlds", mean >= least)


def _each(promise: str, shares: Mapping[str, float], least: float) -> Clause:
    """Every world reaches ``least``."""
    if not shares:
        return Clause(promise, "no such world", False)
    worst = min(shares, key=shares.__getitem__)
    short = tuple([name for name, share in shares.items() if share < least])
    return Clause(promise, f"{shares[worst]:.2%} in {worst}", not short, short)


def _no_more(promise: str, seasons: Mapping[str, Season], figure: str) -> Clause:
    more = {name: each.difference(SMALL, ONE_BY_ONE, figure).mean for name, each in seasons.items()}
    worst, short = max(more, key=more.__getitem__), tuple([name for name in more if more[name] > AS_MANY])
    said: Callable[[float], str] = (
        "{:+.2%} of visits".format if figure == "lost" else "{:+.2f} a visit".format
    )
    fewer = sum(value < 0 for value in more.values())
    return Clause(
        promise,
        f"fewer in {fewer} of {len(more)} worlds; most {said(more[worst])} in {worst}",
        not short,
        short,
    )
