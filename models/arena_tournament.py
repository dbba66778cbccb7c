"""Many shops of many worlds, one after the other or several at a time, with word of each that is done."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from models.arena_match import FULL, Size, match
from models.arena_worlds import World


class Fixture(NamedTuple):
    """One shop to be played, by these policies."""

    world: World
    seed: int
    policies: tuple[str, ...]
    size: Size = FULL


class Result(NamedTuple):
    """What each policy made of one shop: figures by policy."""

    world: str
    seed: int
    figures: dict[str, dict[str, float]]


def fixtures(
    worlds: Iterable[World], seeds: Sequence[int], policies: Sequence[str], size: Size = FULL
) -> list[Fixture]:
    """Every world with every seed, the seeds one after the other: what is there early is of all worlds."""
    return [Fixture(world, seed, tuple(policies), size) for seed in seeds for world in worlds]


def play(
    matches: Sequence[Fixture], cores: int = 1, done: Callable[[], object] = lambda: None
) -> list[Result]:
    """All of them, in the order given; ``done`` is called after each. With more than one core, in other processes."""
    if cores == 1:
        return [_told(_one(each), done) for each in matches]
    results: dict[int, Result] = {}
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        waiting = {pool.submit(_one, each): at for at, each in enumerate(matches)}
        try:
            for future in as_completed(waiting):
                results[waiting[future]] = _told(future.result(), done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[at] for at in range(len(matches))]


def _told(result: Result, done: Callable[[], object]) -> Result:
    done()
    return result


def _one(each: Fixture) -> Result:
    with threadpool_limits(1):  # two threads of BLAS on a small matrix cost more than the matrix
        return Result(each.world.name, each.seed, match(each.world, each.seed, each.size, each.policies))


def by_world(results: Iterable[Result]) -> Iterator[tuple[str, list[Result]]]:
    """The results of each world, in the order they first come."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.world, []).append(result)
    yield from found.items()
