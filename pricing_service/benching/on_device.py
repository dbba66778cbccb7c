"""What `rung bench plan` runs on MicroPython: prints microseconds of a calibration loop and of each plan, as JSON.

    micropython on_device.py CASE.json COLUMNS

The case holds a model's tables, a ladder, stakes and beliefs; the columns are the model's, as a snapshot carries them.
"""

import json
import sys
import time

sys.path.insert(0, ".")

from pos_client.core import belief, plan
from pos_client.core.model import Model
from pos_client.core.outlook import Outlook

ROUNDS = 25  # over the whole run; the quickest is what the interpreter needs, not what else the machine did
DAYS = 30  # since the last visit


def calibration() -> int:
    total = 0
    for i in range(100000):
        total += i & 7
    return total


def quickest(works: list) -> list:
    """Microseconds of each of ``works``, pairs of a function and what it is given."""
    least = [1 << 30] * len(works)
    for _ in range(ROUNDS):
        for place, (work, given) in enumerate(works):
            began = time.ticks_us()
            work(*given)
            least[place] = min(least[place], time.ticks_diff(time.ticks_us(), began))
    return least


def main(case_file: str, columns_file: str) -> None:
    with open(case_file) as file:
        case = json.load(file)
    with open(columns_file, "rb") as file:
        columns = file.read()
    width = 2 * case["model"]["states"]
    model = Model(case["model"], lambda number, count: columns[number * width : (number + count) * width])
    stakes = plan.Stakes(case["keeps"], case["lost"], case["question"])
    depths, beliefs = case["depths"], case["beliefs"]

    def planned(policy: str, most: int, weights: list) -> list:
        return plan.make(policy, len(depths), Outlook(model, weights, depths), stakes, most)

    works = [(calibration, ())]
    works += [(belief.faded, (model, weights, DAYS)) for weights in beliefs]
    runs = [(policy, most, weights) for _, policy, most in case["plans"] for weights in beliefs]
    works += [(planned, run) for run in runs]
    print(json.dumps({"microseconds": quickest(works), "plans": [planned(*run) for run in runs]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
