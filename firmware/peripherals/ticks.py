"""Milliseconds as a board counts them: they begin anew after twelve days, and never need a word that is allocated.

The clock of the till goes on beyond 2^30, which an interpreter of 32 bits keeps on its heap: 48 bytes for each sum, at
every look at the lines.
"""

_MOST = 0x3FFFFFFF


def passed(now_ms: int, since_ms: int) -> int:
    """Milliseconds from then to now; what lies more than twelve days back looks younger."""
    return (now_ms - since_ms) & _MOST
