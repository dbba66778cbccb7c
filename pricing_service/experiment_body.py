"""An experiment as it is sent and kept: what tills read of it, and what only the service does."""

import re
from typing import Any, NamedTuple

from pos_client.core import experiment
from pos_client.core.experiment import Experiment
from pos_client.core.record import Invalid, fields, flag, optional, text
from pricing_service.json_body import read_alone

NAME = re.compile("[A-Za-z0-9._-]{1,64}")
# Members that tills are not told.
_OWN = {"note": text(400, 0), "control": optional(text(64)), "adjusted": flag}
_own = fields({}, _OWN)


def read(sent: dict[str, Any]) -> dict[str, Any]:
    """The body of an experiment as it is kept. Raises `Invalid`."""
    own = {name: value for name, value in sent.items() if name in _OWN}
    told = {name: value for name, value in sent.items() if name not in _OWN}
    read_alone(lambda given: experiment.read(given, {}), told, "experiment")
    read_alone(lambda given: _own(given, "experiment"), own, "experiment")
    if not NAME.fullmatch(told["id"]):
        raise Invalid("experiment-id", "`id` needs 1 to 64 letters, digits, dots, dashes or underscores.")
    if own.get("control") and own["control"] not in [arm["name"] for arm in told["arms"]]:
        raise Invalid(
            "unknown-arm",
            f"control names an arm, and none is called {own['control']}: send the name of one of them",
        )
    return {**told, **own}


class Kept(NamedTuple):
    """An experiment as it is kept; ``body`` is what was sent, ``ramps`` the raises of its shares."""

    id: str
    version: int
    state: str
    body: dict[str, Any]
    position: int | None
    created: int
    created_by: str
    started: int | None
    started_by: str | None
    stopped: int | None
    stopped_by: str | None
    ramps: list[dict[str, Any]]

    @property
    def told(self) -> dict[str, Any]:
        """What tills read of it."""
        return {name: value for name, value in self.body.items() if name not in _OWN}

    @property
    def read(self) -> Experiment:
        return experiment.read(self.told, {})

    @property
    def control(self) -> str:
        """The arm all others are held against: the one that was named, else the holdout, else the first."""
        held = [arm["name"] for arm in self.body["arms"] if arm.get("holdout")]
        return self.body.get("control") or (held or [self.body["arms"][0]["name"]])[0]

    @property
    def adjusted(self) -> bool:
        """Whether it was announced that margins are adjusted by what each customer left before the start."""
        return self.body.get("adjusted", False)
