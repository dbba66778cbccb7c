"""`adaptive_start` with known parameters against an exact Bayesian seller, on the very same customers."""

import numpy as np
import pytest

from models.arena_match import Match, Size
from models.arena_score import earned
from models.arena_worlds import yardstick
from tests.models.exact_bayes import profit

PUBLISHED = {0.0: 0.2472, 0.1: 0.2310, 0.2: 0.2228, 0.4: 0.2129}  # of gross a visit
CUSTOMERS = 12_000


@pytest.mark.parametrize("hazard", PUBLISHED)
def test_it_earns_what_an_exact_program_earns_to_half_a_percent(hazard: float) -> None:
    match = Match(yardstick(hazard), seed=4, size=Size(customers=CUSTOMERS, visits=12))
    exact = profit(hazard, match.crowd.need[:, :, 0], match.crowd.walk)
    ours = earned(match.shop, match.crowd, match.believing(anywhere=True, true=True))
    assert ours.mean() == pytest.approx(exact.mean(), rel=0.005)
    error = exact.mean(axis=1).std() / np.sqrt(CUSTOMERS)
    assert abs(exact.mean() - PUBLISHED[hazard]) < 3.5 * error  # the exact program is the published one
