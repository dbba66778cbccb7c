"""One simulated world: its time, its chance, its story, and what is counted in it."""

from collections import Counter
from random import Random
from typing import Any

from tests.simulator.faults import Weather
from tests.simulator.loop import BEGAN, Loop


class World:
    """What everybody in a history shares. Chance comes in streams, so that more of one changes nothing of another."""

    def __init__(self, seed: int, weather: Weather) -> None:
        self.loop = Loop()
        self.weather = weather
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []  # what nobody foresaw: any of it fails the history
        self._seed = seed
        self._story: list[tuple[int, str, tuple]] = []

    def chance(self, stream: str) -> Random:
        """A stream of chance of its own; the same for the same seed on every machine."""
        return Random(f"{self._seed} {stream}")

    @property
    def seconds(self) -> int:
        """Unix time."""
        return BEGAN + self.loop.now // 1000

    def say(self, text: str, *told: Any) -> None:
        """A line of the story; put together only where somebody reads it."""
        self._story.append((self.loop.now, text, told))

    def count(self, what: str, many: int = 1) -> None:
        self.counts[what] += many

    def story(self) -> list[str]:
        return [f"{now / 1000:9.3f} {text.format(*told)}" for now, text, told in self._story]
