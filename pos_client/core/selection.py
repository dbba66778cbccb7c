"""Which lines a rule is about."""

from pos_client.core.basket import Line


def matches(selector: dict, line: Line) -> bool:
    """Whether ``line`` is one of the things the selector names; a selector that names nothing takes every line."""
    for name, value in (("skus", line.sku), ("brands", line.brand), ("categories", line.category)):
        if name in selector and value not in selector[name]:
            return False
    if "tags" in selector and not any([tag in selector["tags"] for tag in line.tags]):
        return False
    return selector.get("price_from", 0) <= line.unit_price and (
        "price_to" not in selector or line.unit_price <= selector["price_to"]
    )


def chosen(selector: dict, lines: list) -> list:
    """Indexes of the lines a selector is about. Lines the shop never discounts are left out."""
    return [index for index, line in enumerate(lines) if not line.excluded and matches(selector, line)]


def pieces(lines: list, indexes: list) -> int:
    """How many pieces these lines hold; a six-pack counts as six."""
    return sum([lines[index].quantity * lines[index].pack for index in indexes])
