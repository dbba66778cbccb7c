"""About how long a simulation takes, to be said before it begins."""

from collections.abc import Collection

_SIMULATED = {
    "good": 100,
    "boot-loop": 10,
    "wrong-offers": 45,
    "cannot-sync": 40,
    "silent": 45,
    "falls-silent": 20,
    "falls-silent-late": 110,
}
"""Seconds of one core for a thousand simulated tills, as measured; one image after the other."""
_BOARDS = {"good": 60, "boot-loop": 60, "wrong-offers": 130, "cannot-sync": 130, "silent": 210}
"""Seconds with boards, as measured, most of which pass in waiting; all images side by side."""


def seconds(kinds: Collection[str], tills: int, boards: int) -> int:
    """Of so many ``tills``, ``boards`` of them real ones, where the machine has nothing else to do."""
    if boards:
        return max(_BOARDS[kind] for kind in kinds)
    return sum(_SIMULATED[kind] * tills // 1000 for kind in kinds)


def said(kinds: Collection[str], tills: int, boards: int) -> str:
    """The sentence."""
    spent = seconds(kinds, tills, boards)
    about = "less than a minute" if spent < 45 else f"about {-(-spent // 60)} min"
    return f"It takes {about}, longer on a machine that has other things to do."
