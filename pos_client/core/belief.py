"""What a customer's visits say about the depth they need, in whole numbers only.

A belief is a list of whole weights, one per state, with any total: state 0 is the indifferent customer,
state 1 the hunter, the others are sensitive customers, one per requirement on a grid. Probabilities are Q16
(65536 is certain), likelihoods Q32. ``docs/model.md`` has the equations and the error against the float reference.

An offer is ``(depth, is_top, is_last, reaction)``: basis points of gross, whether it is the largest rung of its
ladder, whether nothing more comes after it (it ends the plan; the top always does), and ``accepted``, ``asked_more``,
``left``, ``skipped`` or None. Offers are listed in the order they were made; the customer asked for more on every one
before the last that was made, so only the first is judged without the escalation shift.
What a visit needs more or less because of its basket is an ``offset`` in depth bins, the same for all its offers.
"""

from pos_client.core import feature
from pos_client.core.model import ONE, Model
from pos_client.core.money import share
from pos_client.core.record import Invalid

CERTAIN = 1 << 32
PRECISE = 1 << 30  # total of the beliefs a service keeps; published ones add up to ONE

_INDIFFERENT = 0
_HUNTER = 1
_SENSITIVE = 2  # the first grid state, and the place of sensitive customers in the hazards
_KEPT = 1 << 30


def cohort_of(model: Model, visit):
    """The cohort that a customer's first basket decides, or None: no cohorts, or ``visit`` does not tell.

    ``visit`` is a `Basket` or a checkout record.
    """
    rule = model.cohorts
    return cohort_at(model, feature.value(rule["feature"], visit)) if rule else None


def cohort_at(model: Model, value):
    """The same of the feature's value, Q16, or None. A value at a cut belongs above it."""
    rule = model.cohorts
    return len([cut for cut in rule["cuts"] if value >= cut]) if rule and value is not None else None


def offset(model: Model, visit) -> int:
    """How many bins deeper, Q16, an offer must be on this visit than on one whose basket is at every centre.

    ``visit`` is a `Basket` or a checkout record.
    """
    if not model.covariates:
        return 0
    return offset_at(model, [feature.value(name, visit) for name, _, _ in model.covariates])


def offset_at(model: Model, values: list) -> int:
    """The same of the values of the covariates, Q16, in their order; None counts as the centre."""
    pairs = zip(values, model.covariates)
    raised = [(value - centre) * bins for value, (_, centre, bins) in pairs if value is not None]
    return sum(raised) + 32768 >> 16


def initial(model: Model, total: int = ONE, cohort=None) -> list:
    """The belief about a customer nobody has met."""
    return rescale(model.population_of(cohort), total)


def satisfied(model: Model, depth: int, is_top: bool, later: bool = False, offset: int = 0) -> list:
    """F: the chance, Q16 per state, that an offer of this depth meets the requirement of a visit."""
    return _met(model, model.place(depth, later, offset), is_top)


def predict(
    model: Model, weights: list, depth: int, is_top: bool, later: bool = False, refused=None, offset: int = 0
) -> int:
    """Chance, Q16, that this customer accepts an offer now, having asked for more on every offer in ``refused``."""
    refused = refused or []
    count = len(refused)
    floor = _floor(model, refused, offset)
    stays = _hazards(model, refused, False)
    here = _visit(model, floor, [ONE] * model.states, count, stays)
    taken = _visit(
        model, floor, satisfied(model, depth, is_top, later or count > 0, offset), count + 1, stays
    )
    whole = _mass(weights, here)
    return (_mass(weights, taken) * ONE + whole // 2) // whole if whole else 0


def likelihood(model: Model, offers: list, outcome: str, offset: int = 0) -> list:
    """How likely each state makes this visit, Q32; CERTAIN for all where the visit tells nothing."""
    heard = _heard(offers, outcome)
    if not heard:
        return [CERTAIN] * model.states
    depth, is_top, is_last, reaction = heard[-1]
    accepts = reaction == "accepted"
    refused = heard[:-1] if accepts else heard
    met = satisfied(model, depth, is_top, len(heard) > 1, offset) if accepts else [ONE] * model.states
    ended = is_last or len(heard) == len(offers)  # else an offer was still open when the checkout closed
    leaves = reaction == "left" or (reaction == "asked_more" and outcome == "lost" and ended)
    return _visit(model, _floor(model, refused, offset), met, len(heard), _hazards(model, refused, leaves))


def update(model: Model, weights: list, offers: list, outcome: str, offset: int = 0) -> list:
    """The belief after a visit, same total, at least 1 in every state of the population: no state ever dies.

    A visit that no state can explain teaches nothing.
    """
    if not _heard(offers, outcome):
        return list(weights)
    parts = [w * chance for w, chance in zip(weights, likelihood(model, offers, outcome, offset))]
    return apportion(sum(weights), parts, model.population) if sum(parts) else list(weights)


def drift(model: Model, weights: list, days: int, cohort=None) -> list:
    """The belief after ``days`` without a visit: mixed back to the cohort's population by half-life, same total.

    Drift once over the whole gap: many small steps round to nothing when the total is small.
    """
    if days <= 0:
        return list(weights)
    total = sum(weights)
    keep = kept(model, days)
    back = (_KEPT - keep) * total
    parts = [w * keep * ONE + p * back for w, p in zip(weights, model.population_of(cohort))]
    return apportion(total, parts, model.population)


def faded(model: Model, weights: list, days: int, cohort=None) -> list:
    """`drift` for who only plans: each weight to the nearest, the total not made up exactly, in a tenth of the time."""
    if days <= 0:
        return weights
    keep = kept(model, days) >> 16  # Q14: on a board, products of published weights stay small integers
    back = ((1 << 14) - keep) * sum(weights) >> 16
    return [w * keep + p * back + 8192 >> 14 for w, p in zip(weights, model.population_of(cohort))]


def kept(model: Model, days: int) -> int:
    """What of a belief is left after ``days``, Q30, by binary powers; the table ends after some eleven years."""
    days = min(days, (1 << len(model.drift)) - 1)
    keep = _KEPT
    for factor in model.drift:
        if days & 1:
            keep = keep * factor + (_KEPT >> 1) >> 30
        days >>= 1
    return keep


def rescale(weights, total: int) -> list:
    """The same belief with another total, at least the number of states: what a snapshot publishes.

    Rounded to the nearest, so that sixty improbable states do not add up to something; an update revives what became
    0 here. The types without a grid keep their 1, which also keeps every weight below ``total``: a u16 in a snapshot.
    """
    if total < len(weights):
        raise Invalid("belief-total", "a belief needs a total of at least one per state")
    return apportion(total, weights, weights[:_SENSITIVE])


def apportion(total: int, parts, needed) -> list:
    """``total`` in proportion to ``parts``, by largest remainder, but at least 1 in every state ``needed`` has any."""
    held = {}
    weights = share(total, parts)
    dying = [state for state, need in enumerate(needed) if need and not weights[state]]
    while dying:
        parts = list(parts)
        for state in dying:
            held[state] = 1
            parts[state] = 0
        weights = share(total - len(held), parts)
        dying = [
            state for state, need in enumerate(needed) if need and not weights[state] and state not in held
        ]
    return [held.get(state, weight) for state, weight in enumerate(weights)]


def offers_of(record: dict) -> list:
    """The offers of a checkout record, empty for a training checkout."""
    if record["training"]:
        return []
    ladder = record["ladder"]
    ends = _ends(record)
    offers = []
    for offer in record["offers"]:
        rung = offer["rung"]
        if not 0 <= rung < len(ladder):
            raise Invalid("unknown-rung", "the record offers a rung that its ladder does not have")
        offers.append((ladder[rung]["depth"], rung == len(ladder) - 1, rung in ends, offer["reaction"]))
    return offers


def _ends(record: dict) -> tuple:
    """The rungs after which nothing more comes: the top, and the last of the plan where the record tells one."""
    top, plan = len(record["ladder"]) - 1, record.get("plan")
    return (top, plan[-1]) if isinstance(plan, list) and plan else (top,)


def _heard(offers: list, outcome: str) -> list:
    """The offers that say something: none of a skipped or cancelled checkout, nothing after the last was refused."""
    heard = []
    if outcome == "cancelled":
        return heard
    for offer in offers:
        if offer[3] == "skipped":
            return []
        if offer[3] is None or (heard and heard[-1][2]):
            return (
                heard  # the last stays on the table: taking it after all only says that the customer stayed
            )
        heard.append(offer)
    return heard


def _floor(model: Model, refused: list, offset: int) -> list:
    """F at the largest effective depth refused so far, Q16 per state; 0 where nothing was refused."""
    if not refused:
        return [0] * model.states
    places = [model.place(refused[index][0], index > 0, offset) for index in range(len(refused))]
    return _met(model, max(places), refused[-1][1])


def _met(model: Model, place: int, is_top: bool) -> list:
    met = model.curve(place)
    met[_INDIFFERENT] = ONE
    met[_HUNTER] = ONE if is_top else 0
    return met


def _visit(model: Model, floor: list, met: list, count: int, hazards: list) -> list:
    """Q32 per state: the requirement lies above ``floor`` and within ``met``, or the visit was mis-keyed.

    The shift can put a later offer below what was refused before: no requirement lies there.
    """
    slip = (model.eps << 16) >> count
    sure = ONE - model.eps
    by_state = hazards[:_SENSITIVE] + [hazards[_SENSITIVE]] * (model.states - _SENSITIVE)
    rows = zip(floor, met, by_state)
    return [(sure * max(high - low, 0) + slip) * hazard >> 32 for low, high, hazard in rows]


def _hazards(model: Model, refused: list, leaves: bool) -> list:
    """Q32 chance, per type, to stay after each refusal; and to leave after the latest where the customer did."""
    hazards = []
    for kind in range(len(model.leave)):
        chance = CERTAIN
        for index, offer in enumerate(refused):
            away = (model.leave_end if offer[2] else model.leave)[kind]
            gone = leaves and index == len(refused) - 1
            chance = chance * (away if gone else ONE - away) >> 16
        hazards.append(chance)
    return hazards


def _mass(weights: list, chances: list) -> int:
    return sum([weight * chance for weight, chance in zip(weights, chances)])
