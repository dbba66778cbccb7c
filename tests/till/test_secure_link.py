"""A till PC speaks TLS with the service that its authority signed for, and with nobody else."""

import asyncio
from base64 import encodebytes
from pathlib import Path

import pytest

from pos_client.claim import Unusable
from pos_client.link import LinkDown
from pos_client.secure_link import secure
from tests.certificates import DAY, NOW, Authority, Listening


@pytest.fixture(scope="module")
def ours() -> Authority:
    return Authority("the shop")


def status(folder: Path, authority: Authority, server: Listening, host: str = "127.0.0.1") -> int:
    """That of one exchange by a till that trusts ``authority`` alone."""
    pem = (
        "-----BEGIN CERTIFICATE-----\n" + encodebytes(authority.der).decode() + "-----END CERTIFICATE-----\n"
    )
    (folder / "ca.pem").write_text(pem)
    way = secure(str(folder / "ca.pem"))
    return asyncio.run(way.exchange(host, server.port, "POST", "/", {}, b"x", 60_000, 1024))[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_service_that_our_authority_signed_for_is_spoken_to(tmp_path: Path, ours: Authority, host: str):
    with Listening(ours.issued(tmp_path, host)) as server:
        assert status(tmp_path, ours, server, host) == 200


def test_nobody_else_is(tmp_path: Path, ours: Authority):
    for certificate in (
        Authority("the shop").issued(tmp_path, "127.0.0.1"),
        ours.issued(tmp_path, "another.host"),
        ours.issued(tmp_path, "127.0.0.1", NOW - 3 * DAY, NOW - 2 * DAY),
        None,
    ):
        with Listening(certificate) as server, pytest.raises(LinkDown):
            status(tmp_path, ours, server)


def test_a_file_without_a_certificate_is_named(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(Unusable, match="RUNG_CA is"):
        secure(str(tmp_path / "ca.pem"))
