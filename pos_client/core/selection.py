"""Which lines a rule is about."""


def chosen(selector: dict, lines: list, indexes: list) -> list:
    """Those of the ``indexes`` whose lines are what the selector names; one that names nothing takes every line.

    One member after the other, so that a till asks each line only for what this selector names.
    """
    if "brands" in selector:
        names = selector["brands"]
        indexes = [index for index in indexes if lines[index].brand in names]
        if not indexes:
            return indexes
    if "categories" in selector:
        names = selector["categories"]
        indexes = [index for index in indexes if lines[index].category in names]
    if "skus" in selector:
        names = selector["skus"]
        indexes = [index for index in indexes if lines[index].sku in names]
    if "tags" in selector:
        names = selector["tags"]
        indexes = [index for index in indexes if any([tag in names for tag in lines[index].tags])]
    if "price_from" in selector:
        price = selector["price_from"]
        indexes = [index for index in indexes if lines[index].unit_price >= price]
    if "price_to" in selector:
        price = selector["price_to"]
        indexes = [index for index in indexes if lines[index].unit_price <= price]
    return indexes


def discountable(lines: list) -> list:
    """Indexes of all lines but those that the shop never discounts."""
    return [index for index, line in enumerate(lines) if not line.excluded]


def pieces(lines: list, indexes: list) -> int:
    """How many pieces these lines hold; a six-pack counts as six."""
    return sum([lines[index].quantity * lines[index].pack for index in indexes])
