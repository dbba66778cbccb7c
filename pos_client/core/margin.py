"""What the shop keeps of a checkout, by rung: the stakes of a plan, from prices, costs and what till time costs."""

from pos_client.core.basket import Basket
from pos_client.core.plan import Stakes
from pos_client.core.policy import Policy

HOUR = 3600  # money is counted in so many parts of a minor unit, because till time is paid by the hour


def stakes(basket: Basket, automatic: list, ladder: list, policy: Policy) -> Stakes:
    """The stakes of a checkout in 3600ths of a minor unit.

    ``automatic`` are the discounts given anyway. Where the cost of a line is not known, the shop is taken to keep
    ``policy.margin`` of its price without tax.
    """
    before = sum([_kept(line, policy) for line in basket.lines])
    before -= sum([_without_tax(basket, one.shares()) for one in automatic])
    if any([line.tax for line in basket.lines]):
        keeps = [before - _without_tax(basket, rung.shares()) for rung in ladder]
    else:
        keeps = [before - rung.amount * HOUR for rung in ladder]
    lost = basket.gross * policy.lost_sale * HOUR // 10000
    return Stakes(
        keeps, lost, policy.question_seconds * (policy.till_hour + basket.queue * policy.waiting_hour)
    )


def kept(basket: Basket, given: list, policy: Policy) -> int:
    """What the shop keeps of a sale, in minor units; ``given`` are the shares by line of each discount it gave."""
    whole = sum([_kept(line, policy) for line in basket.lines])
    return (whole - sum([_without_tax(basket, shares) for shares in given])) // HOUR


def _kept(line, policy: Policy) -> int:
    """Of a line at its shelf price."""
    price = line.value * HOUR * 10000 // (10000 + line.tax)
    if line.cost is None:
        return price * policy.margin // 10000
    return price - line.cost * line.quantity * HOUR


def _without_tax(basket: Basket, shares: list) -> int:
    pairs = zip(shares, basket.lines)
    return sum([part * HOUR * 10000 // (10000 + line.tax) for part, line in pairs])
