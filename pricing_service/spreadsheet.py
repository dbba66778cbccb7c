"""Cells of a spreadsheet: a name that the program would compute is set as a text."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would compute instead of showing it


def plain(value: object) -> object:
    """The value of a cell; a text that begins like a formula gets an apostrophe before it (OWASP, CSV injection)."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
