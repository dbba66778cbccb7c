"""What may go wrong in a history: every fault by name, and which of them one history has, how often."""

from dataclasses import dataclass
from random import Random

NETWORK = {
    "request-lost": "a request never arrives",
    "answer-lost": "the request arrives, its answer does not",
    "request-late": "a request arrives after the till has given up on it, maybe after later ones",
    "answer-late": "the answer comes after the till has given up",
    "duplicate": "a request arrives twice",
    "error-before": "the service says 500 and has done nothing",
    "error-after": "the service commits, then says 500",
    "answer-torn": "the answer ends in the middle",
    "answer-false": "somebody on the way answers: with an earlier answer, or with one of his own",
    "hang": "the connection stands and nothing comes until the deadline",
}
MACHINES = {
    "power-cut": "a till loses power at any write, which may be torn",
    "switched-off": "a till is switched off while it waits",
    "till-restored": "a till's medium, identity included, is set back to an earlier image",
    "till-cloned": "a second machine goes on with an image of the first",
    "clock-dead": "a till does not know the date",
    "clock-off": "a till's clock is wrong by up to a year",
    "service-killed": "the service dies between two requests",
    "service-cut": "the service dies at any statement of a transaction, or right after its commit",
    "service-restored": "the database is set back to an earlier copy, and the service is told so",
    "poison": "a record that cannot be taken lies in a journal",
}
ALL = {**NETWORK, **MACHINES}
SHARES = (0.02, 0.05, 0.1, 0.2, 0.35)  # of the requests that meet one fault of the network


@dataclass(frozen=True)
class Weather:
    """The faults of one history. ``shares``: chance of each of the network's, of 1; ``machines``: the others it has."""

    shares: dict[str, float]
    machines: frozenset[str]

    @property
    def names(self) -> list[str]:
        return sorted([*self.shares, *self.machines])

    def without(self, name: str) -> "Weather":
        """The same history with one fault less."""
        shares = {other: share for other, share in self.shares.items() if other != name}
        return Weather(shares, self.machines - {name})


CALM = Weather({}, frozenset())


def draw(chance: Random) -> Weather:
    """Some faults, not all: a history with everything in it hides what two faults alone would show."""
    most = chance.choice((0.15, 0.35, 0.6))
    shares = {name: chance.choice(SHARES) for name in NETWORK if chance.random() < most}
    return Weather(shares, frozenset(name for name in MACHINES if chance.random() < most))
