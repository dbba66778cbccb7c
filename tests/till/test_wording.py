"""The line to say and the money in it are what a native reader expects."""

import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given, strategies

from pos_client import wording
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
    assert wording.say(language, "Birthday 5%", 130, "EUR", 2468) == line


@given(
    strategies.sampled_from(wording.LANGUAGES),
    strategies.integers(-(10**12), 10**12),
    strategies.sampled_from(CURRENCIES),
)
def test_money_is_written_as_the_unicode_cldr_writes_it(language: str, amount: int, currency: str) -> None:
    from decimal import Decimal

    exact = Decimal(amount).scaleb(-get_currency_precision(currency))
    expected = format_currency(exact, currency, locale=language)
    if language == "en" and wording.money("en", 0, currency).startswith(currency):
        # CLDR puts a no-break space after a currency code in English; Babel's pattern leaves it out
        expected = expected.replace(currency, currency + "\u00a0")
    assert wording.money(language, amount, currency) == expected


def test_a_number_and_its_currency_never_part_at_the_end_of_a_line() -> None:
    for language in wording.LANGUAGES:
        for currency in CURRENCIES:
            assert " " not in wording.money(language, 123456789, currency)


def test_a_language_tag_with_a_region_is_understood_and_an_unknown_language_gets_english() -> None:
    assert wording.spoken("fr-CA") == "fr"
    assert wording.spoken("RU") == "ru"
    assert wording.spoken("de") == "en"
    assert wording.say("de", "Sale", 100, "EUR", 900) == wording.say("en", "Sale", 100, "EUR", 900)


def test_every_receipt_word_exists_in_every_language() -> None:
    for name in ("discount", "goodwill", "saved", "pay", "return"):
        assert len({wording.receipt_word(language, name) for language in wording.LANGUAGES}) == 3


def test_an_unknown_currency_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refusal:
        wording.money("en", 100, "XXX")
    assert refusal.value.code == "unknown-currency"
