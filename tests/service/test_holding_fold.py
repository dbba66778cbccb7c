"""What a record says about holding out, and how what is kept of a customer is stored."""

import numpy as np

from models import holding_law
from pricing_service import holding_fold

DEPTHS = (200, 300, 500, 700, 1000, 1500, 2000, 2500)


def test_only_offers_that_were_answered_are_read() -> None:
    def seen(reactions: tuple[str | None, ...], outcome: str, plan: list[int]) -> holding_fold.Seen | None:
        offers = [{"rung": rung, "reaction": said} for rung, said in zip(plan, reactions, strict=False)]
        ladder = [{"depth": depth} for depth in DEPTHS]
        body = {"ladder": ladder, "plan": plan, "offers": offers, "outcome": outcome, "training": False}
        return holding_fold.read(body)

    more = "asked_more"
    assert seen(("accepted",), "sold", [0, 4]) == ([200], holding_law.TOOK)
    assert seen((more, more), "sold", [0, 4]) == ([200, 1000], holding_law.STAYED)
    assert seen((more, more), "lost", [0, 4]) == ([200, 1000], holding_law.LEFT)
    assert seen((more, None), "sold", [0, 4]) == ([200], holding_law.OPEN)
    assert seen((more, "left"), "lost", [0, 4, 7]) == ([200, 1000], holding_law.LEFT)
    assert (
        seen((None,), "sold", [0])
        is seen(("skipped",), "sold", [0])
        is seen((more,), "cancelled", [0])
        is None
    )


def test_states_are_stored_to_the_last_bit() -> None:
    state = holding_law.begin(1)
    for depths in ([200], [200, 700], [200, 700, 2500]):
        state = holding_law.step(
            state, holding_law.Visits(np.array([depths]), np.array([holding_law.STAYED]))
        )
    weights = state.weights.astype(holding_fold.STORED)[0].tobytes()
    again = holding_fold.state_of([holding_fold.Kept(weights, int(state.stays[0]), 7), None])
    assert np.array_equal(again.weights[0], state.weights[0]) and again.stays[0] == state.stays[0]
    assert np.array_equal(again.weights[1], holding_law.begin(1).weights[0])
