"""Plays random checkouts and prints the SHA-256 of everything the core said: the same on every interpreter.

    python tests/core/transcript.py 20000
    micropython tests/core/transcript.py 20000

Every ten checkouts a new random shop comes with a new snapshot; customers come again, so beliefs grow.
"""

import hashlib
import sys

sys.path.insert(0, ".")

from pos_client.core import (
    answer,
    basket,
    belief,
    checkout,
    checkout_record,
    event,
    goodwill,
    returning,
    shop,
    snapshot,
)
from pos_client.core.record import Refused
from tests.core import worlds
from tests.core.expect import Chance
from tests.core.small_model import COLUMNS, TABLES, WITH_BASKETS


class Play:
    """A till's worth of core calls; ``digest`` takes in every answer, record, refusal and belief."""

    def __init__(self, seed: int):
        self.chance = Chance(seed)
        self.digest = hashlib.sha256()
        self.beliefs = {}
        self.cohorts = {}
        self.facts = {}
        self.version = 0

    def say(self, value) -> None:
        self.digest.update(event.canonical(value))

    def new_shop(self) -> None:
        """A random shop, through a snapshot and back, with what is believed of every customer."""
        self.version += 1
        meta = worlds.meta(self.chance, self.chance.pick([TABLES, WITH_BASKETS]), self.version)
        customers = [(token, self.beliefs[token], worlds.DAY, self.facts[token]) for token in self.beliefs]
        body = snapshot.encode(meta, COLUMNS, customers)
        signed = snapshot.sign(body, b"key")
        self.digest.update(signed)
        self.file = snapshot.Snapshot(lambda offset, length: signed[offset : offset + length], len(signed))
        self.shop = shop.read(self.file.meta, self.file.column)
        self.model = self.shop.model
        self.spent = {}

    def visit(self, number: int) -> None:
        """One checkout from basket to record, belief and return."""
        body = worlds.basket_body(self.chance)
        token = "%064x" % int(body["customer"]) if "customer" in body else None
        day = worlds.DAY + self.chance.below(40)
        facts = self.facts.get(token, {}) if token else None
        given = basket.read(body)
        held = (self.beliefs[token], worlds.DAY) if token in self.beliefs else None
        visit = shop.visit(self.shop, day * 86400, facts, self.spent, token, str(number), held)
        decision = checkout.Decision(self.shop, given, visit)
        progress = self.negotiate(decision, str(number))
        outcome = self.chance.pick(["sold", "sold", "sold", "lost", "cancelled"])
        stamp = checkout_record.Stamp("till-1", 1, number + 1, "s1", 1, number * 1000, day * 86400)
        record = checkout_record.of_checkout(stamp, str(number), token, decision, progress, outcome)
        self.digest.update(event.seal(record))
        self.learn(record, token, day)
        self.bring_back(record)

    def negotiate(self, decision, name: str):
        progress = checkout.begin(decision)
        self.say(answer.of_checkout(name, decision, progress, self.chance.pick(["en", "ru", "fr"])))
        for _ in range(self.chance.below(5)):
            try:
                progress = self.step(decision, progress)
                self.say(answer.of_reaction(decision, progress, "en"))
            except Refused as refused:
                self.say([refused.code, refused.detail])
        return progress

    def step(self, decision, progress):
        if not self.chance.below(6):
            return goodwill.give(decision, progress, self.chance.below(400))
        rung = checkout.on_offer(decision, progress)
        if rung is None or not self.chance.below(12):
            rung = self.chance.below(4)
        reaction = self.chance.pick(["accepted", "asked_more", "asked_more", "asked_more", "left", "skipped"])
        return checkout.react(decision, progress, rung, reaction, self.chance.below(9000))

    def learn(self, record: dict, token, day: int) -> None:
        rules = {rule.id: rule for rule in self.shop.discounts}
        facts = self.facts.setdefault(token, {}) if token else {}
        for name, amount in shop.used(record):
            if name in rules:
                shop.charge(facts.setdefault("usage", {}), rules[name], amount, day)
                shop.spend(self.spent, rules[name], amount, day)
        if token:
            self.believe(record, token)

    def believe(self, record: dict, token: str) -> None:
        cohort = self.cohorts.get(token)
        if cohort is None:
            cohort = self.cohorts[token] = belief.cohort_of(self.model, record)
        moved = belief.offset(self.model, record)
        weights = self.beliefs.get(token) or belief.initial(self.model, belief.ONE, cohort)
        weights = belief.drift(self.model, weights, self.chance.below(60), cohort)
        weights = belief.update(self.model, weights, belief.offers_of(record), record["outcome"], moved)
        self.beliefs[token] = weights
        chances = [
            belief.predict(self.model, weights, depth, False, False, None, moved)
            for depth in (100, 500, 1500)
        ]
        self.say([weights, chances, moved, cohort])

    def bring_back(self, record: dict) -> None:
        before = [0] * len(record["lines"])
        for _ in range(self.chance.below(3)):
            line = self.chance.below(len(record["lines"]))
            wanted = {"lines": [{"line": line, "quantity": self.chance.between(1, 3)}]}
            try:
                lines, refund = returning.give_back(record, before, wanted)
                before[line] += wanted["lines"][0]["quantity"]
                self.say([lines, refund])
            except Refused as refused:
                self.say(refused.code)


def play(seed: int, checkouts: int) -> str:
    """SHA-256 over everything that was said in ``checkouts`` checkouts."""
    now = Play(seed)
    for number in range(checkouts):
        if number % 10 == 0:
            now.new_shop()
        now.visit(number)
    return "".join(["%02x" % byte for byte in now.digest.digest()])


if __name__ == "__main__":
    print(play(1, int(sys.argv[1])))
