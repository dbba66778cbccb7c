"""Whatever happens to tills, what all gave of a budget is within it, but for what the docs name (docs/leases.md)."""

import os
import random

import pytest

from pricing_service.database import Database
from tests.service.lease_shops import BUDGETS, Shop, lived

SHOPS = 400 if os.environ.get("RUNG_SOAK") else 8
STEPS = 300


def shop_after(database: Database, seed: int, faults: bool) -> Shop:
    """A shop that has lived; the database is as it was before."""
    chance = random.Random(seed)
    with database.engine.connect() as connection:
        world = Shop(connection, chance, chance.randint(2, 5), 2 if faults else 60)
        lived(world, STEPS, faults)
        connection.rollback()
    return world


@pytest.mark.timeout(3600)
def test_without_faults_no_budget_is_overspent_by_a_cent(database: Database) -> None:
    full = 0
    for seed in range(SHOPS):
        world = shop_after(database, seed, faults=False)
        assert not world.loose.total()
        over = {place: given for place, given in world.given.items() if given > BUDGETS[place[0]][1]}
        assert not over, f"seed {seed}"
        full += sum(given > 0.9 * BUDGETS[name][1] for (name, _), given in world.given.items())
    assert full >= SHOPS // 4  # budgets were nearly used up: it was leases that held


@pytest.mark.timeout(3600)
def test_with_faults_no_budget_is_overspent_by_more_than_was_in_the_field(database: Database) -> None:
    for seed in range(SHOPS):
        assert shop_after(database, seed, faults=True).is_within(), f"seed {seed}"
