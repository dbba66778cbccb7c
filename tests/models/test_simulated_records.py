"""Records of simulated checkouts say what was simulated, and a service takes them."""

import numpy as np

from models.dataset import from_records
from models.release import HAND_MADE
from models.simulated_records import lines
from models.virtual_shop import MIXED, play, truth_of
from pos_client.core.event import opened
from pricing_service import records

SAME = (
    "customer",
    "gross",
    "gross_major",
    "lines",
    "units",
    "planned",
    "heard",
    "ending",
    "depth",
    "top",
    "first",
)


def played():
    return play(truth_of(HAND_MADE), customers=200, visits=3, ladders=MIXED, chance=np.random.default_rng(1))


def test_a_dataset_comes_back_from_its_records():
    shop = played()
    customer = shop["customer"].values
    _, first, number = np.unique(customer, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))  # read from records, customers are numbered as they come
    days = shop["day"].values
    given = [opened(line) for line in lines(shop, "till-9", 1, "north", last_day=20000)]
    told = from_records(zip(given, days.tolist(), strict=True))
    assert (told["customer"].values == place[number]).all()
    for name in SAME[1:-1]:
        assert (told[name].values == shop[name].values).all(), name
    assert np.abs(told["first"].values[place] - shop["first"].values).max() < 2e-5
    assert given[-1]["clock"] == "2024-10-04T00:00:00Z"


def test_a_service_takes_every_record():
    taken = [records.read(line, "till-9", 1) for line in lines(played(), "till-9", 1, "north", 20000)]
    assert [line.code for line in taken] == [""] * 600
    assert [line.sequence for line in taken] == list(range(1, 601))
