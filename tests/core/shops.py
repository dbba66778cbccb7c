"""Small shops and baskets for the tests of the core."""

from pos_client.core import basket, checkout, discount, policy, shop

DAY = 20778  # 2026-11-21, a Saturday


def line(sku="a", quantity=1, unit_price=1000, more=None):
    """A line of a request body."""
    given = {"sku": sku, "quantity": quantity, "unit_price": unit_price}
    given.update(more or {})
    return given


def body(lines, more=None):
    """A request body in euros."""
    given = {"currency": "EUR", "lines": lines}
    given.update(more or {})
    return given


def rule(name, kind="percent", more=None):
    """A discount on request."""
    given = {"id": name, "label": name.upper(), "kind": kind}
    given.update(more or {})
    return given


def amount(name, cents, more=None):
    """``cents`` off the basket, on request."""
    given = rule(name, "amount", {"amount": cents})
    given.update(more or {})
    return given


def decide(rules, lines, more=None, law=None, facts=None, day=DAY, spent=None):
    """The decision for a basket of ``lines`` in a shop with these rules; ``more`` are further members of the body."""
    present = shop.Shop(discount.read_all(rules), policy.read(law or {}), 1, 0, spent or {})
    visit = shop.visit(present, day * 86400, facts, present.spent)
    return checkout.Decision(present, basket.read(body(lines, more)), visit)


def amounts(decision):
    """The ladder's amounts."""
    return [rung.amount for rung in decision.ladder]
