"""The line to say and the money in it are what a native reader expects."""

import re

import pytest
from hypothesis import given, strategies

from pos_client.core import wording
from pos_client.core.money import exponent
from pos_client.core.record import Invalid

CURRENCIES = ("EUR", "USD", "GBP", "RUB", "JPY", "CHF", "PLN", "KZT", "BYN", "KWD", "TND")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Birthday 5% takes off €1.30: that makes €24.68."),
        ("ru", "Birthday 5%: скидка 1,30\u00a0€, к оплате 24,68\u00a0€."),
        ("fr", "Birthday 5%\u00a0: 1,30\u00a0€ de moins, soit 24,68\u00a0€ à payer."),
    ],
)
def test_the_line_to_say_has_the_label_the_discount_and_what_is_left_to_pay(language: str, line: str) -> None:
    assert wording.say(language, "Birthday 5%", 130, 0, "EUR", 2468) == line


CLDR = {  # as Babel 2.18 writes these amounts from the Unicode CLDR
    ("en", 1234567, "EUR"): "€12,345.67",
    ("en", -130, "EUR"): "-€1.30",
    ("en", 1234567, "JPY"): "¥1,234,567",
    ("en", 5, "USD"): "$0.05",
    ("en", 999, "GBP"): "£9.99",
    ("ru", 1234567, "EUR"): "12 345,67 €",
    ("ru", -130, "RUB"): "-1,30 ₽",
    ("ru", 1234567, "JPY"): "1 234 567 ¥",
    ("ru", 1234567, "KWD"): "1 234,567 KWD",
    ("ru", 100000, "KZT"): "1 000,00 KZT",
    ("fr", 1234567, "EUR"): "12\u202f345,67 €",
    ("fr", -130, "USD"): "-1,30 $US",
    ("fr", 1234567, "JPY"): "1\u202f234\u202f567 JPY",
    ("fr", 1234567, "TND"): "1\u202f234,567 TND",
    ("fr", 0, "CHF"): "0,00 CHF",
}


@pytest.mark.parametrize(("asked", "written"), CLDR.items())
def test_money_is_written_as_the_unicode_cldr_writes_it(asked: tuple[str, int, str], written: str) -> None:
    assert wording.money(*asked) == written.replace(" ", "\u00a0")


@given(
    strategies.sampled_from(wording.LANGUAGES),
    strategies.integers(-(10**12), 10**12),
    strategies.sampled_from(CURRENCIES),
)
def test_no_digit_of_an_amount_is_lost_or_moved(language: str, amount: int, currency: str) -> None:
    written = wording.money(language, amount, currency)
    digits = "".join(character for character in written if character.isdigit())
    assert int(digits) == abs(amount) and written.startswith("-") == (amount < 0)
    point = re.search(r"[.,](\d+)\D*$", written)
    assert len(point[1] if point and exponent(currency) else "") == exponent(currency)


def test_a_number_and_its_currency_never_part_at_the_end_of_a_line() -> None:
    for language in wording.LANGUAGES:
        for currency in CURRENCIES:
            assert " " not in wording.money(language, 123456789, currency)


def test_a_language_tag_with_a_region_is_understood_and_an_unknown_language_gets_english() -> None:
    assert wording.spoken("fr-CA") == "fr"
    assert wording.spoken("RU") == "ru"
    assert wording.spoken("de") == "en"
    assert wording.say("de", "Sale", 100, 0, "EUR", 900) == wording.say("en", "Sale", 100, 0, "EUR", 900)


def test_goodwill_has_a_name_in_every_language() -> None:
    assert len({wording.goodwill(language) for language in wording.LANGUAGES}) == 3


def test_an_unknown_currency_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refusal:
        wording.money("en", 100, "XXX")
    assert refusal.value.code == "unknown-currency"
