"""What people at the till say and read, in English, Russian and French. Amounts are integers in minor units."""

from pos_client.core.money import exponent

LANGUAGES = ("en", "ru", "fr")

NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"  # what French puts between thousands

_LINE_TO_SAY = {
    "en": "{label} takes off {amount}: that makes {pay}.",
    "ru": "{label}: скидка {amount}, к оплате {pay}.",
    "fr": "{label}" + NO_BREAK + ": {amount} de moins, soit {pay} à payer.",
}

_GOODWILL = {"en": "Goodwill", "ru": "Наш подарок", "fr": "Geste commercial"}

# thousands separator, decimal separator
_SEPARATORS = {"en": (",", "."), "ru": (NO_BREAK, ","), "fr": (NARROW_NO_BREAK, ",")}

# The Unicode CLDR's symbols; every other currency is written as its code.
_SYMBOLS = {
    "en": {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"},
    "ru": {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "RUB": "₽"},
    "fr": {"EUR": "€", "USD": "$US", "GBP": "£GB"},
}


def spoken(language: str) -> str:
    """``language`` as one of `LANGUAGES`, from a tag such as ``ru-RU``; English where the till has no words for it."""
    tag = language[:2].lower()
    return tag if tag in LANGUAGES else "en"


def say(language: str, label: str, amount: int, gesture: int, currency: str, pay: int) -> str:
    """The one line the cashier says: what is taken off, their own ``gesture`` included, and what is left to pay."""
    language = spoken(language)
    if gesture:
        label += " + " + goodwill(language)
    return _LINE_TO_SAY[language].format(
        label=label, amount=money(language, amount + gesture, currency), pay=money(language, pay, currency)
    )


def goodwill(language: str) -> str:
    """What the cashier's own gesture is called on a receipt."""
    return _GOODWILL[spoken(language)]


def money(language: str, amount: int, currency: str) -> str:
    """``amount`` with its currency the way ``language`` writes it; raises Invalid for an unknown currency."""
    language = spoken(language)
    number = _decimal(abs(amount), exponent(currency), _SEPARATORS[language])
    symbol = _SYMBOLS[language].get(currency, currency)
    minus = "-" if amount < 0 else ""
    if language != "en":
        return minus + number + NO_BREAK + symbol
    return minus + symbol + (NO_BREAK if symbol == currency else "") + number


def _decimal(amount: int, digits: int, separators: tuple) -> str:
    thousands, point = separators
    whole, minor = divmod(amount, 10**digits)
    text = str(whole)
    groups = [text[max(0, end - 3) : end] for end in range(len(text), 0, -3)]
    groups.reverse()
    text = thousands.join(groups)
    if digits:
        text += point + ("000" + str(minor))[-digits:]
    return text
