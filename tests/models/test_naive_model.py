"""The naive model scores a customer as the float reference does, which shares no code with it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from models import naive_model, posterior
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.virtual_shop import MIXED, play, truth_of

RELEASE = replace(HAND_MADE, eps=0.05, delta=0.4, leave=(0.05, 0.1, 0.15), leave_end=(0.1, 0.2, 0.3))


@pytest.mark.parametrize("seed", range(3))
def test_integrating_the_latent_requirement_out_gives_the_evidence_of_bayes_rule(seed):
    played = play(
        truth_of(RELEASE), customers=1, visits=12, ladders=MIXED, chance=np.random.default_rng(seed)
    )
    model = naive_model.declare(played, DEFAULT)
    told = model.compile_logp(model.potentials, mode="FAST_COMPILE")
    places = np.linspace(RELEASE.mu - 8 * RELEASE.tau, RELEASE.mu + 8 * RELEASE.tau, 1500)
    point = _as_sampled(model)
    chances = [math.exp(told({**point, "theta": np.array([place])})) for place in places]
    density = np.exp(-(((places - RELEASE.mu) / RELEASE.tau) ** 2) / 2)
    integral = np.dot(chances, density) / density.sum()
    assert math.log(integral) == pytest.approx(_evidence(played), abs=1e-6)


def test_anonymous_customers_are_refused():
    played = play(truth_of(RELEASE), customers=3, visits=2, chance=np.random.default_rng(1))
    played["customer"][0] = -1
    with pytest.raises(ValueError, match="anonymous"):
        naive_model.declare(played, DEFAULT)


def _as_sampled(model) -> dict:
    """The values of the release on the scale that is sampled."""
    values = {
        "sigma": RELEASE.sigma,
        "delta": RELEASE.delta,
        "eps": RELEASE.eps,
        "mu": RELEASE.mu,
        "tau": RELEASE.tau,
    }
    values |= {"shares": np.array(RELEASE.shares)}
    for name in ("leave", "leave_end"):
        kinds = zip(("indifferent", "hunter", "sensitive"), getattr(RELEASE, name), strict=True)
        values |= {f"{name}_{kind}": chance for kind, chance in kinds}
    point = model.initial_point()
    for variable in model.free_RVs:
        if variable.name != "theta":
            value, transform = model.rvs_to_values[variable], model.rvs_to_transforms[variable]
            given = np.asarray(values[variable.name], float)
            point[value.name] = (
                transform.forward(given, *variable.owner.inputs).eval() if transform else given
            )
    return point


def _evidence(played) -> float:
    """Log chance of the visits of the only customer, by `models.posterior`."""
    state, total = posterior.init(RELEASE), 0.0
    for row in range(played.sizes["checkout"]):
        state, info = posterior.step(state, _record(played.isel(checkout=row)))
        total += info.evidence
    return total


def _record(row) -> dict:
    """A checkout record that says the same as a row; rungs not planned do not matter."""
    planned, heard, ending = (int(row[name]) for name in ("planned", "heard", "ending"))
    rungs = [{"depth": int(depth)} for depth in row["depth"].values[:planned]]
    above = [] if bool(row["top"].values[planned - 1]) else [{"depth": 9999}]
    reactions = ["asked_more"] * (heard - 1) + [("accepted", "left", "asked_more")[ending]]
    return {
        "ladder": rungs + above,
        "plan": list(range(planned)),
        "offers": [{"rung": rung, "reaction": reaction} for rung, reaction in enumerate(reactions)],
        "outcome": "lost" if ending == 1 else "sold",
        "training": False,
    }
