"""A shop as a till knows it: its discounts, its policy, and which snapshot said so."""

from pos_client.core import discount, experiment, policy
from pos_client.core.eligibility import Visit, current
from pos_client.core.model import Model
from pos_client.core.record import Invalid

NO_RELEASE = "none"


class Shop:
    """``discounts`` by rank, ``goodwill`` the cashier's gesture if the shop allows one, ``spent`` budgets used,
    ``model`` the `Model` of the release in force, or None, ``experiments`` in the order they are drawn."""

    def __init__(
        self,
        discounts: list,
        rules: policy.Policy,
        version: int,
        built: int,
        spent: dict,
        model=None,
        experiments=(),
    ):
        self.discounts = discounts
        self.policy = rules
        self.version = version
        self.release = model.release if model else NO_RELEASE
        self.model = model
        self.built = built
        self.spent = spent
        self.experiments = experiments
        gestures = [rule for rule in discounts if rule.kind == "goodwill"]
        self.goodwill = gestures[0] if gestures else None


def read(meta: dict, column=None) -> Shop:
    """The shop of a snapshot's ``meta`` object; ``column`` reads its model's columns, without it there is no model.

    Raises `Invalid`, for instance for two goodwill rules, and `Damaged` for a model that is none.
    """
    discounts = discount.read_all(meta["discounts"])
    if len([rule for rule in discounts if rule.kind == "goodwill"]) > 1:
        raise Invalid("two-goodwill-rules", "a shop has at most one goodwill rule")
    model = Model(meta["model"], column) if meta.get("model") and column else None
    return Shop(
        discounts,
        policy.read(meta["policy"]),
        meta["version"],
        meta["built"],
        meta.get("budgets", {}),
        model,
        experiment.read_all(meta.get("experiments", []), meta["policy"]),
    )


def without_snapshot() -> Shop:
    """What a till that never got a snapshot goes by: no rules of its own, so only what the point of sale passes."""
    return Shop([], policy.read({}), 0, 0, {})


def local_day(shop: Shop, now) -> int:
    """The shop's local day number; a till whose clock is dead goes by the day its snapshot was built."""
    return ((shop.built if now is None else now) + shop.policy.utc_offset * 60) // 86400


def visit(shop: Shop, now, facts, spent: dict, token=None, checkout_id="", belief=None) -> Visit:
    """What is known of a visit; ``facts`` is None for an anonymous customer, ``spent`` the budgets used up to now."""
    return Visit(local_day(shop, now), facts or {}, facts is not None, spent, token, checkout_id, belief)


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
    """Take ``amount`` from the shop's budget in ``spent``: id -> [period key, amount]."""
    budget = rule.given.get("budget")
    if budget:
        key, before = current(spent.get(rule.id), budget, day, [0, 0])
        if not _is_later(spent.get(rule.id), key):
            spent[rule.id] = [key, before + amount]


def _is_later(entry, key: int) -> bool:
    """Whether a count is of a later period already; a sale that comes late must not set it back."""
    return bool(entry) and entry[0] > key
