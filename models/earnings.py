"""What a till earned with simulated shoppers, and what `best_first` would have earned with the very same visits."""

from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from models.simulate import Visit
from models.till_api import TillApi
from pos_client.core.money import exponent


@dataclass(frozen=True)
class Checkout:
    """How one visit ended: ``value`` after announced discounts, ``discount`` on request (minor units), offers made."""

    value: int
    sold: bool
    discount: int
    offers: int


@dataclass
class Earnings:
    """The sum of many checkouts, minor units."""

    baskets: int = 0
    sold: int = 0
    turnover: int = 0
    discount: int = 0
    offers: int = 0

    def add(self, checkout: Checkout) -> None:
        """Count one more."""
        self.baskets += 1
        self.offers += checkout.offers
        if checkout.sold:
            self.sold += 1
            self.turnover += checkout.value
            self.discount += checkout.discount

    @property
    def lost(self) -> int:
        """Baskets whose customer left without them."""
        return self.baskets - self.sold

    @property
    def kept(self) -> int:
        """What the customers paid."""
        return self.turnover - self.discount

    def earned(self, margin: float) -> int:
        """Margin after discounts: goods of a lost sale stay on the shelf, so only their margin is lost."""
        return round(self.turnover * margin) - self.discount


_SUMS = (
    ("turnover", lambda earned, margin: earned.turnover),
    ("discount given", lambda earned, margin: earned.discount),
    ("kept", lambda earned, margin: earned.kept),
    ("earned", lambda earned, margin: earned.earned(margin)),
)


def play(till: TillApi, checkout_id: str, body: dict, visit: Visit) -> tuple[dict, Checkout]:
    """One checkout at the till, the visit answering its offers: the till's decision and how it ended."""
    decision = till.put(checkout_id, body)
    told, number = decision, 0
    while told["offer"]:
        rung = told["offer"]["rung"]
        if told["state"] == "top_reached":
            told = till.react(checkout_id, rung, "accepted")  # who stayed takes what is on the table
            continue
        is_top, is_last = rung == len(decision["ladder"]) - 1, rung == decision["plan"][-1]
        reaction = visit.answer(number, told["offer"]["depth"], is_top, is_last)
        told = till.react(checkout_id, rung, reaction)
        number += 1
    sold = told["state"] != "lost"
    closed = till.close(checkout_id, "sold" if sold else "lost")
    given = closed["discount"]["amount"] if closed["discount"] else 0
    return decision, Checkout(_value(decision), sold, given, number)


def best_first(decision: dict, visit: Visit) -> Checkout:
    """How the same visit would have ended had the largest rung been offered at once."""
    if not decision["ladder"]:
        return Checkout(_value(decision), True, 0, 0)
    top = decision["ladder"][-1]
    sold = visit.answer(0, top["depth"], True, True) != "left"
    return Checkout(_value(decision), sold, top["amount"] if sold else 0, 1)


def _value(decision: dict) -> int:
    return decision["gross"] - sum(given["amount"] for given in decision["automatic"])


def table(currency: str, ours: Earnings, usual: Earnings, margin: float) -> Table:
    """The till against `best_first`. ``margin``: what the shop earns of a shelf price before any discount."""
    out = Table(title=f"What was earned ({currency})", box=SIMPLE_HEAD)
    for heading in ("", "this till", "best_first", "difference"):
        out.add_column(heading, justify="right" if heading else "left")
    for name in ("baskets", "sold", "lost"):
        mine, theirs = getattr(ours, name), getattr(usual, name)
        out.add_row(name, f"{mine:,}", f"{theirs:,}", f"{mine - theirs:+,}")
    for name, read in _SUMS:
        mine, theirs = read(ours, margin), read(usual, margin)
        shift = f"{money(currency, mine - theirs, '+')}  {(mine - theirs) / theirs if theirs else 0:+7.1%}"
        out.add_row(name, money(currency, mine), money(currency, theirs), shift)
    out.add_row(
        "offers per checkout", *[f"{one.offers / max(one.baskets, 1):.2f}" for one in (ours, usual)], ""
    )
    out.caption = (
        f"best_first: the same visits, the largest rung at once. Earned: at a margin of {margin:.0%}."
    )
    return out


def money(currency: str, amount: int, sign: str = "") -> str:
    """Minor units as a decimal figure with thousands separators."""
    digits = exponent(currency)
    return f"{amount / 10**digits:{sign},.{digits}f}"
