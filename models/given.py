"""What a person sent, read strictly: bounded finite numbers, known members, refusals that say what to write."""

from collections.abc import Iterable


def number(value: object, low: float, high: float, what: str) -> float:
    """The value as a float. Raises ValueError unless it is a finite number from low to high (NaN never is)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{what} is {_shown(value)}; give a number from {low:.4g} to {high:.4g}")
    return float(value)


def _shown(value: object) -> str:
    """What was sent, in few characters: an integer may have thousands of digits, a text may be a book."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "a huge number"
    return repr(value) if isinstance(value, int | float) else "no number"


def members(data: object, where: str, needed: Iterable[str], optional: Iterable[str] = ()) -> dict:
    """The object, if it has all needed members and none that nobody knows. Raises ValueError."""
    if not isinstance(data, dict):
        raise ValueError(f"{where} must be an object")
    needed, known = set(needed), {*needed, *optional}
    missing, unknown = sorted(needed - set(data)), sorted(set(data) - known)
    if missing or unknown:
        what = f"{', '.join(missing)} missing" if missing else f"{unknown[0]!r:.40} is not known"
        raise ValueError(f"{where}: {what}; its members are {', '.join(sorted(known))}")
    return data


def listing(data: object, where: str, count: int | None = None) -> list:
    """The list, of ``count`` items where that is given. Raises ValueError."""
    if not isinstance(data, list) or count not in (None, len(data)):
        raise ValueError(f"{where} must be a list" + ("" if count is None else f" of {count}"))
    return data
