"""Beliefs as a snapshot carries them: the core's `rescale`, of many customers at once."""

import numpy as np
from numpy.typing import NDArray

from pos_client.core.belief import ONE

WITHOUT_GRID = 2  # the types that keep a weight of 1 however improbable they are
STORED, PUBLISHED = "<u4", "<u2"
MOST = 65535  # in a row of a snapshot; a belief that is certain has 65536


def rows(stored: list[bytes]) -> list[bytes]:
    """A snapshot's row for each belief as `belief_store.pack` keeps it, all of the same model: a u16 for each state."""
    if not stored:
        return []
    weights = np.frombuffer(b"".join(stored), STORED).reshape(len(stored), -1).astype(np.int64)
    packed = np.minimum(rescaled(weights), MOST).astype(PUBLISHED)
    return [row.tobytes() for row in packed]


def rescaled(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """(customers, states) weights below 2^32, each row brought to the total `ONE` as `belief.rescale` does it."""
    held = np.zeros(weights.shape, bool)
    while True:
        out = _shared(ONE - held.sum(axis=1), np.where(held, 0, weights))
        out[held] = 1
        dying = (weights[:, :WITHOUT_GRID] > 0) & (out[:, :WITHOUT_GRID] == 0)
        if not dying.any():
            return out
        held[:, :WITHOUT_GRID] |= dying


def _shared(total: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """``total`` (customers,) in proportion to ``parts``, by largest remainder, ties to the earlier state."""
    whole = np.maximum(parts.sum(axis=1), 1)[:, None]
    out, rest = np.divmod(total[:, None] * parts, whole)
    left = (total - out.sum(axis=1)) * (parts.sum(axis=1) > 0)
    order = np.argsort(-rest, axis=1, kind="stable")
    first = np.arange(parts.shape[1]) < left[:, None]
    more = np.zeros_like(out)
    np.put_along_axis(more, order, first.astype(np.int64), axis=1)
    return out + more
