"""What a device prints is what a PC prints, whole and once, whatever the printer does. Runs on both interpreters."""

from firmware.peripherals.escpos import Printer
from pos_client.printing import block, receipt_lines, slip
from tests.firmware.fakes.bench import Bench
from tests.firmware.fakes.paper import Paper
from tests.firmware.fakes.serial import Flash, Uart

SALE = {
    "currency": "RUB",
    "discount": {"label": "Скидка по карте", "amount": 12345},
    "goodwill": {"available": 0, "given": 500},
    "disclosure": "Цена рассчитана автоматически, на основе ваших покупок: 5 % за 10 €.",
}


class Counter:
    """A printer on its wire."""

    def __init__(self, buffer=256):
        self.bench = Bench()
        self.flash = Flash(self.bench)
        self.uart = Uart(self.bench, self.flash, 19200)
        self.paper = Paper(self.bench, self.uart, buffer)
        self.printer = Printer(self.uart, 19200)

    def wait(self, milliseconds):
        for _ in range(milliseconds):
            self.bench.sleep_ms(1)
            self.printer.poll(self.bench.ticks_ms())


def test_a_slip_is_on_paper_as_the_till_words_it():
    counter = Counter()
    lines = receipt_lines("ru", SALE)
    assert counter.printer.send(slip(block(lines)))
    for _ in range(10):  # it asks, waits for the answer, and prints
        counter.wait(1)
        assert counter.printer.talking(counter.bench.ticks_ms())
    counter.wait(1500)
    assert counter.paper.slips == [lines]
    assert (counter.paper.faults, counter.paper.lost, counter.printer.trouble) == ([], 0, None)
    assert not counter.printer.talking(counter.bench.ticks_ms())


def test_slips_longer_than_the_printers_buffer_are_printed_whole_with_pauses():
    counter = Counter(buffer=200)
    lines = ["line " + str(number) + " of a long slip" for number in range(60)]
    counter.printer.send(slip(block(lines)))
    counter.printer.send(slip(block(["next"])))
    counter.wait(8000)
    assert counter.paper.slips == [lines, ["next"]]
    assert counter.paper.pauses > 3 and counter.paper.lost == 0


def test_slips_one_behind_the_other_are_whole_though_a_full_printer_answers_that_it_is_well():
    counter = Counter()
    whole = []
    for number in range(4):
        whole.append(["slip " + str(number) + " of many words"] * 30)
        assert counter.printer.send(slip(block(whole[number])))
    counter.wait(20000)
    assert counter.paper.slips == whole and counter.paper.lost == 0 and counter.paper.pauses > 3


def test_a_printer_whose_word_to_go_on_was_lost_is_believed_to_be_ready_in_the_end():
    counter = Counter()
    counter.uart.arrives(b"\x13")
    counter.printer.send(slip(block(["hello"])))
    counter.wait(20000)
    assert counter.paper.slips == []
    counter.wait(20000)
    assert counter.paper.slips == [["hello"]]


def test_a_slip_waits_for_paper_and_is_printed_once():
    counter = Counter()
    counter.paper.has_paper = False
    counter.printer.send(slip(block(["hello"])))
    counter.wait(2000)
    assert (counter.paper.slips, counter.printer.trouble) == ([], "paper-out")
    assert not counter.printer.talking(counter.bench.ticks_ms())  # the journal need not wait for paper
    counter.paper.has_paper = True
    counter.wait(4000)
    assert (counter.paper.slips, counter.printer.trouble) == ([["hello"]], None)


def test_a_cover_opened_in_the_middle_of_a_slip_costs_no_line():
    counter = Counter(buffer=100)
    lines = ["line " + str(number) for number in range(30)]
    counter.printer.send(slip(block(lines)))
    counter.wait(300)
    counter.paper.is_shut = False
    counter.wait(8000)
    assert counter.printer.trouble == "cover-open"
    counter.paper.is_shut = True
    counter.wait(9000)
    assert (counter.paper.slips, counter.paper.lost, counter.printer.trouble) == ([lines], 0, None)


def test_a_printer_that_is_not_there_is_said_and_found_again():
    counter = Counter()
    counter.paper.is_there = False
    counter.printer.send(slip(block(["hello"])))
    counter.wait(1000)
    assert counter.printer.trouble == "printer-silent"
    counter.paper.is_there = True
    counter.wait(4000)
    assert counter.paper.slips == [["hello"]]


def test_the_fifth_slip_that_waits_is_not_taken():
    counter = Counter()
    counter.paper.has_paper = False
    assert [counter.printer.send(slip(block([str(number)]))) for number in range(5)] == [True] * 4 + [False]
