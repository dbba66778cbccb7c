"""Experiments as a snapshot brings them: who is drawn, into which arm, and the policy that holds there.

A draw is SHA-256 over the experiment's id and the unit, read as whole numbers: tills that never met, and the service,
draw the same. Two numbers come of one digest. The first says whether the unit is in, below the sum of all shares;
the second, which of the arms, by the ratio of their shares. So a ramp-up, which multiplies all shares alike, adds
units and moves none.
"""

import hashlib

from pos_client.core import policy
from pos_client.core.calendar import date
from pos_client.core.record import Invalid, choice, fields, flag, integer, listing, text

WHOLE = 10000  # basis points of one
MOST = 8  # experiments at a time: each is one SHA-256 of every decision
LONGEST = 731  # days
UNITS = ("customer", "checkout")
# What may differ between arms. Floors, margins by which arms are compared, and the shop's day hold for everybody.
MAY_DIFFER = (
    "plan",
    "lost_sale",
    "till_hour",
    "waiting_hour",
    "question_seconds",
    "till_seconds",
    "most_climbs",
    "silent_above",
    "hold_firm",
)


def _overrides(value, where):
    """Reader of the members in which an arm's policy differs from the shop's."""
    given = policy.READER(value, where)
    for name in sorted(given):
        if name not in MAY_DIFFER:
            raise Invalid("not-by-arm", where + "." + name + " holds for the whole shop, not for an arm")
    return given


ARM = fields({"name": text(64), "share": integer(1, WHOLE)}, {"policy": _overrides, "holdout": flag})
READER = fields(
    {
        "id": text(64),
        "unit": choice(*UNITS),
        "from": date,
        "until": date,
        "arms": listing(ARM, 8, 1),
    }
)


class Arm:
    """One branch: its ``name``, ``share`` in basis points of all units, whether it is the ``holdout``, its `Policy`."""

    def __init__(self, given: dict, law: dict):
        self.name = given["name"]
        self.share = given["share"]
        self.holdout = given.get("holdout", False)
        merged = dict(law)
        merged.update(given.get("policy", {}))
        self.policy = policy.read(merged)


class Experiment:
    """``unit``: what is drawn. ``first`` and ``last``: its local days, both inclusive. ``total``: of all shares."""

    def __init__(self, given: dict, law: dict):
        self.id = given["id"]
        self.unit = given["unit"]
        self.first = given["from"]
        self.last = given["until"]
        self.arms = [Arm(one, law) for one in given["arms"]]
        self.total = sum([arm.share for arm in self.arms])
        self._parts = ratio([arm.share for arm in self.arms])

    def runs(self, day: int) -> bool:
        """Whether it runs on a local day."""
        return self.first <= day <= self.last

    def arm(self, token, checkout_id: str):
        """The arm of a customer's ``token`` (None: nobody known) and checkout; None for who is outside.

        Who is not known is drawn by the checkout, so that a holdout is a part of the whole turnover.
        """
        unit = checkout_id if token is None or self.unit == "checkout" else token
        inside, place = drawn(self.id, unit, sum(self._parts))
        at = 0
        while place >= self._parts[at]:
            place -= self._parts[at]
            at += 1
        return self.arms[at] if inside < self.total else None

    def is_holdout(self) -> bool:
        """Whether it is the shop's holdout: nothing but an arm that is held out. It is drawn before all others."""
        return len(self.arms) == 1 and self.arms[0].holdout


def drawn(salt: str, unit: str, parts: int) -> tuple:
    """(a number below `WHOLE`, a number below ``parts``), even over units and independent of every other salt's."""
    digest = hashlib.sha256((salt + "\n" + unit).encode()).digest()
    first, second = int.from_bytes(digest[:6], "big"), int.from_bytes(digest[6:12], "big")
    return first * WHOLE >> 48, second * parts >> 48


def ratio(shares: list) -> list:
    """Shares by their largest common divisor: what stays the same when all are multiplied."""
    divisor = 0
    for share in shares:
        while share:
            divisor, share = share, divisor % share
    return [share // divisor for share in shares]


def read(given, law: dict) -> Experiment:
    """One experiment over the shop's policy object ``law``. Raises `Invalid`."""
    body = READER(given, "experiment")
    if body["until"] < body["from"]:
        raise Invalid("ends-before-it-begins", "until must not be before from")
    if body["until"] - body["from"] >= LONGEST:
        raise Invalid("too-long", "an experiment lasts " + str(LONGEST) + " days at most")
    _check_arms(body["arms"])
    return Experiment(body, law)


def read_all(given, law: dict) -> list:
    """The experiments of a snapshot in the order they are drawn. Raises `Invalid`."""
    if type(given) is not list or len(given) > MOST:
        raise Invalid("too-many-experiments", "at most " + str(MOST) + " experiments run at a time")
    out = [read(one, law) for one in given]
    names = [one.id for one in out]
    if len(set(names)) < len(names):
        raise Invalid("duplicate-experiment", "two experiments have one id")
    if any([one.is_holdout() for one in out[1:]]):
        raise Invalid(
            "holdout-first", "the shop's holdout, of which there is one, is drawn before all others"
        )
    return out


def _check_arms(arms: list) -> None:
    names = [arm["name"] for arm in arms]
    if len(set(names)) < len(names):
        raise Invalid("duplicate-arm", "two arms have one name")
    total = sum([arm["share"] for arm in arms])
    if total > WHOLE:
        raise Invalid("shares", "shares add up to " + str(total) + ": at most " + str(WHOLE))
    held = [arm for arm in arms if arm.get("holdout")]
    if len(held) > 1:
        raise Invalid("two-holdouts", "one arm may be the holdout, not " + str(len(held)))
    if len(arms) == 1 and not held:
        raise Invalid(
            "one-arm", "one arm has nothing to be compared with: add another, or mark it as the holdout"
        )
    for arm in held:
        _check_usual(arm)


def _check_usual(arm: dict) -> None:
    """A holdout is business as usual: the best at once, or nothing."""
    given = arm.get("policy", {})
    if given.get("plan") != "best_first" and given.get("till_seconds") != 0:
        raise Invalid(
            "holdout-policy",
            "arm "
            + arm["name"]
            + ' is the holdout, business as usual: its policy needs "plan": "best_first", or "till_seconds": 0'
            + " for no offers",
        )
