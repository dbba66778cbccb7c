"""Densities a prior is made of: immutable, bounded, finite, light enough for the web process.

Every density can ``draw(chance, size)`` (an array of ``size`` draws from a ``numpy.random.Generator``) and has a
``centre`` (the value a release would take if nothing else were known). Numbers that are not finite, or so large or
small that no shop can mean them, are refused with a sentence that says what to write instead.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.given import number

HALF_NORMAL_MEDIAN = 0.6744897501960817  # of |Z|, Z standard normal: half of all draws lie below it

Mean = (-10.0, 10.0)  # of a logarithm or of an effect on one
Spread = (0.001, 5.0)  # a spread of 5 in log depth is a factor of 150: nobody knows less
Count = (0.1, 1e7)  # pseudo-observations; more than ten million would leave no shop anything to say
Median = (0.001, 10.0)


class Bounded:
    """What the densities share: each field of ``BOUNDS`` is checked and stored as a float."""

    BOUNDS: ClassVar[dict[str, tuple[float, float]]]

    def __post_init__(self):
        for field, (low, high) in self.BOUNDS.items():
            object.__setattr__(self, field, number(getattr(self, field), low, high, field))


@dataclass(frozen=True)
class Normal(Bounded):
    """Normal with mean and standard deviation."""

    BOUNDS = {"mean": Mean, "sd": Spread}
    mean: float
    sd: float

    @property
    def centre(self) -> float:
        return self.mean

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        return chance.normal(self.mean, self.sd, size)


@dataclass(frozen=True)
class LogNormal(Bounded):
    """exp of a Normal(ln median, log_sd): half of its mass lies below the median."""

    BOUNDS = {"median": Median, "log_sd": Spread}
    median: float
    log_sd: float

    @property
    def centre(self) -> float:
        return self.median

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        return chance.lognormal(math.log(self.median), self.log_sd, size)


@dataclass(frozen=True)
class HalfNormal(Bounded):
    """|X| of X ~ Normal(0, sd): for a spread that may well be nothing."""

    BOUNDS = {"sd": Spread}
    sd: float

    @property
    def centre(self) -> float:
        return HALF_NORMAL_MEDIAN * self.sd

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        return np.abs(chance.normal(0.0, self.sd, size))


@dataclass(frozen=True)
class Beta(Bounded):
    """A chance, as sure as after ``a`` cases in which it happened and ``b`` in which it did not."""

    BOUNDS = {"a": Count, "b": Count}
    a: float
    b: float

    @property
    def centre(self) -> float:
        return self.a / (self.a + self.b)

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        return chance.beta(self.a, self.b, size)


@dataclass(frozen=True)
class Dirichlet:
    """Three chances that add up to 1, as sure as after ``alpha`` cases of each."""

    alpha: tuple[float, float, float]

    def __post_init__(self):
        object.__setattr__(self, "alpha", three(self.alpha, *Count, "alpha"))

    @property
    def centre(self) -> tuple[float, float, float]:
        first, second, third = (count / math.fsum(self.alpha) for count in self.alpha)
        return first, second, third

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        """Shape (size, 3)."""
        return chance.dirichlet(self.alpha, size)


@dataclass(frozen=True)
class Fixed:
    """No density at all: the parameter is this value, and no fit changes it."""

    value: float | tuple[float, float, float]

    def __post_init__(self):
        if isinstance(self.value, tuple | list):
            object.__setattr__(self, "value", three(self.value, *Mean, "value"))
        else:
            object.__setattr__(self, "value", number(self.value, *Mean, "value"))

    @property
    def centre(self) -> float | tuple[float, float, float]:
        return self.value

    def draw(self, chance: np.random.Generator, size: int) -> np.ndarray:
        """Shape (size,), or (size, 3) for shares."""
        shape = (size, 3) if isinstance(self.value, tuple) else (size,)
        return np.broadcast_to(np.asarray(self.value), shape)


def three(values: object, low: float, high: float, what: str) -> tuple[float, float, float]:
    """Three numbers, one for each type: indifferent, hunter, sensitive. Raises ValueError for anything else."""
    if not isinstance(values, tuple | list) or len(values) != 3:
        raise ValueError(f"{what} needs three numbers: indifferent, hunter, sensitive")
    first, second, third = (number(value, low, high, what) for value in values)
    return first, second, third
