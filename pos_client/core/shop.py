"""A shop as a till knows it: its discounts, its policy, and which snapshot said so."""

from pos_client.core import discount, experiment, lease, policy
from pos_client.core.eligibility import Visit, consumed, current
from pos_client.core.model import Model
from pos_client.core.record import Invalid

NO_RELEASE = "none"


class Shop:
    """``discounts`` by rank, ``goodwill`` the cashier's gesture if the shop allows one, ``spent`` budgets used,
    ``model`` the `Model` of the release in force, or None, ``experiments`` in the order they are drawn. ``dealt`` is
    (place, number of tills) of the till that goes by it, None for who is no till. ``notice``: what the law has it say
    with a personalised price, by language, and its version as ``id``; or None."""

    def __init__(
        self,
        discounts: list,
        rules: policy.Policy,
        version: int,
        built: int,
        spent: dict,
        model=None,
        experiments=(),
        dealt=None,
        notice=None,
    ):
        self.discounts = discounts
        self.policy = rules
        self.version = version
        self.release = model.release if model else NO_RELEASE
        self.model = model
        self.built = built
        self.spent = spent
        self.experiments = experiments
        self.dealt = dealt
        self.notice = notice
        gestures = [rule for rule in discounts if rule.kind == "goodwill"]
        self.goodwill = gestures[0] if gestures else None


def read(meta: dict, column=None, till=None) -> Shop:
    """The shop of a snapshot's ``meta`` object; ``column`` reads its model's columns, without it there is no model.

    ``till`` names the till that goes by it; budgets are then used up but for its leases. Raises `Invalid`, for instance
    for two goodwill rules, and `Damaged` for a model that is none.
    """
    discounts = discount.read_all(meta["discounts"])
    if len([rule for rule in discounts if rule.kind == "goodwill"]) > 1:
        raise Invalid("two-goodwill-rules", "a shop has at most one goodwill rule")
    model = Model(meta["model"], column) if meta.get("model") and column else None
    spent, dealt = meta.get("budgets", {}), lease.of(meta, till)
    return Shop(
        discounts,
        policy.read(meta["policy"]),
        meta["version"],
        meta["built"],
        lease.within(discounts, spent, dealt[2]) if dealt else spent,
        model,
        experiment.read_all(meta.get("experiments", []), meta["policy"]),
        dealt[:2] if dealt else None,
        meta.get("disclosures"),
    )


def without_snapshot() -> Shop:
    """What a till that never got a snapshot goes by: no rules of its own, so only what the point of sale passes."""
    return Shop([], policy.read({}), 0, 0, {})


def local_day(shop: Shop, now) -> int:
    """The shop's local day number; a till whose clock is dead goes by the day its snapshot was built."""
    return ((shop.built if now is None else now) + shop.policy.utc_offset * 60) // 86400


def visit(
    shop: Shop, now, facts, spent: dict, token=None, checkout_id="", belief=None, age: int = 0
) -> Visit:
    """What is known of a visit; ``facts`` is None for an anonymous customer, ``spent`` the budgets used up to now.

    ``age``: seconds since the snapshot was built, by the machine's clocks.
    """
    expired = age >= 86400 * shop.policy.snapshot_days
    dealt = shop.dealt if expired or age >= 3600 * shop.policy.trust_hours else None
    out = Visit(
        local_day(shop, now), facts or {}, facts is not None, spent, token, checkout_id, belief, dealt
    )
    if expired:
        out.expired, out.belief = True, None
    return out


def unprofiled(facts: dict) -> dict:
    """What still counts of ``facts`` about who refuses to be profiled: what the shop was told, and uses of limited
    discounts. Nobody counts their visits."""
    kept = {name: facts[name] for name in ("tier", "birthday", "usage", "counted") if name in facts}
    kept["visits"] = -1
    return kept


def is_sale(record: dict) -> bool:
    """Whether goods were really sold."""
    return record["kind"] == "checkout" and record["outcome"] == "sold" and not record["training"]


def used(record: dict) -> list:
    """(discount id, amount) of everything a checkout record gave; empty unless the goods were sold."""
    if not is_sale(record):
        return []
    given = list(record["automatic"])
    if record["discount"]:
        given += record["discount"]["parts"]
    if record["goodwill"]:
        given.append(record["goodwill"])
    return [(one["id"], one["amount"]) for one in given if not one.get("stated")]


def charge(usage: dict, rule: discount.Discount, amount: int, day: int) -> None:
    """Count one use of ``amount`` in a customer's ``usage``: id -> [period key, uses, amount]."""
    allowance = rule.given.get("per_customer")
    if allowance:
        key, uses, before = current(usage.get(rule.id), allowance, day, [0, 0, 0])
        if not _is_later(usage.get(rule.id), key):
            usage[rule.id] = [key, uses + 1, before + amount]


def spend(spent: dict, rule: discount.Discount, amount: int, day: int) -> None:
    """Take ``amount`` from the budget in ``spent``: id -> [period key, used, used when a later period begins]."""
    budget = rule.given.get("budget")
    if budget:
        key, before, later = consumed(spent.get(rule.id), budget, day)
        if not _is_later(spent.get(rule.id), key):
            spent[rule.id] = [key, before + amount, later]


def _is_later(entry, key: int) -> bool:
    """Whether a count is of a later period already; a sale that comes late must not set it back."""
    return bool(entry) and entry[0] > key
