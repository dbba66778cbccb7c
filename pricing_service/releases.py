"""The model in force. The first one is made by hand; fits that pass their gate will take its place."""

from functools import cache
from typing import Any, NamedTuple

from models import release
from pos_client.core.belief import Model


class Published(NamedTuple):
    """A release as snapshots carry it (``tables`` and ``columns``) and as the core computes with it (``model``)."""

    tables: dict[str, Any]
    columns: bytes
    model: Model


@cache
def in_force() -> Published:
    """The hand-made release."""
    tables, columns = release.model(release.HAND_MADE), release.columns(release.HAND_MADE)
    return Published(tables, columns, Model(tables, release.column_reader(columns)))
