"""Where things lie in a figure: numbers to SVG coordinates, and the round numbers beside its axes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

LEFT, RIGHT, TOP, BOTTOM = 56, 24, 14, 44  # px around the drawing, for the words beside the axes


class Plot(NamedTuple):
    """A drawing of ``width`` by ``height`` px of x and y between (low, high)."""

    across: tuple[float, float]
    up: tuple[float, float]
    width: int = 720
    height: int = 360

    def x(self, value: float) -> float:
        low, high = self.across
        part = (min(max(value, low), high) - low) / (high - low)
        return round(LEFT + part * (self.width - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        low, high = self.up
        part = (min(max(value, low), high) - low) / (high - low)
        return round(self.height - BOTTOM - part * (self.height - TOP - BOTTOM), 1)

    def line(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """The ``points`` of a polyline; what lies beyond the right edge is left out."""
        inside = [(x, y) for x, y in zip(xs, ys, strict=True) if x <= self.across[1]]
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in inside)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]
