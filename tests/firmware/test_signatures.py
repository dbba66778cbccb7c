"""The device's own Ed25519 and SHA-512 against the standards' vectors, OpenSSL, and cases made to deceive."""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware.update.ed25519 import verify
from firmware.update.sha512 import sha512
from tests.firmware.signature_cases import Case, cases

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))
SOAK = bool(os.environ.get("RUNG_SOAK"))


@pytest.fixture(scope="module")
def every_case() -> list[Case]:
    return cases()


def openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_each_case_is_judged_as_the_standard_asks(every_case):
    wrong = [
        case.name for case in every_case if verify(case.key, [case.message], case.signature) != case.holds
    ]
    assert wrong == []
    assert len(every_case) > 150


def test_openssl_judges_alike_but_lets_some_points_of_small_order_pass(every_case):
    differing = [case for case in every_case if openssl(case.key, case.message, case.signature) != case.holds]
    assert all(case.strict for case in differing)
    assert differing


def test_random_messages_are_judged_as_openssl_does():
    chance = random.Random(1)
    for number in range(5000 if SOAK else 60):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(chance.randrange(400))
        key, signature = private.public_key().public_bytes_raw(), private.sign(message)
        if number % 2:
            bit = chance.randrange(512)
            signature = bytes([byte ^ (1 << bit % 8) * (at == bit // 8) for at, byte in enumerate(signature)])
        assert verify(key, [message], signature) == openssl(key, message, signature) == (number % 2 == 0)


@pytest.mark.parametrize("length", [0, 1, 111, 112, 127, 128, 129, 239, 240, 255, 256, 1000])
def test_a_hash_does_not_depend_on_the_pieces(length):
    message = bytes(range(256)) * 4
    message = message[:length]
    expected = hashlib.sha512(message).digest()
    for cut in {0, length // 3, length // 2, max(length - 1, 0), length}:
        assert sha512([message[:cut], b"", memoryview(message)[cut:]]) == expected
    assert sha512([bytes([byte]) for byte in message]) == expected


def test_micropython_judges_alike_in_128_kilobytes(every_case, tmp_path):
    file = tmp_path / "cases"
    with file.open("w") as written:
        for case in every_case:
            values = {name: getattr(case, name).hex() for name in ("key", "message", "signature")}
            written.write(json.dumps({"name": case.name, "holds": case.holds, **values}) + "\n")
    command = [MICROPYTHON, "-X", "heapsize=128k", "tests/firmware/signatures_on_micropython.py", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"{len(every_case)} judged"), run.stdout
