"""A service that is called by name: the shop's DNS has its address, and nobody stands still where that is dumb."""

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from firmware.runtime.named_link import NamedLink, answer, question
from pos_client.link import LinkDown
from tests.certificates import Listening
from tests.fakes import HandClock

ROOT = Path(__file__).resolve().parents[3]
NAME = "rung.shop.example"


class Dns:
    """A DNS server of one thread; ``answers(question)`` makes what it says to each; ``asked`` are all of them."""

    def __init__(self, answers):
        self.answers = answers
        self.asked: list[bytes] = []
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self.port = self._line.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *ended):
        self._line.close()

    def _serve(self):
        while True:
            try:
                asking, peer = self._line.recvfrom(512)
            except OSError:
                return
            self.asked.append(asking)
            for said in self.answers(asking):
                self._line.sendto(said, peer)


def record(kind: int, data: bytes, name: bytes = b"\xc0\x0c") -> bytes:
    return name + kind.to_bytes(2) + b"\0\1" + (60).to_bytes(4) + len(data).to_bytes(2) + data


def reply(asking: bytes, *records: bytes, code: int = 0) -> bytes:
    """The answer to a question, as a server that follows RFC 1035 puts it."""
    head = asking[:2] + bytes([0x81, 0x80 | code]) + b"\0\1" + len(records).to_bytes(2) + b"\0\0\0\0"
    return head + asking[12:] + b"".join(records)


def here(asking: bytes) -> list[bytes]:
    return [reply(asking, record(1, bytes([127, 0, 0, 1])))]


class Shop:
    def __init__(self, dns: Dns):
        self.clock = HandClock()
        self.link = NamedLink(
            lambda: "127.0.0.1",
            self.clock.monotonic_ms,
            lambda below: 4711 % below,
            port=dns.port,
            sleep=lambda seconds: asyncio.sleep(seconds / 2),
        )

    def status(self, port: int) -> int:
        return asyncio.run(self.link.exchange(NAME, port, "POST", "/", {}, b"x", 60000, 100000))[0]


def test_a_question_is_the_one_of_the_rfc():
    asked = question(0x1234, "a.example")
    assert asked == bytes.fromhex("1234 0100 0001 0000 0000 0000 01 61 07 6578616d706c65 00 0001 0001")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ([record(1, bytes([192, 168, 1, 10]))], "192.168.1.10"),
        ([record(5, b"\4rung\xc0\x11"), record(1, bytes([10, 0, 0, 1]), b"\4rung\xc0\x11")], "10.0.0.1"),
        ([record(28, bytes(16)), record(1, bytes([10, 0, 0, 2]))], "10.0.0.2"),
        ([record(28, bytes(16))], ""),
        ([record(1, bytes(16))], ""),
        ([record(1, bytes([1, 2, 3, 4]))[:-1]], ""),
        ([], ""),
        ([b"\xff" * 3], ""),
        ([b"\x3f"], ""),
    ],
)
def test_the_first_address_is_taken_and_what_has_none_is_none(said, address):
    asking = question(7, NAME)
    assert answer(reply(asking, *said), asking) == address


def test_what_answers_another_question_or_refuses_is_no_answer():
    asking, good = question(7, NAME), record(1, bytes([1, 2, 3, 4]))
    assert answer(reply(asking, good), asking) == "1.2.3.4"
    assert answer(reply(question(8, NAME), good), asking) == ""
    assert answer(reply(question(7, "rung.shop.example2"), good), asking) == ""
    assert answer(reply(asking, good, code=3), asking) == ""
    assert answer(asking, asking) == "", "it is no answer at all"
    for length in range(len(reply(asking, good))):
        assert answer(reply(asking, good)[:length], asking) == ""


def test_an_address_is_asked_for_once_in_five_minutes_and_is_good_for_longer_where_dns_is_dumb():
    with Dns(here) as dns, Listening(None) as service:
        shop = Shop(dns)
        assert shop.status(service.port) == shop.status(service.port) == 200
        assert len(dns.asked) == 1
        shop.clock.forward(seconds=301)
        assert shop.status(service.port) == 200 and len(dns.asked) == 2
        shop.clock.forward(seconds=301)
        dns.answers = lambda asking: []
        assert shop.status(service.port) == 200 and len(dns.asked) == 5


def test_a_lost_question_is_asked_again_and_a_stranger_s_answer_passed_over():
    strange = [[], [reply(question(1, NAME), record(1, bytes([10, 9, 8, 7]))), b"", b"\0" * 512]]

    def answers(asking):
        return strange.pop(0) if strange else here(asking)

    with Dns(answers) as dns, Listening(None) as service:
        assert Shop(dns).status(service.port) == 200
        assert len(dns.asked) == 3


def test_an_address_is_no_name_and_asks_nobody():
    with Dns(here) as dns, Listening(None) as service:
        shop = Shop(dns)
        told = asyncio.run(
            shop.link.exchange("127.0.0.1", service.port, "POST", "/", {}, b"x", 60000, 100000)
        )
        assert told[0] == 200 and dns.asked == []


def test_where_nobody_knows_it_the_link_is_down():
    with Dns(lambda asking: []) as dns, pytest.raises(LinkDown, match="address"):
        Shop(dns).status(1)


@pytest.mark.parametrize(("answers", "status"), [(here, "status 200 20"), (lambda asking: [], "down ")])
def test_on_a_device_the_others_go_on_meanwhile(answers, status):
    with Dns(answers) as dns, Listening(None) as service:
        micropython = Path(sys.executable).with_name("micropython")
        command = [micropython, "-X", "heapsize=512k", "tests/firmware/runtime/named_on_micropython.py"]
        command += [NAME, str(service.port), "127.0.0.1", str(dns.port)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        told, turns = run.stdout.splitlines()
        assert told.startswith(status), run.stderr
        assert answers is here or int(turns) > 60, "it waited for six seconds, and they did not"
