"""A forest plot: for each row a lift in percent with its intervals, under the announced prior and under a weak one."""

from typing import Any, NamedTuple

from pricing_service.plot import ticks

WIDTH, LABELS, EDGE = 760, 270, 24  # px: the drawing, the words on its left, what stays free on its right
ROW, TOP, FOOT = 46, 10, 40
LEAST = 1.0  # percent to either side that are shown at least
MOST = 100.0
FIRST, SECOND = "sceptical", "weak"


class Span(NamedTuple):
    """A lift's mean and intervals as px from the left."""

    mean: float
    half: tuple[float, float]
    wide: tuple[float, float]


class Row(NamedTuple):
    """``y`` px from the top; without spans the log says too little."""

    name: str
    arm: str
    y: int
    first: Span | None
    second: Span | None


class Forest(NamedTuple):
    """``ticks``: (px, percent) of the axis; ``zero``: px of no lift."""

    width: int
    height: int
    zero: float
    ticks: list[tuple[float, float]]
    rows: list[Row]


def of(arms: list[dict[str, Any]]) -> Forest:
    """The lifts of the ``arms`` of a readout."""
    lifts = [(arm["arm"], lift) for arm in arms for lift in arm["lifts"]]
    reach = _reach([lift for _, lift in lifts])
    rows = [
        Row(
            lift["says"],
            arm,
            TOP + ROW * at + ROW // 2,
            *(_span(lift, prior, reach) for prior in (FIRST, SECOND)),
        )
        for at, (arm, lift) in enumerate(lifts)
    ]
    marks = [(_x(value, reach), value) for value in ticks(-reach, reach)]
    return Forest(WIDTH, TOP + ROW * len(rows) + FOOT, _x(0, reach), marks, rows)


def _reach(lifts: list[dict[str, Any]]) -> float:
    """Percent to either side: as far as intervals go; those under the weak prior twice as far as the others at most."""
    first, second = (
        max(
            (
                abs(end)
                for lift in lifts
                if lift["under"]
                for end in lift["under"][prior]["percent"]["interval_95"]
            ),
            default=0.0,
        )
        for prior in (FIRST, SECOND)
    )
    return min(max(LEAST, 1.1 * first, min(1.1 * second, 2.2 * first)), MOST)


def _span(lift: dict[str, Any], prior: str, reach: float) -> Span | None:
    if not lift["under"]:
        return None
    percent = lift["under"][prior]["percent"]
    half, wide = (
        (_x(low, reach), _x(high, reach)) for low, high in (percent["interval_50"], percent["interval_95"])
    )
    return Span(_x(percent["mean"], reach), half, wide)


def _x(percent: float, reach: float) -> float:
    """What lies beyond the edge is drawn at the edge."""
    part = (min(max(percent, -reach), reach) + reach) / (2 * reach)
    return round(LABELS + part * (WIDTH - LABELS - EDGE), 1)
