"""Asking for a fit: what it starts from is settled now, and kept with it."""

import json
import zlib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from models import priors
from models.weakening import weakened
from pricing_service import fit_store, prior_store
from pricing_service.fit_store import Asked, Fit
from pricing_service.settings import Settings

LOCK = "worker"  # the name under which a worker claims the data folder


def ask(
    connection: Connection,
    fit_id: str,
    *,
    by: str,
    note: str = "",
    prior: str | None = None,
    seed: int | None = None,
    weak: bool = False,
) -> Fit:
    """Queue a fit from a prior, the published one unless it is named; the seed follows from the id unless it is given.

    ``weak`` widens every density of the prior: a fit to compare with, which is never published. Asked again the same
    way, it is the same fit. Raises `Unknown` for a prior nobody has, `OutOfTurn` where the id was asked for otherwise.
    """
    seed = zlib.crc32(fit_id.encode()) if seed is None else seed
    present = fit_store.find(connection, fit_id)
    if present and prior is None:  # another prior may have been published since
        name, body = present.prior, present.priors
    else:
        name, body = start_from(connection, prior, weak)
    return fit_store.queue(connection, Asked(fit_id, seed, note, by, name, body, weak))


def start_from(connection: Connection, prior: str | None = None, weak: bool = False) -> tuple[str, str]:
    """Name and JSON of the densities a fit starts from."""
    kept = prior_store.get(connection, prior) if prior else prior_store.in_force(connection)
    given = priors.read(kept.body)
    return kept.id, json.dumps(priors.as_json(weakened(given) if weak else given))


def job(log: dict[str, str], beliefs: str, in_force: str | None, seed: int, name: str) -> dict[str, Any]:
    """What `models.fitting` is told. ``log`` names a ``database`` or a file of ``records``; the others are JSON."""
    start = None if in_force is None else json.loads(in_force)
    return {"log": log, "priors": json.loads(beliefs), "in_force": start, "seed": seed, "name": name}


def folder(settings: Settings, fit_id: str) -> Path:
    """Where a fit leaves its files."""
    return settings.data / "fits" / fit_id


def look(settings: Settings) -> None:
    """The worker was here: its lock file says when."""
    _lock(settings).touch()


def looked(settings: Settings) -> int | None:
    """Unix seconds at which a worker last looked after the queue."""
    return int(_lock(settings).stat().st_mtime) if _lock(settings).exists() else None


def _lock(settings: Settings) -> Path:
    return settings.data / f".{LOCK}.lock"
