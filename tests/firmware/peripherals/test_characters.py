"""A 20x4 display shows what was meant, as the chip understands it. Runs on both interpreters."""

from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.lettering import Letters, words
from firmware.peripherals.screen import Page, page
from tests.firmware.fakes.bench import I2C, Bench
from tests.firmware.fakes.lcd import Lcd
from tests.firmware.peripherals.locked import locked_heap
from tests.firmware.peripherals.pages import BARS, HEALTH, Characters, offering, read

# Large figures as a person sees them: two rows of three cells; █ full, ▀ upper bar, ▄ lower bar, = both.
FIGURES = {
    "0": ("█▀█", "█▄█"),
    "1": (" █ ", " █ "),
    "2": ("==█", "█▄▄"),
    "3": ("==█", "▄▄█"),
    "4": ("█▄█", "  █"),
    "5": ("█==", "▄▄█"),
    "6": ("█==", "█▄█"),
    "7": ("▀▀█", "  █"),
    "8": ("█=█", "█▄█"),
    "9": ("█=█", "▄▄█"),
}


def shown(told, language, rom="A00"):
    characters = Characters(rom)
    characters.showing(page(told, language, HEALTH))
    assert characters.chip.faults == []
    return read(characters)


def test_an_offer_is_what_for_how_much_and_what_is_left_to_pay():
    assert shown(offering(), "en") == [
        "Birthday 5%         ",
        "▄  █ .30            ",
        "   █  €             ",
        "to pay €24.68       ",
    ]


def test_every_figure_can_be_told_from_every_other_on_both_roms():
    for rom in ("A00", "A02"):
        for figures in ("1234", "5678", "9012"):
            top, foot = shown(offering(amount=int(figures) * 100), "fr", rom)[1:3]
            for place, figure in enumerate(figures):
                at = 2 + 4 * place
                assert (top[at : at + 3], foot[at : at + 3]) == FIGURES[figure]
    assert len(set(FIGURES.values())) == 10


def test_russian_is_written_in_capitals_with_the_glyphs_it_needs():
    russian = offering("Скидка по карте", 123450, 246800, "RUB")
    assert shown(russian, "ru", "A02") == [
        "CKИДKA ПO KAPTE     ",
        "▄  █  ==█ ==█ █▄█,50",
        "   █  █▄▄ ▄▄█   █ ₽ ",
        "K OПЛATE 2 468,00 ₽ ",
    ]
    assert shown(russian, "ru", "A00")[0] == "CKИДKA ПO KAPTE     "


def test_a_word_that_needs_more_glyphs_than_there_are_is_spelled_whole():
    row = shown(offering("Щедрый Юбилейный", 100, 500, "RUB"), "ru", "A00")
    assert row[0] == "ЩEДPЫЙ YUBILEYNYY   "
    assert row[2].strip().endswith("₽")
    assert shown(offering("Щедрый Ю", 100, 500, "RUB"), "ru", "A00")[0] == "ЩEДPЫЙ YU           "
    assert shown(offering("Щедрый Юбилейный", 100, 500, "RUB"), "ru", "A02")[0].startswith("ЩEДPЫЙ ЮБИЛEЙHЫЙ")


def test_french_keeps_its_accents():
    assert shown(offering("Fidélité 5 %"), "fr", "A00")[0] == "Fidélité 5 %        "
    assert shown(offering("Fidélité 5 %"), "fr", "A00")[3] == "à payer 24,68 €     "
    assert shown(offering("Fidélité 5 %"), "fr", "A02")[3] == "à payer 24,68 €     "


def test_what_no_display_has_becomes_a_question_mark_and_never_a_command():
    assert shown(offering("日本 \x01\x7f 5%"), "en")[0].strip() == "?? ?? 5%"


def test_a_long_name_is_cut_and_said_whole_on_the_next_frame():
    characters = Characters()
    label = "Anniversary of the shop and loyalty card"
    frames = characters.showing(page(offering(label), "en", HEALTH))
    assert frames[0][0] == "Anniversary of the.."
    assert "".join(frames[1][:3]).split() == (label + ".").split()


def test_a_disclosure_is_shown_whole_above_what_is_left_to_pay():
    law = "Ce prix a été personnalisé sur la base d'une décision automatisée."
    characters = Characters("A02")
    frames = characters.showing(page(offering(disclosure=law), "fr", HEALTH))
    said = " ".join([row.strip() for frame in frames[1:] for row in frame[:3]])
    assert said.split() == law.split()
    assert [frame[3] for frame in frames[1:]] == [frames[1][3]] * (len(frames) - 1)


def test_an_amount_too_long_for_large_figures_is_written():
    rows_ = shown(offering(amount=1234567), "en")
    assert rows_[0].strip() == "Birthday 5%"
    assert rows_[1].strip() == "-€12,345.67"


def test_the_last_offer_says_so_where_there_is_room():
    last = shown(offering(rung=2), "en")
    assert (last[1][9:].strip(), last[2][9:].strip()) == ("best offer", "")
    narrow = shown(offering(amount=12300, rung=2), "en")
    assert (narrow[1][16:].strip(), narrow[2][13:].strip()) == ("", "€")


def test_the_next_offer_is_on_the_glass_in_25_ms_of_a_100_khz_bus():
    characters = Characters()
    first = characters.display.prepare(page(offering(), "en", HEALTH))[0]
    second = characters.display.prepare(page(offering("Team 10%", 12345, 100, rung=2), "en", HEALTH))[0]
    characters.display.show(first)
    begun = characters.bench.now
    characters.display.show(second)
    assert characters.bench.now - begun < 25000
    begun = characters.bench.now
    characters.display.show(second)
    assert characters.bench.now == begun


def test_showing_a_prepared_frame_allocates_nothing():
    class Silent:
        def writeto(self, address, data):
            return len(data)

    display = CharacterDisplay(Silent(), lambda milliseconds: None)
    display.start()
    frames = [display.prepare(page(offering(), "fr", HEALTH))[0], display.prepare(Page("x", "-€9.80"))[0]]
    with locked_heap() as heap:
        for _ in range(50):
            display.show(frames[0])
            display.show(frames[1])
    assert heap.grown == 0


def test_a_display_that_was_unplugged_in_the_middle_of_a_byte_comes_back():
    bench = Bench()
    chip = Lcd()
    bus = I2C(bench, 100000, {39: chip})
    display = CharacterDisplay(bus, bench.sleep_ms)
    display.start()
    frame = display.prepare(Page("Ready", "-€9.00"))[0]
    display.show(frame)
    for pins in (0x4D, 0x49):  # half of a byte, and no more
        chip.write(pins, bench.now)
    bus.chips = {}
    try:
        display.show(display.prepare(Page("Next"))[0])
        raise AssertionError("nobody answered, and nobody noticed")
    except OSError:
        pass
    bench.sleep_ms(100)
    chip.cgram[:] = b"\x15" * 64  # it was without power
    bus.chips = {39: chip}
    display.start()
    display.show(frame)
    assert chip.screen()[0] == "Ready               "
    assert [BARS.get(chip.glyph(number)) for number in range(3)] == ["▀", "▄", "="]


def test_words_that_found_no_room_take_no_glyphs():
    letters = Letters("A00", [])
    left = words("Ж Щюъэ", 4)
    assert [letters.lines(left, 4, 1), left, letters.glyphs] == [[b"\x00"], ["Щюъэ"], ["Ж"]]


def test_what_is_shown_is_lit():
    characters = Characters()
    characters.showing(Page("Good night"))
    assert characters.chip.lit
    assert characters.chip.screen()[0].startswith("Good night")
