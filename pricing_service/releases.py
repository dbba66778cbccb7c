"""What a release is to tills and to the service: its integer tables, made of the parameters the database keeps."""

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any, NamedTuple

from models import release
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
    return _tables(_read(json.loads(parameters)))


def in_force() -> Published:
    """The release made by hand, number 0, which is in force until another is published."""
    return published(json.dumps(asdict(release.HAND_MADE)))


def _read(given: dict[str, Any]) -> release.Release:
    whole: dict[str, Any] = {
        name: tuple(value) if type(value) is list else value for name, value in given.items()
    }
    return release.Release(**whole)


def _tables(given: release.Release) -> Published:
    tables, columns = release.model(given), release.columns(given)
    return Published(tables, columns, Model(tables, release.column_reader(columns)))
