"""The replay of a log of visits in Parquet against the service's `fold` of the records it was written from."""

from pathlib import Path

import numpy as np
import pytest

from models import dataset, logged_visits, tables
from models.recompute import recompute
from models.release import HAND_MADE, Release
from pos_client.core import belief
from pricing_service.learning import fold, tells
from tests.models.test_recompute import PARTED, played

CUSTOMERS = 60


def written(folder: Path) -> list[tuple[str, dict, int]]:
    """A log with visits of nobody and visits that tell nothing; who came and told something, in order."""
    log, told = [], []
    for who, record, day in played(6, 1500, CUSTOMERS, 30):
        customer = None if who % 9 == 0 else f"{who:064x}"
        record["lines"] = record["lines"] or [{"quantity": 1}, {"quantity": 2}]
        record["ladder"] = [
            {"depth": rung["depth"], "discounts": [], "amount": 1} for rung in record["ladder"]
        ]
        whole = {**record, "customer": customer, "cashier": "c1", "store": "s", "gross": 100 + who % 7}
        log.append((whole, day))
        if customer and tells(belief.offers_of(whole), whole["outcome"]):
            told.append((customer, whole, day))
    dataset.to_parquet(dataset.from_records(log), folder)
    return told


@pytest.mark.parametrize("release", [HAND_MADE, PARTED], ids=lambda release: release.name)
def test_beliefs_from_parquet_are_those_that_fold_makes_of_the_records(
    tmp_path: Path, release: Release
) -> None:
    model, held = tables.held(release), {}
    for customer, record, day in written(tmp_path):
        held[customer] = fold(model, held.get(customer), record, day)
    visits, kinds = logged_visits.read(tmp_path, model)
    parts = list(recompute(model, visits, kinds, together=300))
    tokens = dataset.from_parquet(tmp_path)["token"].values.astype(str)
    weights = np.concatenate([part.weights() for part in parts]).tolist()
    cohorts = np.concatenate([part.cohort for part in parts]).tolist()
    days = np.concatenate([part.day for part in parts]).tolist()
    found = dict(zip(tokens.tolist(), zip(weights, days, cohorts, strict=True), strict=True))
    assert found == {
        token: (one.weights, one.day, 0 if one.cohort is None else 1 + one.cohort)
        for token, one in held.items()
    }
