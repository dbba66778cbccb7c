"""Do the claims of all experiments add up to what was observed, and the log to the books?

Three questions, each with its own alarm: was anything counted twice (`readout_repeats`), does the log hold more than
was booked (`readout_books`), and do all arms together claim more than was observed (`readout_claims` against
`readout_observed`)? What was counted twice is counted once before anything is observed.
"""

from typing import NamedTuple

from models import readout_books, readout_claims, readout_lift, readout_observed, readout_repeats
from models.readout_books import Booked, Books
from models.readout_claims import Claim
from models.readout_observed import Observed
from models.readout_repeats import Repeats
from models.readout_table import Arm, Checkouts, Design

BEYOND = 0.99  # level of the interval that claims must leave before it is an alarm: half a percent of honest logs do
MONEY = {"turnover": Checkouts.paid, "margin": Checkouts.kept}


class Balance(NamedTuple):
    """Of one kind of money: what the arms claim, and what was observed of all together."""

    claims: list[Claim]
    observed: Observed

    def total(self) -> float:
        """All claims together, minor units."""
        return sum(claim.amount.mean for claim in self.claims)

    def remainder(self) -> float | None:
        """What was observed and nobody claims; below zero, what is claimed and was not observed."""
        return self.observed.amount.mean - self.total() if self.observed.amount else None

    def alarm(self) -> bool:
        """Do the claims go beyond what was observed and its interval?"""
        seen = self.observed.amount
        return seen is not None and self.total() > readout_lift.interval(seen, BEYOND)[1]

    def kept(self) -> list[float]:
        """What may be believed of each claim: all of it, or its part of what was observed where they claim too much."""
        if self.alarm() and self.observed.amount:
            return readout_claims.shared_out(self.claims, self.observed.amount.mean)
        return [claim.amount.mean for claim in self.claims]


class Reconciliation(NamedTuple):
    """All there is to say; ``turnover``: of the log as it stands; ``twice``: checkouts counted once too often.

    independent: whether what was observed is more than the claim over again, as it is of one experiment whose own
    control is all that was left alone.
    """

    repeats: list[Repeats]
    books: Books | None
    balances: dict[str, Balance]
    turnover: int
    twice: int
    independent: bool

    def doubled(self) -> bool:
        """Was anything counted twice, by its marks or by the books?"""
        return any(each.alarm() for each in self.repeats) or bool(self.books and self.books.alarm())

    def alarm(self) -> bool:
        """Is there anything that keeps the claims from being believed?"""
        return self.doubled() or any(each.alarm() for each in self.balances.values())


def reconcile(
    table: Checkouts, designs: list[Design], holdout: Arm | None = None, booked: Booked | None = None
) -> Reconciliation:
    """All experiments over one table of all checkouts; ``holdout``: of the whole shop, where there is one."""
    repeats = readout_repeats.look(table)
    again = readout_repeats.counted_again(table, repeats)
    once = table.rows(~again)
    books = readout_books.compare(table, booked) if booked else None
    scale = readout_books.compare(once, booked).scale() if booked else 1.0
    balances = {}
    for name, values in MONEY.items():
        claims = readout_claims.claimed(table, designs, values(table))  # what the log says as it stands
        if holdout:
            seen = readout_observed.against_holdout(once, holdout, values(once))
        else:
            seen = readout_observed.against_controls(once, designs, values(once))
        balances[name] = Balance(claims, _to_the_books(seen, scale))
    return Reconciliation(
        repeats,
        books,
        balances,
        int(table.turnover.sum()),
        int(again.sum()),
        holdout is not None or len(designs) > 1,
    )


def _to_the_books(seen: Observed, scale: float) -> Observed:
    return seen._replace(amount=readout_lift.scaled(seen.amount, scale)) if seen.amount else seen
