"""A model of 12 states and 14 bins in whole numbers, so that MicroPython needs no release tool to have one."""

STATES = 12
DEPTHS = [50 * 256 * 3**index // 2**index for index in range(14)]  # half a percent upwards, 1.5 times each


def _curve(state: int, number: int) -> int:
    """F of a sensitive state: a ramp over six bins whose middle is the state's requirement."""
    return max(0, min(65535, (number - state + 2) * 65535 // 6))


def _column(number: int) -> bytes:
    values = [65535, 0] + [_curve(state, number) for state in range(STATES - 2)]
    return b"".join([value.to_bytes(2, "little") for value in values])


COLUMNS = b"".join([_column(number) for number in range(len(DEPTHS))])

TABLES = {
    "release": "small-1",
    "states": STATES,
    "depths": DEPTHS,
    "shift": 1,
    "eps": 1311,
    "leave": [655, 3277, 6554],
    "leave_end": [3277, 13107, 22938],
    "population": [17000, 9000] + [3953] * 9 + [3959],
    "drift": [(1 << 30) - (2040000 << power) for power in range(6)],
}

WITH_BASKETS = dict(TABLES)  # MicroPython has no {**a}
WITH_BASKETS.update(
    {
        "release": "small-2",
        "covariates": [
            {"feature": "log_gross", "centre": 3 << 16, "bins": 40000},
            {"feature": "units", "centre": 6 << 16, "bins": -9000},
        ],
        "cohorts": {
            "feature": "lines",
            "cuts": [3 << 16, 6 << 16],
            "populations": [
                [17000, 9000] + [7906] * 4 + [1581] * 4 + [794, 794],
                [17000, 9000] + [3953] * 9 + [3959],
                [17000, 9000] + [794, 794] + [1581] * 4 + [7906] * 4,
            ],
        },
    }
)
