"""The cashier's own gesture: the authority to say yes without asking anyone, within what the shop allows."""

from pos_client.core.benefit import Given
from pos_client.core.checkout import Decision, Progress
from pos_client.core.eligibility import amount_left
from pos_client.core.money import share_within
from pos_client.core.record import Invalid, OutOfTurn


def left(decision: Decision) -> int:
    """The most the cashier may give on this checkout, in minor units; 0 where the shop has no such rule.

    Whatever rung the customer takes, the gesture must still fit above all floors.
    """
    rule = decision.shop.goodwill
    if rule is None:
        return 0
    top = decision.ladder[-1].amount if decision.ladder else 0
    return max(0, min(rule.given["amount"], amount_left(rule, decision.visit), sum(decision.rooms) - top))


def give(decision: Decision, progress: Progress, amount: int) -> Progress:
    """A gesture of ``amount`` minor units in place of any given before. Raises `Invalid`, `OutOfTurn`."""
    if progress.state == "lost" and amount:
        raise OutOfTurn("customer-left", "the customer has left; nothing can be given")
    if not 0 <= amount <= left(decision):
        raise Invalid(
            "goodwill-exceeded", "at most " + str(left(decision)) + " may be given on this checkout"
        )
    return Progress(progress.state, progress.position, progress.offers, amount)


def given(decision: Decision, progress: Progress, rung):
    """The gesture as `Given` shares on top of ``rung`` (a `Rung` or None); None where none was made."""
    rule = decision.shop.goodwill
    if not progress.goodwill or rule is None:
        return None
    below = rung.shares() if rung else [0] * len(decision.rooms)
    spare = [room - part for room, part in zip(decision.rooms, below)]
    shares = share_within(progress.goodwill, spare, spare)
    return Given(rule, sum(shares), shares)
