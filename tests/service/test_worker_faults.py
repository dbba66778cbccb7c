"""What goes wrong around a worker stays where it went wrong."""

import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from socket import create_connection

import pytest
from rich.console import Console

from pricing_service import fit_store, release_store, running, serving
from pricing_service.child_process import Child
from pricing_service.database import Database
from pricing_service.fit_store import Ended
from pricing_service.service import Service
from pricing_service.settings import Settings
from pricing_service.working import Commands, Worker
from tests.service.fake_fit import proposed, verdict
from tests.service.places import Client
from tests.service.shifts import FAKE_FIT, asked, fit, in_force, until

DIES_AFTERWARDS = """
import json, sys
from pathlib import Path
from pricing_service.database import Database
from pricing_service.switching import switch
job = json.loads((Path(sys.argv[1]) / "job.json").read_text())
switch(Database(Path(job["database"])))
raise OSError("disk full")
"""
BABBLES = """
print("a library says hello", flush=True)
print("x" * 100_000, flush=True)
print('{"ended": {"state": "failed", "error": "as told"}}', flush=True)
print('{"ended": {"sta', end="", flush=True)
"""


def passed(client: Client, database: Database, name: str) -> None:
    """A fit that passed, as the worker would have left it."""
    asked(client, id=name)
    with database.writing() as connection:
        assert fit_store.start_next(connection, "me")
        model = proposed({"name": f"fit-{name}"})
        fit_store.end(connection, name, Ended("passed", {}, verdict(True), model))


def publish(client: Client, name: str):
    return client.ask("POST", f"/v1/fits/{name}/publish", **client.admin)


def test_a_fit_is_published_only_over_the_release_it_was_compared_with(
    client: Client, database: Database
) -> None:
    for name in ("one", "other"):
        passed(client, database, name)
    assert fit(client, "other")["against"] == 0
    assert publish(client, "one").status == 202
    refused = publish(client, "other")  # already: what is asked for will be in force
    assert (refused.status, refused.json["code"]) == (409, "release-changed")
    assert "was compared with release 0, and now it is 1" in refused.json["detail"]
    assert client.ask("POST", "/v1/releases/0/rollback", **client.admin).status == 202
    assert publish(client, "other").json["number"] == 2


def test_a_release_that_failed_to_come_into_force_is_tried_again_only_over_the_same_release(
    client: Client, database: Database
) -> None:
    for name in ("one", "other"):
        passed(client, database, name)
    assert publish(client, "one").status == 202
    with database.writing() as connection:
        wanted = release_store.waiting(connection)
        assert wanted
        release_store.fail(connection, wanted, "disk full")
    assert publish(client, "other").json["number"] == 2
    refused = publish(client, "one")
    assert (refused.status, refused.json["code"]) == (409, "release-changed")
    assert client.ask("POST", "/v1/releases/1/rollback", **client.admin).json["code"] == "never-in-force"


def test_a_switch_that_dies_after_it_was_made_takes_no_other_with_it(
    client: Client, settings: Settings, database: Database
) -> None:
    passed(client, database, "good")
    assert publish(client, "good").status == 202
    assert client.ask("POST", "/v1/releases/0/rollback", **client.admin).status == 202
    stopped = threading.Event()
    worker = Worker(settings, database, Commands(FAKE_FIT, (sys.executable, "-c", DIES_AFTERWARDS)))
    thread = threading.Thread(target=worker.run, args=(stopped,))
    thread.start()
    try:
        until(lambda: client.ask("GET", "/v1/releases/1").json["state"] == "past")
        assert in_force(client) == 0
    finally:
        stopped.set()
        thread.join(30)
    history = client.ask("GET", "/v1/releases/0").json["history"]
    assert [each["state"] for each in history] == ["past", "in_force"]


def test_what_is_no_message_of_a_child_is_passed_over(tmp_path: Path) -> None:
    child = Child((sys.executable, "-c", BABBLES), tmp_path / "job", {})
    until(child.is_over)
    assert child.ended == {"state": "failed", "error": "as told"}


def test_a_child_without_the_libraries_of_a_fit_says_what_to_install(tmp_path: Path) -> None:
    child = Child((sys.executable, "-c", "import nosuchlibrary"), tmp_path / "job", {})
    until(child.is_over)
    assert child.ended and child.ended["error"].startswith(
        "ModuleNotFoundError: No module named 'nosuchlibrary'; "
    )
    assert ".[fit]" in child.ended["error"]


def test_files_of_a_fit_that_was_being_cancelled_do_not_outlive_the_worker(
    client: Client, settings: Settings, database: Database
) -> None:
    asked(client, id="unwanted")
    with database.writing() as connection:
        assert fit_store.start_next(connection, "killed meanwhile")
    assert client.ask("POST", "/v1/fits/unwanted/cancel", **client.admin).json["state"] == "cancelling"
    folder = settings.data / "fits/unwanted"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("half")
    stopped = threading.Event()
    stopped.set()
    Worker(settings, database).run(stopped)
    assert fit(client, "unwanted")["state"] == "cancelled" and not folder.exists()
    assert client.ask("GET", "/v1/fits/unwanted/report").status == 404


def test_who_watches_a_fit_does_not_keep_the_service_from_stopping(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "GRACE_SECONDS", 3600)  # whoever ends by this alone has not ended
    sock = serving.listen("127.0.0.1", 0)
    server = serving.server(Service(settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    port = sock.getsockname()[1]
    with closing(Client(port, settings.admin_token)) as client:
        asked(client, id="waits")
    with create_connection(("127.0.0.1", port)) as watching:
        token = f"Authorization: Bearer {settings.admin_token}\r\n"
        watching.sendall(f"GET /v1/fits/waits/progress HTTP/1.1\r\nHost: shop\r\n{token}\r\n".encode())
        said = b""
        while b"event: progress" not in said:
            more = watching.recv(4096)
            assert more, said
            said += more
        server.should_exit = True
        thread.join(120)
        assert not thread.is_alive()
        while more := watching.recv(4096):
            said += more
    assert said.endswith(b"0\r\n\r\n"), "the answer was not ended"
    sock.close()


def test_a_worker_that_cannot_stay_up_takes_no_till_with_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "RUNG", "raise SystemExit(1)")
    out = Console(record=True, width=200)
    worker = running.Child("worker", settings)
    deadline = time.monotonic() + 120
    while "fits and releases wait" not in out.export_text(clear=False):
        assert time.monotonic() < deadline
        worker.keep(out)
    worker.keep(out)
    assert out.export_text().count("fits and releases wait") == 1
    service = running.Child("serve", settings)
    with pytest.raises(SystemExit, match="ends again and again"):
        while True:
            service.keep(out)
