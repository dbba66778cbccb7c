"""Simulated time and chance under the code of both ends, for as long as a block lasts."""

import gc
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.simulator.world import World


class _Time:
    """In the place of the module `time`: seconds of the world that is played now."""

    def __init__(self) -> None:
        self.world: World | None = None

    def time(self) -> float:
        return self.world.seconds if self.world else 0.0

    def monotonic(self) -> float:
        return self.world.loop.now / 1000 if self.world else 0.0

    perf_counter = monotonic

    def thread_time(self) -> float:
        return 0.0  # nothing takes time of its own here


class _Secrets:
    """In the place of the module `secrets`: as random as the world's seed, and no more."""

    def __init__(self) -> None:
        self.chance = Random(0)

    def token_bytes(self, size: int = 32) -> bytes:
        return self.chance.randbytes(size)

    def token_hex(self, size: int = 32) -> str:
        return self.token_bytes(size).hex()

    def __getattr__(self, name: str):
        return getattr(secrets, name)


class _Collector:
    """In the place of the module `gc`: the heap of a device is no part of this world, and sweeping ours is slow."""

    def collect(self) -> int:
        return 0


TIME, SECRETS = _Time(), _Secrets()
PRETENCES = (("time", time, TIME), ("secrets", secrets, SECRETS), ("gc", gc, _Collector()))
PLAYED = ("pricing_service", "pos_client")


def enter(world: World) -> None:
    """From now on the service's clock and chance are this world's."""
    TIME.world = world
    SECRETS.chance = world.chance("secrets")


@contextmanager
def pretended() -> Iterator[None]:
    """Every module of the service and of the till sees these in the place of the real ones."""
    changed = []
    ours = [module for name, module in sorted(sys.modules.items()) if name.startswith(PLAYED)]
    for module in ours:
        for attribute, real, pretence in PRETENCES:
            if getattr(module, attribute, None) is real:
                setattr(module, attribute, pretence)
                changed.append((module, attribute, real))
    try:
        yield
    finally:
        for module, attribute, real in changed:
            setattr(module, attribute, real)
