"""Somebody between tills and service who hears everything, answers what he likes, and has no key."""

import json
from random import Random

from tests.simulator.web import Answer, Asked

HEARD = 8  # answers that he remembers of each kind


class Forger:
    """Gives earlier answers of the service to the same till, or answers that look like the service's."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._heard: dict[tuple[str, str], list[Answer]] = {}
        self._history = ""

    def overhear(self, who: str, asked: Asked, answer: Answer) -> None:
        kept = self._heard.setdefault(_about(who, asked), [])
        kept[:] = [*kept[1 - HEARD :], answer]
        if answer[0] == 200 and answer[2].startswith(b'{"history"'):
            self._history = json.loads(answer[2])["history"]

    def answer(self, who: str, asked: Asked) -> Answer:
        heard = self._heard.get(_about(who, asked))
        if heard and self._chance.random() < 0.6:
            return self._chance.choice(heard)
        status, told = self._chance.choice(self._made_up())
        return status, {"content-type": "application/json"}, json.dumps(told).encode()

    def _made_up(self) -> list[tuple[int, dict]]:
        number = self._chance.randrange(12)
        receipt = {"history": self._history, "acknowledged": number, "quarantined": []}
        return [
            (200, receipt),
            (200, {"epoch": 7, "key": "00" * 32}),
            (204, {}),
            (401, {"code": "clock-off", "now": 1}),
            (401, {"code": "counter-used", "next": 1 << 60}),
            (409, {"code": "identity-conflict", "conflicts": [number], **receipt}),
            (409, {"code": "history-changed", "history": "made up"}),
            (409, {"code": "enrolment-unknown"}),
            (413, {"code": "body-too-large"}),
        ]


def _about(who: str, asked: Asked) -> tuple[str, str]:
    """The till, whichever of its twins, and what it asks for."""
    return who.partition(".")[0], asked.target.partition("?")[0]
