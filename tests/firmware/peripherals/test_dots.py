"""A 128x64 display shows what was meant, as the chip understands it. Runs on both interpreters."""

from firmware.peripherals.lettering import DRAWN, Letters
from firmware.peripherals.screen import Page, page
from firmware.peripherals.ssd1306 import DotDisplay
from tests.firmware.peripherals.locked import locked_heap
from tests.firmware.peripherals.pages import HEALTH, Dots, offering


def picture(display):
    """Two rows of dots to one of text."""
    dots = display.chip.dots()
    return [
        "".join([" ▀▄█"[dots[y][x] + 2 * dots[y + 1][x]] for x in range(128)]).rstrip()
        for y in range(0, 64, 2)
    ]


def shown(told, language):
    display = Dots()
    frames = display.display.prepare(page(told, language, HEALTH))
    display.display.show(frames[0])
    assert display.chip.faults == []
    return display, frames


def test_letters_stand_where_they_belong_and_the_rest_is_dark():
    display = Dots()
    assert picture(display) == [""] * 32  # the memory held anything before
    display.display.show(display.display.prepare(Page("", foot="Щи é"))[0])
    assert picture(display) == [""] * 28 + [
        "█ █ █               ▄▀",
        "█ █ █ █  ▄█       ▄▀▀▀▄",
        "█▄█▄█ █▄▀ █       █▀▀▀▀",
        "    ▀ ▀   ▀        ▀▀▀",
    ]


def test_the_amount_is_three_times_as_high_as_the_words():
    display, _ = shown(offering(), "en")
    dots = display.chip.dots()
    lit = [y for y in range(64) if any(dots[y])]
    assert lit == list(range(7)) + list(range(24, 45)) + list(range(56, 63))


def test_every_letter_of_our_languages_is_drawn_and_none_is_a_question_mark():
    alphabet = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    alphabet += "".join([chr(ord(one) - 32) if one != "ё" else "Ё" for one in alphabet])
    for letter in alphabet + "éèêëàâçîïôùûüœæäöß€£₽" + "".join([chr(code) for code in range(33, 127)]):
        row = Letters(DRAWN, []).line(letter, 9)
        assert row and (b"?" not in row or letter == "?"), letter


def test_a_longer_amount_is_as_large_as_it_fits():
    for amount, height in ((100, 21), (123450, 14), (123456789012, 7)):
        display, _ = shown(offering(amount=amount), "en")
        dots = display.chip.dots()
        assert len([y for y in range(24, 48) if any(dots[y])]) in (height, height + 1), amount


def test_a_disclosure_is_on_the_frames_behind():
    law = "This price was personalised by automated decision-making. " * 4
    _, frames = shown(offering(disclosure=law), "en")
    said = " ".join([row[2:].decode() for frame in frames[1:] for row in frame[:6]])
    assert said.split() == law.split()


def test_words_alone_are_twice_as_high_where_they_fit():
    _, frames = shown(None, "en")
    assert [row[0] for row in frames[0][:6]] == [2, 2, 2, 2, 2, 2]
    _, frames = shown(offering(), "en")
    assert [row[0] for row in frames[0]] == [1, 1, 1, 3, 3, 3, 1, 1]


def test_a_whole_screen_takes_30_ms_of_a_400_khz_bus_and_the_same_one_none():
    display, _ = shown(offering(), "en")
    other = display.display.prepare(page(offering("Team 10%", 12345, 100, rung=2), "en", HEALTH))[0]
    begun = display.bench.now
    display.display.show(other)
    assert display.bench.now - begun < 30000
    begun = display.bench.now
    display.display.show(other)
    assert display.bench.now == begun


def test_showing_a_prepared_frame_allocates_nothing():
    class Silent:
        def writeto(self, address, data):
            return len(data)

    display = DotDisplay(Silent())
    display.start()
    frames = [display.prepare(page(offering(), "fr", HEALTH))[0], display.prepare(Page("x", "-€9.80"))[0]]
    with locked_heap() as heap:
        for _ in range(20):
            display.show(frames[0])
            display.show(frames[1])
    assert heap.grown == 0


def test_a_display_that_was_unplugged_comes_back_with_everything():
    display, frames = shown(offering(), "en")
    before = picture(display)
    display.chip.__init__()
    display.display.start()
    display.display.show(frames[0])
    assert picture(display) == before
