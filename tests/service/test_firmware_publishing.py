"""What release keys signed is published and nothing else; what is published, devices and python-tuf accept."""

import json
import subprocess
import sys
import time
from binascii import b2a_base64
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pricing_service import backups, firmware_publishing, firmware_store
from pricing_service.database import Database
from pricing_service.firmware_publishing import Timestamp
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.judge import judged
from tests.firmware.oracle import Client as TufClient
from tests.firmware.repository import DAY
from tests.service.firmware_signers import (
    RELEASES,
    ReleaseKeys,
    body,
    changed,
    device,
    entry,
    fetched,
    first,
    image,
    name_of,
    online,
    release,
    served,
    trusted,
)
from tests.service.people import person
from tests.service.places import Client, Pen, listening

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))
BOARDS = ("host", "rp2-pico-w", "rp2-pico-2-w", "esp32-s3")


@pytest.fixture
def keys(settings: Settings) -> ReleaseKeys:
    return trusted(settings)


def test_what_was_published_is_accepted_by_devices_on_both_interpreters_and_by_python_tuf(
    settings: Settings, client: Client, pen: Pen, tmp_path: Path
) -> None:
    for version in (6, 7):
        answer = release(settings, client, version, *BOARDS)
        assert answer.status == 201, answer.body
        assert {one["name"] for one in answer.json["items"]} == {name_of(version, one) for one in BOARDS}
    files = served(client, pen)
    tuf = TufClient(tmp_path / "tuf", files["1.root.json"])
    cases = []
    for board in BOARDS:
        code, _, slots, _ = judged(device(files, board, 6))
        assert code == "accepted"
        assert bytes(slots.data["b"][: len(image(7, board))]) == image(7, board)
        assert tuf.accepts(files, int(time.time()), name_of(7, board))
        cases.append({**device(files, board, 6), "title": board, "reasons": ["accepted"]})
    file = tmp_path / "cases"
    file.write_text("\n".join(json.dumps(plain(case)) for case in cases))
    command = [MICROPYTHON, "-X", "heapsize=16M", "tests/firmware/attacks_on_micropython.py", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.stdout == "4 judged\n", run.stdout + run.stderr


def plain(case: dict[str, Any]) -> dict[str, Any]:
    for name in ("files", "stored"):
        texts = {one: b2a_base64(data, newline=False).decode() for one, data in case[name].items()}
        case = {**case, name: texts}
    return case


def test_nothing_is_published_before_somebody_on_the_services_machine_said_whom_to_trust(
    settings: Settings, client: Client
) -> None:
    made = ReleaseKeys(online(settings))
    sent = body({"1.root.json": made.root(), **first(made)}, (6, "host"))
    answer = client.ask("POST", RELEASES, sent)
    assert (answer.status, answer.json["code"]) == (409, "no-root")
    assert client.ask("GET", "/v1/firmware").json["root"] == 0


def test_publishing_the_same_again_changes_nothing(
    client: Client, database: Database, keys: ReleaseKeys
) -> None:
    sent = body(first(keys), (6, "host"))
    assert client.ask("POST", RELEASES, sent).status == 201
    with database.reading() as connection:
        before = firmware_store.files(connection)
    again = client.ask("POST", RELEASES, sent)
    assert (again.status, again.json) == (200, {"items": []})
    with database.reading() as connection:
        assert firmware_store.files(connection) == before


def test_who_watches_the_service_sees_when_something_has_to_be_signed_anew(
    settings: Settings, client: Client
) -> None:
    assert client.ask("GET", "/v1/firmware").json["expires"] == {}
    assert release(settings, client, 6).status == 201
    told, now = client.ask("GET", "/v1/firmware").json, time.time()
    assert (told["root"], told["targets"]) == (1, 1)
    days = {"root": 365, "targets": 90, "snapshot": 30, "timestamp": 3}
    for role, many in days.items():
        until = datetime.fromisoformat(told["expires"][role]).timestamp()
        assert abs(until - now - many * DAY) < 900, role
        assert f'rung_firmware_expires_timestamp_seconds{{role="{role}"}} {until:.0f}' in figures(client)


def figures(client: Client) -> str:
    lines = client.ask("GET", "/metrics").body.decode().splitlines()
    numbers = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return "\n".join(f"{name} {float(value):.0f}" for name, value in numbers)


def test_a_withdrawn_release_stays_listed_and_its_version_is_used_up(
    client: Client, database: Database, keys: ReleaseKeys
) -> None:
    assert client.ask("POST", RELEASES, body(first(keys), (6, "host"))).status == 201
    gone = body({"2.targets.json": keys.targets(2, {})})
    assert client.ask("POST", RELEASES, gone).status == 201
    assert client.ask("GET", "/v1/firmware").json["offered"] == []
    assert [one["name"] for one in client.ask("GET", RELEASES).json["items"]] == [name_of(6)]
    other = changed(entry(6), 1)
    answer = client.ask("POST", RELEASES, body({"3.targets.json": keys.targets(3, other)}, (6, "host")))
    assert (answer.status, answer.json["code"]) == (409, "release-changed")
    back = body({"3.targets.json": keys.targets(3, entry(6))})
    assert client.ask("POST", RELEASES, back).status == 201
    assert client.ask("GET", "/v1/firmware").json["offered"] == [name_of(6)]


def test_all_release_keys_are_replaced_and_devices_follow(
    settings: Settings, client: Client, pen: Pen, keys: ReleaseKeys, tmp_path: Path
) -> None:
    assert client.ask("POST", RELEASES, body(first(keys), (6, "host"))).status == 201
    new = ReleaseKeys(keys.service, 2)
    root = new.root(2, *keys.keys["root"][:2])
    alone = client.ask("POST", RELEASES, body({"2.root.json": root}))
    assert (alone.status, alone.json["code"]) == (400, "key-revoked"), "the targets are the old keys'"
    both = {"2.root.json": root, "2.targets.json": new.targets(2, entry(6) | entry(7))}
    assert client.ask("POST", RELEASES, body(both, (7, "host"))).status == 201
    files = served(client, pen)
    assert judged(device(files))[0] == "accepted"
    assert TufClient(tmp_path, files["1.root.json"]).accepts(files, int(time.time()), name_of(7))
    old = body({"3.targets.json": keys.targets(3, entry(8))}, (8, "host"))
    assert client.ask("POST", RELEASES, old).json["code"] in ("key-unknown", "key-revoked")


def test_the_services_own_key_is_replaced(
    settings: Settings, client: Client, pen: Pen, keys: ReleaseKeys
) -> None:
    assert client.ask("POST", RELEASES, body(first(keys), (6, "host"))).status == 201
    seed = sha256(b"the next one").digest()
    (settings.secrets / "firmware_key_next").write_text(seed.hex())
    new = ReleaseKeys(keys.service)
    following = repository.CryptoSigner(repository.Ed25519PrivateKey.from_private_bytes(seed))
    new.keys |= {"snapshot": [following], "timestamp": [following]}
    told = client.ask("GET", "/v1/firmware").json
    assert told["keys"] == [one.public_key.keyval["public"] for one in (keys.service, following)]
    assert client.ask("POST", RELEASES, body({"2.root.json": new.root(2)})).status == 201
    files = served(client, pen)
    assert following.public_key.keyid.encode() in files["timestamp.json"]
    assert judged(device(files))[0] == "accepted"


def test_the_timestamp_is_renewed_by_itself_and_never_goes_back(
    settings: Settings, client: Client, database: Database, keys: ReleaseKeys
) -> None:
    assert client.ask("POST", RELEASES, body(first(keys), (6, "host"))).status == 201
    now, before, write = int(time.time()), None, writer(database)

    timestamp = Timestamp()
    for days in (0, 0.5, 1.5, 2, 3, 10, 20, 40, 80):
        moment = now + int(days * DAY)
        data = timestamp.served(database, write, settings, moment)
        assert data is not None
        with database.reading() as connection:
            files = {**firmware_store.files(connection), **stored(connection)}
        assert files["timestamp.json"] == data
        if before is not None and days in (0, 0.5, 2):
            assert data == before, "a day is not over"
        code, *_ = judged(device(files, now=moment))
        assert code == "accepted", days
        if before is not None:
            assert json.loads(data)["signed"]["version"] >= json.loads(before)["signed"]["version"]
        before = data


def stored(connection: Any) -> dict[str, bytes]:
    return {f"{sha256(image(6)).hexdigest()}.{name_of(6)}": image(6)}


def test_a_database_that_was_set_back_goes_on_above_what_devices_have_seen(
    settings: Settings, database: Database, keys: ReleaseKeys
) -> None:
    now, write = int(time.time()), writer(database)
    sent = firmware_publishing.Sent(first(keys), {name_of(6): image(6)}, {})
    firmware_publishing.publish(database, write, settings, sent, "me", now)
    with database.reading() as connection:
        backup = firmware_store.files(connection)
    for hour in range(1, 30):
        Timestamp().served(database, write, settings, now + hour * 90_000)
    with database.reading() as connection:
        seen = meta_version(firmware_store.files(connection)["timestamp.json"])
    write(lambda to: firmware_store.keep(to, backup, now))
    data = Timestamp().served(database, write, settings, now + 30 * 90_000)
    assert data is not None and meta_version(data) > seen


def writer(database: Database) -> Callable[[Any], Any]:
    """Writes what the service's own writer would."""

    def write(job: Any) -> Any:
        with database.writing() as connection:
            return job(connection)

    return write


def meta_version(data: bytes) -> int:
    return json.loads(data)["signed"]["version"]


def test_a_service_that_lost_its_key_goes_on_serving_what_it_has(
    settings: Settings, database: Database, keys: ReleaseKeys
) -> None:
    now, write = int(time.time()), writer(database)
    sent = firmware_publishing.Sent(first(keys), {name_of(6): image(6)}, {})
    firmware_publishing.publish(database, write, settings, sent, "me", now)
    (settings.secrets / "firmware_key").write_text(sha256(b"another").hexdigest())
    timestamp = Timestamp()
    data = timestamp.served(database, write, settings, now)
    assert timestamp.served(database, write, settings, now + 2 * DAY) == data


def test_two_who_publish_at_once_leave_one_whole_release(
    settings: Settings, database: Database, keys: ReleaseKeys
) -> None:
    """The second one is judged again by what the first has published."""
    now, interrupted = int(time.time()), []
    mine = firmware_publishing.Sent(first(keys), {name_of(6): image(6)}, {})
    theirs = firmware_publishing.Sent(
        {"2.targets.json": keys.targets(2, entry(7))}, {name_of(7): image(7)}, {}
    )

    plainly = writer(database)

    def write(job: Any) -> Any:
        if not interrupted:
            interrupted.append(firmware_publishing.publish(database, plainly, settings, theirs, "they", now))
        return plainly(job)

    with pytest.raises(firmware_publishing.Refused) as refused:
        firmware_publishing.publish(database, write, settings, mine, "me", now)
    assert refused.value.code == "rolled-back"
    with database.reading() as connection:
        assert [one.name for one in firmware_store.releases(connection)] == [name_of(7)]


def test_tills_fetch_and_people_look_and_strangers_get_nothing(
    settings: Settings, client: Client, pen: Pen
) -> None:
    assert release(settings, client, 6).status == 201
    path = "/v1/firmware/metadata/timestamp.json"
    till = fetched(client, pen, "timestamp.json")
    assert (till.status, till.headers["content-type"]) == (200, "application/octet-stream")
    assert int(till.headers["content-length"]) == len(till.body)
    assert client.ask("GET", path, **person(settings, client.port, "auditor").admin).body == till.body
    assert client.ask("GET", path, **person(settings, client.port, "cashier").admin).status == 403
    assert client.ask("GET", path, authorization="").status == 401
    stranger = pen.signed("GET", path, b"") | {"Signature": "rung=:" + "A" * 43 + "=:"}
    assert client.ask("GET", path, authorization="", **stranger).status == 401
    stored = f"{sha256(image(6)).hexdigest()}.{name_of(6)}"
    assert fetched(client, pen, stored).body == image(6)
    for name in ("2.root.json", "1.snapshot.json", f"{'0' * 64}.{name_of(6)}", f"{stored[:64]}.{name_of(7)}"):
        answer = fetched(client, pen, name)
        assert (answer.status, answer.json["code"]) == (404, "no-such-file")
        assert answer.headers["signature"], "a device believes it: it is signed"


def test_a_bill_of_materials_is_kept_as_it_was_signed_for(client: Client, keys: ReleaseKeys) -> None:
    bill = '{"bomFormat":"CycloneDX"}'
    digest = sha256(bill.encode()).hexdigest()
    sent = body(
        {"1.targets.json": keys.targets(1, entry(6, bill=digest, devices=["till-1"]))},
        (6, "host"),
        bills={name_of(6): bill},
    )
    assert client.ask("POST", RELEASES, sent).status == 201
    told = client.ask("GET", f"{RELEASES}/{name_of(6)}").json
    assert (told["bill"], told["devices"], told["published_by"]) == (bill, ["till-1"], "admin")
    assert client.ask("GET", f"{RELEASES}/{name_of(7)}").status == 404
    again = {"2.targets.json": keys.targets(2, entry(6, bill=digest, devices=["till-1"]) | entry(7))}
    assert client.ask("POST", RELEASES, body(again, (7, "host"))).status == 201


def test_a_backup_brings_back_all_that_devices_fetch(settings: Settings, tmp_path: Path) -> None:
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert release(settings, client, 6).status == 201
        backups.take(settings, tmp_path / "copy")
        assert release(settings, client, 7).status == 201
        client.close()
    backups.restore(settings, tmp_path / "copy")
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert judged(device(served(client, Pen(settings))))[0] == "accepted"
        again = release(settings, client, 7)
        assert again.status == 201 and [one["version"] for one in again.json["items"]] == [7]
        client.close()
