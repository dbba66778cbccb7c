"""What is printed can be read on paper: right characters, right width, no command smuggled in."""

import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given, strategies

from pos_client import printer, printing
from tests.till.counter import BASKET, make_till, served

CODECS = {19: "cp858", 17: "cp866"}


def read_paper(data: bytes) -> str:
    """What the paper says, decoded with CPython's own codecs following the printer's page selection."""
    text = ""
    codec = "ascii"
    while data:
        if data.startswith(printing.SELECT_PAGE):
            codec = CODECS[data[2]]
            data = data[3:]
        else:
            text += data[:1].decode(codec)
            data = data[1:]
    return text


@pytest.mark.parametrize(("page", "codec"), CODECS.items())
def test_the_code_pages_are_the_ones_every_printer_has(page: int, codec: str) -> None:
    characters = dict(printing._PAGES)[page]
    assert characters.encode(codec) == bytes(range(128, 256))


@pytest.mark.parametrize("line", ["Скидка по карте", "À payer: 24,68 €", "Ёлка за 5 €, déjà ½", "plain"])
def test_russian_french_and_the_euro_come_out_even_mixed_in_one_line(line: str) -> None:
    assert read_paper(printing.block([line])) == line + "\n"


def test_what_no_page_has_is_spelled_or_becomes_a_question_mark() -> None:
    assert read_paper(printing.block(["12\u202f345,67\u00a0₽ œuvre “日”"])) == '12 345,67 руб. oeuvre "?"\n'


def settled(
    label: str = "Скидка", discount: int = 130, goodwill: int = 0, disclosure: str | None = None
) -> dict:
    return {
        "currency": "EUR",
        "gross": 2598,
        "discount": {"label": label, "amount": discount, "lines": []} if discount else None,
        "goodwill": {"available": 0, "given": goodwill},
        "disclosure": disclosure,
    }


def test_a_receipt_shows_the_discount_and_the_disclosure() -> None:
    disclosure = "Ce prix a été personnalisé sur la base d'une décision automatisée."
    assert printing.receipt_lines("fr", settled("Anniversaire 5 %", disclosure=disclosure), 32) == [
        "Anniversaire 5 %         -1,30 €",
        "Ce prix a été personnalisé sur",
        "la base d'une décision",
        "automatisée.",
    ]


def test_goodwill_has_a_line_of_its_own() -> None:
    lines = printing.receipt_lines("ru", settled(goodwill=50), 32)
    assert lines == ["Скидка                   -1,30 €", "Наш подарок              -0,50 €"]


def test_without_a_discount_nothing_is_printed_not_even_the_disclosure() -> None:
    assert printing.receipt_lines("en", settled(discount=0, disclosure="personalised"), 32) == []


def test_a_name_too_long_for_its_amount_keeps_both() -> None:
    lines = printing.receipt_lines("en", settled("Birthday and loyalty and coupon"), 32)
    assert lines == ["Birthday and loyalty and coupon", " " * 26 + "-€1.30"]


@given(strategies.text(max_size=200), strategies.integers(8, 48))
def test_no_line_is_wider_than_the_paper_and_no_word_is_lost(text: str, width: int) -> None:
    lines = printing.wrapped(text, width)
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(printing._spelled(text).split())


@given(strategies.text(max_size=60))
def test_text_never_becomes_a_command_to_the_printer(text: str) -> None:
    data = printing.block([text])
    for page in CODECS:
        data = data.replace(printing.SELECT_PAGE + bytes([page]), b"")
    assert data[-1:] == b"\n"
    assert all(byte >= 32 for byte in data[:-1])


def test_a_slip_is_reset_printed_and_cut() -> None:
    data = printing.slip(printing.block(["hello"]))
    assert data.startswith(b"\x1b@hello\n") and data.endswith(b"\x1dVB\x00")


class Paper:
    """A network printer: what it was sent until the sender hung up."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.printed = bytearray()
        self.printing = threading.Thread(target=self._take)
        self.printing.start()

    @property
    def target(self) -> str:
        return f"net:127.0.0.1:{self.listener.getsockname()[1]}"

    def _take(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            while chunk := connection.recv(1000):
                self.printed.extend(chunk)

    def out(self) -> bytes:
        self.printing.join(5)
        self.listener.close()
        return bytes(self.printed)


def test_rung_print_puts_the_slip_of_a_checkout_on_a_network_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Paper()
    with served(make_till()) as place:
        monkeypatch.setenv("RUNG_TILL_PORT", str(place.port))
        place.ask("PUT", "/v1/checkouts/kassa%201", BASKET)
        place.ask("POST", "/v1/checkouts/kassa%201/reactions", {"rung": 0, "reaction": "accepted"})
        assert printer.command([paper.target, "kassa 1", "ru"]) == 0
    printed = paper.out()
    assert printed.startswith(printing.RESET) and printed.endswith(printing.PAPER_CUT)
    said = read_paper(printed.removeprefix(printing.RESET).removesuffix(printing.PAPER_CUT))
    assert said == "Card 3%" + " " * 28 + "-0,78 €\n"


def test_python_escpos_writes_to_a_device_file(tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    device.write_bytes(b"")
    printer.print_slip(f"file:{device}", b"hello\n")
    assert device.read_bytes() == printing.slip(b"hello\n")


@pytest.mark.parametrize(
    ("call", "status", "said"),
    [
        ([], 2, "usage: rung print"),
        (["--unknown"], 2, "usage: rung print"),
        (["lpt1", "known"], 1, "not lpt1"),
        (["net:127.0.0.1:1", "unknown"], 1, "the till answers 404 to unknown: "),
        (["net:127.0.0.1:1", "known"], 1, "refused"),
    ],
)
def test_what_cannot_be_printed_is_said(
    call: list[str],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with served(make_till()) as place:
        monkeypatch.setenv("RUNG_TILL_PORT", str(place.port))
        place.ask("PUT", "/v1/checkouts/known", BASKET)
        assert printer.command(call) == status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("port", "said"),
    [("1", "no till answers at 127.0.0.1:1: start `rung till`"), ("abc", "RUNG_TILL_PORT is 'abc'")],
)
def test_a_till_that_is_not_there_is_said_in_one_line(
    port: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNG_TILL_PORT", port)
    assert printer.command(["net:127.0.0.1:1", "first"]) == 1
    told = capsys.readouterr().err
    assert said in told and len(told.splitlines()) == 1
