"""What a release is to tills and to the service: its integer tables, made of the parameters the database keeps."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from models import release, tables
from models.release import HAND_MADE, Release
from pos_client.core.belief import Model

HELD_READY = 4  # the one in force, the one before, one that is coming


class Published(NamedTuple):
    """A release as snapshots carry it (``tables`` and ``columns``) and as the core computes with it (``model``)."""

    tables: dict[str, Any]
    columns: bytes
    model: Model


@lru_cache(HELD_READY)
def published(parameters: str) -> Published:
    """The tables of the release with these parameters (JSON). Raises ValueError where they are none."""
    return _tables(release.read(json.loads(parameters)))


def hand_made() -> Published:
    """Release 0, made by hand: in force until another is published."""
    return published(json.dumps(release.as_json(HAND_MADE)))


def _tables(given: Release) -> Published:
    model, columns = tables.model(given), tables.columns(given)
    return Published(model, columns, Model(model, tables.column_reader(columns, model["states"])))
