"""The queue of fits: nothing is lost, one at a time, and only what passed becomes a release."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from pos_client.claim import Unusable, hold
from pricing_service import fit_queue, fit_store
from pricing_service.database import Database
from pricing_service.settings import Settings
from pricing_service.working import Worker
from tests.service.fake_fit import CRASHES, FAILS, GO_ON, HANGS, PASSES, REJECTED, WHEN_TOLD
from tests.service.people import person
from tests.service.places import Client, listening
from tests.service.shifts import asked, at_work, ended, fit, until

ALONE = """
import sys, threading
from pathlib import Path
from pricing_service.database import Database
from pricing_service.settings import Settings
from pricing_service.working import Commands, Worker
from tests.service.shifts import FAKE_FIT
settings = Settings(data=Path(sys.argv[1]))
Worker(settings, Database(settings.database), Commands(FAKE_FIT)).run(threading.Event())
"""


def test_a_fit_waits_in_the_queue_and_says_from_what_it_starts(client: Client) -> None:
    told = asked(client, id="first", note="to see")
    assert (told["state"], told["note"], told["asked_by"], told["weak"]) == (
        "queued",
        "to see",
        "admin",
        False,
    )
    assert told["prior"] == "default-1"
    assert fit(client, "first") == told
    assert client.ask("GET", "/v1/fits").json["items"] == [told]


def test_asking_again_is_the_same_fit_and_asking_otherwise_a_conflict(client: Client) -> None:
    first = asked(client, id="first", seed=7)
    assert asked(client, id="first", seed=7) == first
    answer = client.ask("POST", "/v1/fits", {"id": "first", "seed": 8}, **client.admin)
    assert (answer.status, answer.json["code"]) == (409, "fit-exists")
    assert len(client.ask("GET", "/v1/fits").json["items"]) == 1


def test_a_body_that_was_forgotten_is_refused_as_by_priors(client: Client) -> None:
    for path in ("/v1/fits", "/v1/priors"):
        answer = client.ask("POST", path, **client.admin)
        assert (answer.status, answer.json["code"]) == (400, "not-json")
        assert answer.json["detail"] == "The body is empty: send a JSON object."
    assert client.ask("GET", "/v1/fits").json["items"] == []


def test_a_fit_needs_nothing_but_a_person(client: Client) -> None:
    assert client.ask("POST", "/v1/fits", authorization="").status == 401
    answer = client.ask("POST", "/v1/fits", {}, **client.admin)
    assert answer.status == 202
    assert answer.headers["location"] == f"/v1/fits/{answer.json['id']}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"seed": -1}, 422),
        ({"seed": 1.5}, 422),
        ({"seed": 1 << 63}, 422),
        ({"id": "../up"}, 422),
        ({"id": ".."}, 422),
        ({"weak": "yes"}, 422),
        ({"nights": 1}, 422),
        ({"prior": "nobody-s"}, 404),
    ],
)
def test_what_cannot_be_a_fit_is_refused(sent: dict, status: int, client: Client) -> None:
    assert client.ask("POST", "/v1/fits", sent, **client.admin).status == status
    assert client.ask("GET", "/v1/fits").json["items"] == []


def test_a_refusal_says_which_members_are_wrong_and_what_they_may_be(client: Client) -> None:
    sent = {"seed": -1, "weak": "yes", "nights": 1, "prior": "default-1"}
    told = client.ask("POST", "/v1/fits", sent, **client.admin).json
    assert (told["status"], told["code"]) == (422, "invalid-request")
    assert told["detail"] == (
        f"`seed` is a whole number from 0 to {(1 << 63) - 1}. `weak` is true or false."
        " `nights` is not known: what may be sent is id, prior, seed, weak, note."
    )
    assert [each["where"] for each in told["errors"]] == ["body.seed", "body.weak", "body.nights"]
    for path in ("/v1/fits", "/v1/fits/any/publish", "/v1/releases/0/rollback"):
        told = client.ask("POST", path, {"note": "x" * 201}, **client.admin).json
        assert told["detail"] == "`note` is a text of at most 200 characters."


def test_a_queued_fit_says_what_it_waits_for(client: Client, settings: Settings, database: Database) -> None:
    told = [asked(client, id=name) for name in ("one", "two", "three")]
    assert [(each["ahead"], each["running"]) for each in told] == [(0, None), (1, None), (2, None)]
    nobody = "No worker has been seen yet: start `rung worker`."
    assert told[0]["says"] == f"It waits for the worker, and is the next one. {nobody}"
    assert told[1]["says"] == f"It waits until one fit is over. {nobody}"
    assert told[2]["says"] == f"It waits until 2 fits are over. {nobody}"
    with database.writing() as connection:
        assert fit_store.start_next(connection, "me")
    fit_queue.look(settings)
    assert (fit(client, "two")["ahead"], fit(client, "three")["ahead"]) == (1, 2)
    assert fit(client, "three")["running"] == "one"
    assert fit(client, "three")["says"] == "It waits until 2 fits are over; one runs now."
    begun = fit(client, "one")
    assert (begun["ahead"], begun["running"]) == (None, None)
    assert begun["says"] == "It is starting, which takes up to a minute the first time."


def test_a_fit_says_when_the_worker_is_gone(client: Client, settings: Settings) -> None:
    asked(client, id="waits")
    fit_queue.look(settings)
    assert fit(client, "waits")["says"] == "It waits for the worker, and is the next one."
    os.utime(settings.data / ".worker.lock", (1_795_000_000, 1_795_000_000))
    gone = "No worker has been seen since 2026-11-18T11:06:40Z: start `rung worker`."
    assert gone in fit(client, "waits")["says"]


def test_who_watches_the_service_sees_queue_and_worker(client: Client, settings: Settings) -> None:
    def figure(name: str) -> float:
        lines = client.ask("GET", "/metrics").body.decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))

    assert (figure("rung_fits_queued"), figure("rung_worker_seen_timestamp_seconds")) == (0, 0)
    for name in ("one", "two"):
        asked(client, id=name)
    fit_queue.look(settings)
    assert figure("rung_fits_queued") == 2
    assert abs(figure("rung_worker_seen_timestamp_seconds") - time.time()) < 60


def test_asking_again_for_a_fit_that_has_ended_does_nothing_and_says_so(
    client: Client, settings: Settings
) -> None:
    for name, seed in (("over", REJECTED), ("unwanted", PASSES)):
        asked(client, id=name, seed=seed)
    client.ask("POST", "/v1/fits/unwanted/cancel", **client.admin)
    with at_work(settings):
        ended(client, "over")
    for name, seed, state in (("over", REJECTED, "rejected"), ("unwanted", PASSES, "cancelled")):
        again = client.ask("POST", "/v1/fits", {"id": name, "seed": seed}, **client.admin)
        assert (again.status, again.json["state"]) == (200, state)
        assert again.json["says"] == f"It has ended: it is {state}. To fit again, ask with a new id."


def test_the_list_is_told_in_pages_the_youngest_first(client: Client) -> None:
    for number in range(5):
        asked(client, id=f"fit-{number}")
    names, before = [], None
    while True:
        path = "/v1/fits?limit=2" + (f"&before={before}" if before is not None else "")
        told = client.ask("GET", path).json
        names += [each["id"] for each in told["items"]]
        before = told["next"]
        if before is None:
            break
    assert names == ["fit-4", "fit-3", "fit-2", "fit-1", "fit-0"]


def test_fits_are_made_one_after_another_and_each_tells_what_came_of_it(
    client: Client, settings: Settings
) -> None:
    seeds = {"good": PASSES, "bad": REJECTED, "empty": FAILS, "broken": CRASHES}
    for name, seed in seeds.items():
        asked(client, id=name, seed=seed)
    with at_work(settings):
        told = {name: ended(client, name) for name in seeds}
    states = {name: each["state"] for name, each in told.items()}
    assert states == {"good": "passed", "bad": "rejected", "empty": "failed", "broken": "failed"}
    assert told["good"]["verdict"]["passed"] and told["good"]["summary"]["records"] == 3
    assert told["bad"]["verdict"]["checks"][0]["passed"] is False
    assert told["empty"]["error"] == "There is nothing to fit."
    assert told["broken"]["error"] == "ZeroDivisionError: a fault of ours"
    started = [told[name]["started"] for name in seeds]
    assert started == sorted(started)
    assert all(told[a]["ended"] <= told[b]["started"] for a, b in zip(seeds, list(seeds)[1:], strict=False))


def test_who_watches_hears_of_every_change_until_the_end(client: Client, settings: Settings) -> None:
    asked(client, id="watched", seed=WHEN_TOLD + PASSES)
    with watched(client, "watched") as answer, at_work(settings):
        assert answer.headers["content-type"].startswith("text/event-stream")
        heard = read_until(answer, b"fitting")
        (settings.data / "fits" / GO_ON).touch()
        heard += answer.read()
    events = [block.splitlines() for block in heard.decode().strip().split("\n\n")]
    names = [line for block in events for line in block if line.startswith("event:")]
    assert names[-1] == "event: end" and set(names[:-1]) == {"event: progress"}
    told = [json.loads(line[6:]) for block in events for line in block if line.startswith("data: ")]
    assert told[0].keys() == told[-1].keys() and told[0]["id"] == "watched"
    assert all("id" not in each for each in told[1:-1]), "only what has changed"
    progress = [each["progress"] for each in told[1:-1] if each.get("progress")]
    assert progress[0]["stage"] == "fitting" and progress[0]["seconds_left"] == 2
    assert any(each.get("says") == "The worker is at it: fitting." for each in told)
    assert (told[-1]["state"], told[-1]["progress"]) == ("passed", None)
    assert fit(client, "watched") == told[-1]


def test_who_signed_out_hears_no_more(settings: Settings) -> None:
    with listening(settings) as port:
        watching = person(settings, port, "analyst")
        asked(watching, id="waits")
        with watched(watching, "waits") as answer:
            read_until(answer, b"event: progress")
            assert Client(port).ask("DELETE", "/v1/sessions/current", **watching.admin).status == 204
            assert b"event: end" not in answer.read()


def test_there_is_nothing_to_watch_of_a_fit_nobody_asked_for(client: Client) -> None:
    assert client.ask("GET", "/v1/fits/nosuch/progress").status == 404


def test_a_queued_fit_is_cancelled_at_once_and_never_begun(client: Client, settings: Settings) -> None:
    asked(client, id="unwanted")
    for _ in range(2):
        told = client.ask("POST", "/v1/fits/unwanted/cancel", **client.admin)
        assert (told.status, told.json["state"]) == (200, "cancelled"), "nothing is left to be done"
    asked(client, id="wanted", seed=PASSES)
    with at_work(settings):
        ended(client, "wanted")
    assert fit(client, "unwanted")["started"] is None


def test_a_running_fit_is_cancelled_and_its_process_ends(client: Client, settings: Settings) -> None:
    asked(client, id="long", seed=HANGS)
    with at_work(settings):
        until(lambda: fit(client, "long")["state"] == "running")
        process = int(until(lambda: read(settings.data / "fits/long/pid")))
        answer = client.ask("POST", "/v1/fits/long/cancel", **client.admin)
        assert (answer.status, answer.json["state"]) == (202, "cancelling")
        assert ended(client, "long")["state"] == "cancelled"
        until(lambda: not is_alive(process))
    assert not (settings.data / "fits/long").exists()


def test_a_fit_that_has_ended_cannot_be_cancelled(client: Client, settings: Settings) -> None:
    asked(client, id="over", seed=REJECTED)
    with at_work(settings):
        ended(client, "over")
    answer = client.ask("POST", "/v1/fits/over/cancel", **client.admin)
    assert (answer.status, answer.json["code"]) == (409, "fit-ended")


def test_a_fit_outlives_a_worker_that_was_killed(client: Client, settings: Settings) -> None:
    asked(client, id="survivor", seed=WHEN_TOLD + PASSES)
    worker = subprocess.Popen([sys.executable, "-c", ALONE, str(settings.data)])
    process = int(until(lambda: read(settings.data / "fits/survivor/pid")))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert fit(client, "survivor")["state"] == "running"
    until(lambda: not is_alive(process))  # nobody fits for nobody
    (settings.data / "fits" / GO_ON).touch()
    with at_work(settings):
        assert ended(client, "survivor")["state"] == "passed"


def test_a_worker_that_is_stopped_gives_its_fit_back(client: Client, settings: Settings) -> None:
    asked(client, id="later", seed=HANGS)
    with at_work(settings):
        until(lambda: fit(client, "later")["state"] == "running")
    told = fit(client, "later")
    assert (told["state"], told["started"], told["progress"]) == ("queued", None, None)


def test_the_nights_fit_is_asked_for_once_a_day_when_its_time_has_come(
    settings: Settings, database: Database
) -> None:
    worker = Worker(settings.model_copy(update={"refit_at": "03:30"}), database)
    evening = int(datetime(2026, 11, 21, 3, 29, tzinfo=UTC).timestamp())

    def names() -> list[str]:
        with database.reading() as connection:
            return [each.id for each in fit_store.page(connection, 1 << 62, 10)]

    worker.queue_nightly(evening)
    assert names() == []
    for seconds in (60, 90, 40_000):
        worker.queue_nightly(evening + seconds)
    assert names() == ["nightly-2026-11-21"]
    worker.queue_nightly(evening + 86_400 + 60)
    assert names() == ["nightly-2026-11-22", "nightly-2026-11-21"]


def test_a_fit_leaves_report_figures_and_file(client: Client, settings: Settings) -> None:
    asked(client, id="good", seed=PASSES)
    assert client.ask("GET", "/v1/fits/good/report").json["code"] == "no-such-file"
    with at_work(settings):
        ended(client, "good")
    page = client.ask("GET", "/v1/fits/good/report")
    assert page.status == 200 and b"Verdict" in page.body
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert (
        client.ask("GET", "/v1/fits/good").headers["content-security-policy"].startswith("default-src 'self'")
    )
    assert (
        client.ask("GET", "/v1/fits/good/figures/acceptance.svg").headers["content-type"] == "image/svg+xml"
    )
    whole = client.ask("GET", "/v1/fits/good/file")
    assert whole.body == bytes(range(256)) and 'filename="good.nc"' in whole.headers["content-disposition"]
    part = client.ask("GET", "/v1/fits/good/file", Range="bytes=16-31")
    assert (part.status, part.body) == (206, bytes(range(16, 32)))
    for name in ("..%2Fjob.json", "job.json", "none.svg"):
        assert client.ask("GET", f"/v1/fits/good/figures/{name}").status in (404, 422)


def test_a_fit_that_cannot_even_begin_fails_and_the_next_one_is_made(
    client: Client, settings: Settings
) -> None:
    (settings.data / "fits").mkdir()
    (settings.data / "fits/blocked").write_text("in the way")
    asked(client, id="blocked")
    asked(client, id="good", seed=PASSES)
    with at_work(settings):
        assert ended(client, "good")["state"] == "passed"
    told = fit(client, "blocked")
    assert told["state"] == "failed" and "blocked" in told["error"]


def test_the_list_says_when_a_worker_was_last_seen(client: Client, settings: Settings) -> None:
    assert client.ask("GET", "/v1/fits").json["worker_seen"] is None
    with at_work(settings):
        seen = until(lambda: client.ask("GET", "/v1/fits").json["worker_seen"])
    assert abs(datetime.fromisoformat(seen).timestamp() - time.time()) < 60


def test_one_worker_works_on_a_folder(settings: Settings) -> None:
    with hold(settings.data, "worker"), pytest.raises(Unusable):
        hold(settings.data, "worker")


@contextmanager
def watched(client: Client, name: str) -> Iterator[HTTPResponse]:
    """The events of a fit, once the service has begun to tell them."""
    with closing(HTTPConnection("127.0.0.1", client.port, timeout=120)) as http:
        http.request("GET", f"/v1/fits/{name}/progress", headers=client.admin)
        yield http.getresponse()


def read_until(answer: HTTPResponse, words: bytes) -> bytes:
    heard = b""
    while words not in heard:
        heard += answer.readline()
    return heard


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # before it was opened, or before it was read
        return False
