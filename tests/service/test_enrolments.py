"""A one-time code makes one till; a till whose history forked goes on under a new epoch; nothing is learnt twice."""

import asyncio
import os
import stat
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from pos_client import link
from pos_client.core import code, signature
from pos_client.core.record import Invalid
from pos_client.enrolling import NotEnrolled, redeem
from pos_client.identity import read
from pricing_service import fleet
from pricing_service.database import Database
from pricing_service.security import device_key
from pricing_service.settings import Settings
from tests.service.places import Client, Pen
from tests.service.test_events import derived_and_replayed, kept
from tests.till.processes import LAUNCH

WISH = {"device": "till-7", "store": "sample", "language": "fr"}


def asked(client: Client, **changed: str) -> str:
    answer = client.ask("POST", "/v1/enrolments", {**WISH, **changed})
    assert answer.status == 201, answer.body
    return answer.json["code"]


def redeemed(client: Client, typed: str, proof: str = "this machine") -> dict:
    return asyncio.run(redeem(link, "127.0.0.1", client.port, typed, proof))


def test_a_code_gives_a_till_its_identity_and_it_is_heard(client: Client, settings: Settings) -> None:
    identity = redeemed(client, asked(client).lower())
    assert identity["key"] == device_key(settings.master_key, "till-7", 1).hex()
    assert identity["tenant_key"] == settings.tenant_key.hex()
    assert (identity["device"], identity["epoch"], identity["language"]) == ("till-7", 1, "fr")
    pen = Pen(settings, "till-7")
    assert pen.send(client, [pen.write()]).json["acknowledged"] == 1


def test_neither_the_code_nor_a_key_is_in_the_database_or_in_what_is_sent(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    typed, seen = asked(client), []

    class Tapped:
        @staticmethod
        async def exchange(*request):
            answer = await link.exchange(*request)
            seen.append(repr(request) + repr(answer))
            return answer

    identity = asyncio.run(redeem(Tapped, "127.0.0.1", client.port, typed, "this machine"))
    secret = code.read(typed)[1]
    on_disk = b"".join(path.read_bytes() for path in settings.data.glob("rung.db*"))
    for value in (secret, bytes.fromhex(identity["key"]), bytes.fromhex(identity["tenant_key"])):
        assert value not in on_disk and value.hex().encode() not in on_disk
        assert value.hex() not in seen[0]
    assert typed not in seen[0]


def test_a_code_serves_one_machine_which_may_hear_its_answer_again(client: Client) -> None:
    typed = asked(client)
    first = redeemed(client, typed)
    assert redeemed(client, typed) == first
    with pytest.raises(NotEnrolled) as refused:
        redeemed(client, typed, "another machine")
    assert refused.value.code == "code-used"


def test_an_old_code_is_worth_nothing(client: Client, database: Database) -> None:
    typed = asked(client)
    with database.writing() as connection:
        connection.execute(text("UPDATE codes SET expires = :then"), {"then": int(time.time()) - 1})
    with pytest.raises(NotEnrolled) as refused:
        redeemed(client, typed)
    assert refused.value.code == "unknown-code"


def test_a_code_lives_ten_minutes_at_most(client: Client, database: Database) -> None:
    asked(client)
    with database.reading() as connection:
        row = connection.execute(text("SELECT created, expires FROM codes")).one()
    assert row.expires - row.created == 600


def test_a_guessed_code_is_no_code(client: Client) -> None:
    code_id, secret = code.read(asked(client))
    wrong = code.written(code_id, bytes([secret[0] ^ 1]) + secret[1:])
    with pytest.raises(NotEnrolled) as refused:
        redeemed(client, wrong)
    assert refused.value.code == "unknown-device"
    with pytest.raises(Invalid):
        redeemed(client, "not a code")


@pytest.mark.parametrize("odd", [{"device": "till 7"}, {"store": "Q*"}])
def test_a_name_that_is_none_is_refused_in_words(client: Client, odd: dict[str, str]) -> None:
    answer = client.ask("POST", "/v1/enrolments", {"device": "till-7", "store": "sample", **odd})
    assert (answer.status, answer.json["code"]) == (400, "device-name")
    assert "letters, digits, dots, dashes or underscores" in answer.json["detail"]


def test_a_till_in_force_is_not_enrolled_over(client: Client) -> None:
    answer = client.ask("POST", "/v1/enrolments", {"device": "till-1", "store": "sample"})
    assert (answer.status, answer.json["code"]) == (409, "device-enrolled")
    assert client.ask("POST", "/v1/devices/till-1/revoke").status == 204
    assert redeemed(client, asked(client, device="till-1"))["epoch"] == 2


def test_a_revoked_till_is_not_heard_and_gets_no_new_epoch(client: Client, pen: Pen) -> None:
    client.ask("POST", "/v1/devices/till-1/revoke")
    assert pen.send(client, [pen.write()]).status == 401
    assert renewed(client, pen, 0).status == 401


def renewed(client: Client, pen: Pen, resume: int, store: str = "sample"):
    body = b'{"resume":%d,"store":"%s"}' % (resume, store.encode())
    path = "/v1/enrolments/renewals"
    return client.ask("POST", path, body, **pen.signed("POST", path, body))


def next_epoch(settings: Settings, pen: Pen, epoch: int) -> Pen:
    """The same till with the same journal under another epoch."""
    other = Pen(settings, pen.device, epoch)
    other.sequence = pen.sequence
    return other


def test_a_set_back_journal_conflicts_once_and_goes_on_under_a_new_epoch(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    pen.send(client, [pen.write() for _ in range(4)])
    pen.sequence = 2
    forked = [pen.write(("left",), "lost") for _ in range(4)]
    refused = pen.send(client, forked)
    assert (refused.status, refused.json["conflicts"]) == (409, [3])
    told = renewed(client, pen, 2).json
    assert told["epoch"] == 2
    again = next_epoch(settings, pen, 2)
    assert again.send(client, forked).json["acknowledged"] == 6
    assert len(kept(database)) == 4 + 4
    derived, replayed = derived_and_replayed(database)
    assert derived == replayed


def test_nothing_behind_a_conflict_is_taken_under_the_old_epoch(
    client: Client, pen: Pen, database: Database
) -> None:
    pen.send(client, [pen.write() for _ in range(2)])
    pen.sequence = 1
    pen.send(client, [pen.write(("left",), "lost") for _ in range(4)])
    assert len(kept(database)) == 2


def test_what_is_here_under_another_epoch_is_numbered_and_not_learnt_again(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    lines = [pen.write() for _ in range(3)]
    pen.send(client, lines)
    before, _ = derived_and_replayed(database)
    renewed(client, pen, 0)
    again = next_epoch(settings, pen, 2)
    answer = again.send(client, [*lines, pen.write()])
    assert (answer.json["acknowledged"], answer.json["quarantined"]) == (4, [])
    assert len(kept(database)) == 4
    assert again.send(client, lines).json["acknowledged"] == 4
    after, replayed = derived_and_replayed(database)
    assert after == replayed != before


def test_a_record_that_rotted_since_it_was_taken_is_no_conflict(client: Client, pen: Pen) -> None:
    pen.send(client, [pen.write() for _ in range(2)])
    answer = pen.send(client, [b"rotten", pen.write()])
    assert answer.status == 200
    pen.sequence = 1
    assert pen.send(client, [b"noise"]).status == 200


def test_an_enrolment_that_a_set_back_database_forgot_is_renewed_by_its_till(
    client: Client, settings: Settings, database: Database
) -> None:
    with database.writing() as connection:
        fleet.enrol(connection, "till-5", "north")
    pen = Pen(settings, "till-5")
    pen.send(client, [pen.write() for _ in range(3)])
    with database.writing() as connection:
        connection.execute(text("DELETE FROM devices WHERE device = 'till-5'"))
    refused = pen.send(client, [pen.write()])
    assert (refused.status, refused.json["code"]) == (409, "enrolment-unknown")
    assert renewed(client, pen, 1, "north").json["epoch"] == 2
    with database.reading() as connection:
        found = fleet.get(connection, "till-5", 2)
    assert found and (found.store, found.acknowledged) == ("north", 1)


def test_the_new_key_comes_wrapped_under_the_old_one(client: Client, pen: Pen, settings: Settings) -> None:
    body = b'{"resume":0,"store":"sample"}'
    headers = pen.signed("POST", "/v1/enrolments/renewals", body)
    told = client.ask("POST", "/v1/enrolments/renewals", body, **headers).json
    key = signature.wrapped(pen.key, "device key", headers["Signature"], bytes.fromhex(told["key"]))
    assert key == device_key(settings.master_key, "till-1", 2)


def enrolled(client: Client, data: Path, typed: str, *more: str) -> subprocess.CompletedProcess[str]:
    """`rung enrol` on a till of its own."""
    command = [*LAUNCH, "enrol", "--service", f"http://127.0.0.1:{client.port}", *more]
    env = {**os.environ, "RUNG_DATA": str(data)}
    return subprocess.run(
        command, input=typed + "\n", env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_person_types_the_code_at_the_till_and_the_till_knows_who_it_is(
    client: Client, tmp_path: Path
) -> None:
    ran = enrolled(client, tmp_path / "var", asked(client))
    assert (ran.returncode, ran.stderr) == (0, "")
    path = tmp_path / "var" / "till" / "till.json"
    identity = read(path)
    assert identity and identity["service"] == f"http://127.0.0.1:{client.port}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = enrolled(client, tmp_path / "var", "whatever")
    assert again.returncode == 1 and "--again replaces it" in again.stderr


def test_a_mistyped_code_is_said_in_one_line_and_leaves_no_identity(client: Client, tmp_path: Path) -> None:
    ran = enrolled(client, tmp_path / "var", "ABC")
    assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1)
    assert "34 letters and digits" in ran.stderr
    assert not (tmp_path / "var" / "till" / "till.json").exists()
