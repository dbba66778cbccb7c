"""The yardstick with parameters learned from a shop's own log, against the published figures.

    python -m models.arena_yardstick --seeds 30

An independent exact Bayesian program earns 0.2472, 0.2310, 0.2228 and 0.2129 of gross a visit at hazards of 0, 0.1, 0.2
and 0.4 where it is told the parameters. `adaptive_start` must come within 3 % of it having learned them.
"""

import argparse
from collections.abc import Sequence

from models.arena_match import FULL, Size
from models.arena_summary import Estimate, Season, estimate
from models.arena_tournament import by_world, fixtures, play
from models.arena_worlds import yardstick

PUBLISHED = {0.0: 0.2472, 0.1: 0.2310, 0.2: 0.2228, 0.4: 0.2129}
LEAST = 0.97
LEARNED, TOLD = "adaptive_start", "adaptive_start, true"


def measured(
    seeds: Sequence[int], size: Size = FULL, hazards: Sequence[float] = tuple(PUBLISHED)
) -> list[Season]:
    """Both ways of playing it, with the parameters learned and told, at each hazard."""
    results = play(fixtures([yardstick(hazard) for hazard in hazards], seeds, (LEARNED, TOLD), size))
    return [Season(world, [each.figures for each in shops]) for world, shops in by_world(results)]


def share(season: Season, policy: str, published: float) -> Estimate:
    """What was earned as a part of the published figure."""
    return estimate([value / published for value in season.values(policy, "margin")])


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; fails where a figure is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(argv)
    seasons = measured(range(chosen.seed, chosen.seed + chosen.seeds))
    print(
        "| hazard | published | learned | told the parameters | learned / published |\n| --- | --- | --- | --- | --- |"
    )
    reached = []
    for season, (hazard, published) in zip(seasons, PUBLISHED.items(), strict=True):
        learned, told = season.estimate(LEARNED, "margin"), season.estimate(TOLD, "margin")
        part = share(season, LEARNED, published)
        half = (part.high - part.low) / 2
        print(
            f"| {hazard:g} | {published} | {learned.mean:.4f} | {told.mean:.4f} | {part.mean:.2%} ± {half:.2%} |"
        )
        reached.append(part.mean >= LEAST)
    print(f"Of {LEAST:.0%}: {'reached at every hazard' if all(reached) else 'not reached'}.")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
