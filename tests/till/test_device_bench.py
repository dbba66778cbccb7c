"""`rung bench device`'s figures: how long a cashier waits for a board, by ratios of one run, never by a time; on words
of 32 bits, as a board's, too where there is such a MicroPython."""

from functools import cache
from pathlib import Path
from typing import Any

from pricing_service.benching import device
from tests.firmware import of_32_bits

ATTEMPTS = 3


@cache
def figures(flash: Path) -> dict[str, Any]:
    """The first measurement in which nothing is too slow, or the last: a neighbour may fall on a part alone."""
    measured = device.measured(flash, 0, (100,), of_32_bits.found())
    for _ in range(ATTEMPTS - 1):
        if too_slow(measured) or too_slow(measured, OF_32_BITS):
            measured = device.measured(flash, 0, (100,), of_32_bits.found())
    return measured


REACHED = {  # milliseconds on the board: the limits, or what docs/device.md says in their place
    "key_to_display": 50,
    "key_to_oled": 50,
    "offer": 20,
    "ten_lines_offer": 48,
    "plan": 11,
    "boot_to_first_offer": 2000,
    "idle_keypad": 0.8,  # of every 5 ms
}
OF_32_BITS = {
    "offer": 21,
    "ten_lines_offer": 68,
    "plan": 17,
    "key_to_oled": 52,
}  # 20, 61, 14 and 49 are measured


def too_slow(measured: dict[str, Any], of_32_bits: dict[str, float] | None = None) -> list[str]:
    limits = {f"{name}_board_ms": most for name, most in REACHED.items()}
    if of_32_bits:
        limits = {
            f"{device.OF_32_BITS}{name}_board_ms": most for name, most in (REACHED | of_32_bits).items()
        }
    return [name for name, most in limits.items() if measured.get(name, 0) > most]


def test_a_board_is_as_quick_as_the_documentation_says(flash):
    assert not too_slow(figures(flash)), figures(flash)


def test_so_it_is_with_words_of_32_bits_which_boards_have(flash):
    of_32_bits.needed()
    assert f"{device.OF_32_BITS}offer_board_ms" in figures(flash)
    assert not too_slow(figures(flash), OF_32_BITS), figures(flash)


def test_what_takes_its_time_on_any_processor_is_in_the_figures(flash):
    told = figures(flash)
    assert told["key_to_display_board_ms"] > device.LOOKS_MS
    assert told["key_to_oled_board_ms"] > device.LOOKS_MS + 9 * 1000 * 1000 / 400_000  # a kilobyte at 400 kHz


def test_a_start_takes_longer_the_more_its_journal_holds_and_the_first_offer_is_one_of_its_parts(flash):
    told = figures(flash)
    assert told["boot_after_100_sales_board_ms"] > told["boot_to_first_offer_board_ms"]
    assert told["boot_to_first_offer_board_ms"] > told["tablet_offer_board_ms"] > told["basket_board_ms"]
    assert told["basket_board_ms"] > told["offer_board_ms"] > told["plan_board_ms"] > 0


def test_the_limits_are_held_against_the_figures(flash):
    told = figures(flash)
    kinds = ["", device.OF_32_BITS] if of_32_bits.found() else [""]
    assert told["within_limits"] == all(
        told[f"{kind}{name}_board_ms"] <= told[f"{name}_limit_ms"] for kind in kinds for name in device.LIMITS
    )
    assert device.LIMITS == {"key_to_display": 50, "offer": 20, "boot_to_first_offer": 2000}


def test_a_loop_is_the_unit_whatever_the_machine():
    part = {"code": 10_000, "bus": 18_000, "told": 0}
    counted = {"rungs": 1, "plan": 1, "decision": 30_000, "planning": 20_000, "put": 40_000}
    told = {
        "baskets": dict.fromkeys(device.BASKETS, counted),
        "keys": {"lcd": part, "oled": part},
        "scan": 1000,
    }
    starts = {"empty": 1e6, "basket": 2e5, "100": 2e6}
    found = device._figures(told, starts, (100,))
    assert found["boot_after_100_sales_board_ms"] == 2 * 562
    assert found["boot_to_first_offer_board_ms"] == 562
    assert found["key_to_display_board_ms"] == 10 + 5.6 + 18
    assert found["offer_board_ms"] == 16.9
