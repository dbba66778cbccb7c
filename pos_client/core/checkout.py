"""One visit at the till: what is decided once for a basket, and the negotiation that follows, as a state machine.

A `Decision` is made once per basket and never changes. `Progress` is small and immutable: every function takes one
and returns the next, so a refused call changes nothing.
"""

from pos_client.core import arms, holding, ladder, margin, outlook, plan
from pos_client.core.basket import Basket
from pos_client.core.eligibility import Visit
from pos_client.core.policy import most_offers
from pos_client.core.record import Damaged, Invalid, OutOfTurn
from pos_client.core.shop import Shop

OUTCOMES = ("sold", "lost", "cancelled")
REACTIONS = ("accepted", "asked_more", "left", "skipped")


class Decision:
    """What a basket could get and in which order it will be offered.

    ``branch`` says which policy and why, ``firm`` (`holding.Firmness` or None) whether this is a customer to stand firm
    with; ``stakes`` and `outlook` are what the plan was weighed by.
    """

    def __init__(self, shop: Shop, basket: Basket, visit: Visit):
        self.shop = shop
        self.basket = basket
        self.visit = visit
        self.branch = arms.of(shop, visit)
        self.firm = holding.of(visit, self.branch)
        rules = self.branch.policy
        self.automatic, self.ladder, self.rooms = ladder.build(shop.discounts, basket, visit, rules)
        self.stakes = margin.stakes(basket, self.automatic, self.ladder, rules)
        self.most = most_offers(rules, basket.queue)
        try:
            self.plan = self._made(self.outlook())
        except (Damaged, OSError):  # a broken file stops weighing, never selling
            self.plan = self._made(None)

    def outlook(self):
        """What is expected of the ladder, or None without a model. Not kept: a device has no room for many."""
        if self.shop.model is None or not self.ladder:
            return None
        return outlook.of(self.shop.model, self.basket, self.visit, self.ladder)

    def notice(self):
        """The version of the notice that the law asks for with these offers; None where none is needed."""
        return self.shop.notice["id"] if self.shop.notice and self.visit.token else None

    def propensity(self) -> int:
        """How often, in basis points, a checkout like this one is treated so."""
        return self.firm.part(self.branch.propensity) if self.firm else self.branch.propensity

    def is_held(self):
        """Whether the till stands firm with this customer today; None where it never would."""
        return self.firm.deepest is not None if self.firm else None

    def _made(self, expected) -> list:
        if self.firm is not None and self.is_held():
            return self.firm.plan([rung.depth for rung in self.ladder], self.most)
        return plan.make(self.branch.plan, len(self.ladder), expected, self.stakes, self.most)


class Progress:
    """Where the negotiation stands.

    ``state``: offering, nothing_to_offer, settled, top_reached, lost, skipped. ``position`` in the plan, ``offers``
    made and answered: (rung, reaction, milliseconds), ``goodwill``: minor units the cashier gave.
    """

    def __init__(self, state: str, position: int, offers: tuple, goodwill: int):
        self.state = state
        self.position = position
        self.offers = offers
        self.goodwill = goodwill


def begin(decision: Decision) -> Progress:
    """The start of the negotiation: the first rung of the plan is on offer, if there is one."""
    return Progress("offering" if decision.plan else "nothing_to_offer", 0, (), 0)


def on_offer(decision: Decision, progress: Progress):
    """The position on the ladder of the rung on the table, or None."""
    if progress.state in ("offering", "top_reached"):
        return decision.plan[progress.position]
    return None


def react(decision: Decision, progress: Progress, rung: int, reaction: str, milliseconds: int) -> Progress:
    """The customer's reaction to the rung on offer. Raises `OutOfTurn` if that rung is not on offer."""
    if reaction not in REACTIONS:
        raise Invalid("unknown-reaction", "a reaction is one of " + ", ".join(REACTIONS))
    _check_turn(decision, progress, rung, reaction)
    offers = progress.offers + ((rung, reaction, milliseconds),)
    position = progress.position
    state = {"accepted": "settled", "left": "lost", "skipped": "skipped"}.get(reaction)
    if state is None:
        state = "offering" if position + 1 < len(decision.plan) else "top_reached"
        position = min(position + 1, len(decision.plan) - 1)
    return Progress(state, position, offers, progress.goodwill)


def _check_turn(decision: Decision, progress: Progress, rung: int, reaction: str) -> None:
    if not 0 <= rung < len(decision.ladder):
        raise OutOfTurn("unknown-rung", "the ladder has no rung " + str(rung) + "; read the checkout again")
    if on_offer(decision, progress) != rung:
        raise OutOfTurn("not-on-offer", "rung " + str(rung) + " is not on offer: it is " + progress.state)
    if progress.state == "top_reached" and reaction == "asked_more":
        raise OutOfTurn("top-reached", "the largest rung is on the table already")


def taken(decision: Decision, progress: Progress, outcome: str):
    """The `Rung` the customer gets, or None. At the top the last rung stays on the table for who buys."""
    if outcome == "sold" and progress.state in ("settled", "top_reached"):
        return decision.ladder[decision.plan[progress.position]]
    return None


def to_pay(decision: Decision, progress: Progress, rung) -> int:
    """What the customer pays with ``rung`` (a `Rung` or None), in minor units."""
    announced = sum([given.amount for given in decision.automatic])
    return decision.basket.gross - announced - progress.goodwill - (rung.amount if rung else 0)
