"""The whole way, nothing replaced: a shop's log, a fit over HTTP, the gate, a release, a till that has it, and back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
import xarray as xr

from models import release
from models.release import HAND_MADE
from models.service_api import ServiceApi
from models.virtual_shop import MIXED, play, truth_of
from pos_client.core.snapshot import Snapshot, may_replace, verify
from pricing_service import practice, release_store, replaying
from pricing_service.database import Database
from pricing_service.security import device_key, signed_now
from pricing_service.settings import Settings
from tests.service.shifts import until

SNAPSHOT = "/v1/snapshots/latest"
CUSTOMERS = 300


def snapshot(api: ServiceApi, settings: Settings) -> dict[str, Any]:
    """What a till of the shop is handed, checked as a till checks it."""
    key = device_key(settings.master_key, practice.DEVICE, 1)
    headers = signed_now(key, practice.DEVICE, 1, "GET", SNAPSHOT)
    with urlopen(Request(api.url + SNAPSHOT, headers=headers), timeout=60) as answer:
        body = answer.read()
    verify(lambda offset, length: body[offset : offset + length], len(body), key)
    return Snapshot(lambda offset, length: body[offset : offset + length], len(body)).meta


def watched(api: ServiceApi, settings: Settings, fit: str) -> list[dict[str, Any]]:
    """All that the fit's stream tells until it ends by itself."""
    token = {"Authorization": f"Bearer {settings.admin_token}"}
    request = Request(f"{api.url}/v1/fits/{fit}/progress", headers=token)
    with urlopen(request, timeout=600) as stream:
        return [json.loads(line[6:]) for line in stream if line.startswith(b"data: ")]


def check_beliefs(database: Path) -> None:
    opened = Database(database)
    with opened.reading() as connection:
        model = release_store.in_force(connection).model
        assert replaying.stored(connection) == replaying.replay(connection, model)
    opened.close()


def check_that_no_file_names_a_customer(fit: Path, database: Path) -> None:
    """What is kept of a fit outlives an erasure."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT customer, checkout_id FROM events").fetchall()
    names = {str(name).encode() for row in rows for name in row}
    assert len(names) == 6 * CUSTOMERS
    kept = {file.name: file.read_bytes() for file in fit.iterdir()}
    assert set(kept) >= {"fit.nc", "report.html", "report.json", "release.json", "job.json", "log.txt"}
    shortest = min(len(name) for name in names)
    assert [(file, name) for file, said in kept.items() for name in names if name in said] == [], shortest


@pytest.mark.timeout(600)
def test_a_shops_own_log_becomes_the_release_its_tills_decide_by(tmp_path: Path) -> None:
    truth = truth_of(HAND_MADE)
    log = play(truth, customers=CUSTOMERS, visits=5, ladders=MIXED, chance=np.random.default_rng(20261121))
    with practice.shop(tmp_path, log) as (api, database):
        settings = Settings(data=tmp_path)
        before = snapshot(api, settings)
        asked = api.post("/v1/fits", id="tonight", seed=1)
        assert asked["state"] == "queued"
        told = watched(api, settings, "tonight")
        ended = told[-1]
        assert ended["state"] == "passed", ended["error"] or ended["verdict"]["says"]
        stages = {each["progress"]["stage"] for each in told if each.get("progress")}
        assert "fitting" in stages
        assert (ended["summary"]["used"], ended["summary"]["customers"]) == (5 * CUSTOMERS, CUSTOMERS)
        tree = xr.open_datatree(api.download("/v1/fits/tonight/file", tmp_path / "fit.nc"))
        assert set(tree.children) >= {"posterior", "sample_stats"}
        tree.close()
        assert b"<html" in api.download("/v1/fits/tonight/report", tmp_path / "report.html").read_bytes()

        number = api.post("/v1/fits/tonight/publish")["number"]
        made = api.settled(f"/v1/releases/{number}")
        assert made["state"] == "in_force"
        fitted = release.read(made["parameters"])
        assert abs(fitted.mu - HAND_MADE.mu) < 0.5 and fitted.name == "fit-tonight"
        after = snapshot(api, settings)
        may_replace(after, before)
        assert after["model"]["release"] == made["name"]
        check_beliefs(database)

        api.post("/v1/releases/0/rollback", note="to see that it goes")
        until(lambda: api.get("/v1/releases/0")["state"] == "in_force")
        assert api.get(f"/v1/releases/{number}")["state"] == "past"
        back = snapshot(api, settings)
        may_replace(back, after)
        assert back["model"] == before["model"]
        check_beliefs(database)
        check_that_no_file_names_a_customer(tmp_path / "fits" / "tonight", database)
