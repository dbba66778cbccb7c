"""A readout in sentences that an analyst understands: money with its decimals, chances in percent, what to do."""

from statistics import NormalDist

from models import readout_lift
from models.readout_arms import Lift
from models.readout_books import MISSING, Books
from models.readout_guardrails import Guardrail
from models.readout_ratio import FEWEST
from models.readout_reconciliation import Balance, Reconciliation
from models.readout_repeats import Repeats
from models.readout_shares import Shares
from models.readout_table import Arm


def money(amount: float, exponent: int) -> str:
    """Minor units with the currency's decimals."""
    return f"{round(amount / 10**exponent, exponent) + 0.0:,.{exponent}f}"  # + 0.0: nothing is not less than nothing


def span(belief: NormalDist, exponent: int) -> str:
    """The 95 % interval of an amount."""
    low, high = readout_lift.interval(belief, 0.95)
    return f"{money(low, exponent)} to {money(high, exponent)}"


def shares(found: Shares, arms: tuple[Arm, ...]) -> str:
    """What the sample-ratio check found."""
    if found.alarm():
        name = arms[found.arm].name
        return (
            f"The arms do not have the shares that were announced ({name} is furthest off; by chance this happens in"
            f" {found.surprise:.1g} of experiments). Believe nothing below before the reason is found."
        )
    return f"The arms have the shares that were announced (p = {found.surprise:.3f})."


def lift(seen: Lift, name: str, exponent: int) -> str:
    """One arm's main goal in one sentence."""
    if seen.money is None:
        return (
            f"{name}: too early for a lift: {seen.arm.units} units against {seen.control.units} of the control,"
            f" {FEWEST} needed in each."
        )
    if seen.relative is None:
        return f"{name}: the control earns nothing, or hardly anything: there is no lift to speak of yet."
    believed = readout_lift.posterior(seen.relative, readout_lift.SCEPTICAL)
    inside = readout_lift.posterior(
        seen.money, readout_lift.scaled(readout_lift.SCEPTICAL, seen.control.value)
    )
    low, high = readout_lift.interval(believed, 0.95)
    return (
        f"{name}: {seen.metric.says}, against the control: {money(inside.mean, exponent)} ({believed.mean:+.1%}; 95 %:"
        f" {low:+.1%} to {high:+.1%}); better with a chance of {readout_lift.chance_above(inside):.0%}."
        f"{_alone(seen.relative, believed)}"
    )


def _alone(seen: NormalDist, believed: NormalDist) -> str:
    """What the log says without the sceptical prior, where that is another story."""
    alone = readout_lift.posterior(seen, readout_lift.WEAK)
    (low, high), (least, most) = (readout_lift.interval(each, 0.95) for each in (believed, alone))
    if low <= alone.mean <= high and (low > 0, high < 0) == (least > 0, most < 0):
        return ""
    return (
        f" The log alone says {alone.mean:+.0%} ({least:+.0%} to {most:+.0%}):"
        " too few customers to believe it under the sceptical prior."
    )


def guardrails(judged: list[Guardrail], name: str) -> str:
    """Which guardrails of an arm hold."""
    by = {state: [_guardrail(each) for each in judged if each.state() == state] for state in _STATES}
    said = [f"{_STATES[state]}: {', '.join(names)}" for state, names in by.items() if names]
    return f"{name}: guardrails " + "; ".join(said) + "."


def _guardrail(each: Guardrail) -> str:
    if each.by_design and each.state() == "breached":
        return f"{each.metric.name} (expected against a control that makes one offer at most)"
    return each.metric.name


_STATES = {"breached": "BREACHED", "not enough data": "not decided yet", "passed": "passed"}


def reconciliation(found: Reconciliation, exponent: int) -> list[str]:
    """What does not add up first; the balance of margin and turnover; what is fine last."""
    said = ["It does not add up: stop here until the reason below is found."] if found.alarm() else []
    said += [_repeats(each) for each in found.repeats if each.alarm()]
    if found.books:
        said.append(_books(found.books, exponent))
    second = found.independent or found.alarm()  # what was observed is worth telling beside the claims
    for name, each in found.balances.items():
        said += _balance(each, name, exponent) if second else [_claimed(each, name, exponent) + "."]
    if found.doubled():
        said.append(_doubled(found.twice))
    elif not found.alarm():
        said.append("Nothing was counted twice as far as can be seen. " + _held_against(found))
    return said


def _doubled(twice: int) -> str:
    if not twice:
        return (
            "No copies could be told apart, so the claims are made from the log as it stands and are too large;"
            " what was observed is scaled down to the books. Mend the log before any claim is used."
        )
    times = "checkout was" if twice == 1 else "checkouts were"
    return (
        f"{twice:,} {times} counted once too often. The claims are made from the log as it stands and are too large;"
        " what was observed counts every checkout once. Mend the log before any claim is used."
    )


def _held_against(found: Reconciliation) -> str:
    """Whether anything speaks for the claims, and why not where nothing can."""
    balances = found.balances.values()
    if not any(each.claims for each in balances):
        return f"No arm claims anything yet: arm and control need {FEWEST} units each."
    if not any(each.observed.amount for each in balances):
        return (
            f"Nothing can be held against the claims: fewer than {FEWEST} units were left alone,"
            " or none like the others."
        )
    if not found.independent:
        return (
            "Nothing can be held against the claims: of one experiment without a holdout of the shop, what was"
            " observed is the claim itself. Adding up proves nothing here."
        )
    return "The claims are within what was observed."


def _repeats(each: Repeats) -> str:
    many, of = max(each.arms.values(), key=lambda arm: arm[0] / max(arm[1], 1))
    if each.mark.even:
        return (
            f"Of {each.mark.says} there is an even number of checkouts in {many:,} of {of:,} cases of one arm, where"
            " chance would make it half at most: everything was counted twice."
        )
    return (
        f"{many:,} of {of:,} checkouts of the worst arm have {each.mark.says} as an earlier one (up to"
        f" {each.mark.allowed:.0%} would be usual): they were counted twice."
    )


def _books(books: Books, exponent: int) -> str:
    logged, booked = money(books.logged, exponent), money(books.booked, exponent)
    if books.alarm():
        return (
            f"The log holds {logged} of turnover where {booked} was booked, more on {books.over} of {books.days} days"
            " and stores: something was counted more than once, or never sold."
        )
    rest = f"; {books.missing():.0%} of it is not in the log" if books.missing() > MISSING else ""
    return f"The log holds {logged} of the {booked} that was booked{rest}."


def _claimed(balance: Balance, name: str, exponent: int) -> str:
    return f"All arms together claim {money(balance.total(), exponent)} of {name}"


def _balance(balance: Balance, name: str, exponent: int) -> list[str]:
    seen, claimed = balance.observed.amount, _claimed(balance, name, exponent)
    if seen is None:
        return [claimed + "; too few were held out whom that could be held against."]
    remainder = money(balance.remainder() or 0.0, exponent)
    said = [
        f"{claimed}. Observed against those who were left alone:"
        f" {money(seen.mean, exponent)} (95 %: {span(seen, exponent)}); the remainder is {remainder}."
    ]
    if balance.alarm():
        said.append(f"More {name} is claimed than was observed: each claim is cut back until they add up.")
    return said
