"""What a cashier sees: from the till's answers to a page that any display can draw.

What the page on a tablet says in a sentence stands here below each other: what for, how much less (large), what is left
to pay. Words are short: a display has 20 letters in a row.
"""

from pos_client.core.keypress import ACCEPTED, LEFT, SKIPPED
from pos_client.core.wording import LANGUAGES, goodwill, money, spoken

LAMPS = ("starting", "online", "offline", "stale", "full", "journal", "empty")
_STALE = 7 * 24 * 3600  # seconds after which a shop should hear that its rules are old
_LATE = 25  # seconds that news may be late, of those between two looks for them

_PAY, _BEST, _AGREED, _LOST, _SKIPPED, _NOTHING, _IDLE, _SOLD, _UNSOLD, _CANCELLED, _LAMPS = range(11)
_WORDS = (
    "to pay|best offer|Agreed|The customer leaves|No offer this time|No discount|Ready for the next basket|sold"
    "|not sold|cancelled|starting|online|offline|old rules|full: tell support|no records: support!|no rules yet",
    "к оплате|больше нет|Решено|Покупатель уходит|Без предложения|Скидки нет|Можно начинать новый чек|продано"
    "|не продано|отменено|запуск|на связи|нет связи|старые правила|память полна|нет записи: звать!|правил ещё нет",
    "à payer|dernière offre|D’accord|Le client s’en va|Sans offre|Aucune remise|Prêt pour le prochain panier|vendu"
    "|non vendu|annulé|démarrage|en ligne|hors ligne|règles anciennes|mémoire pleine|pas d’écriture !|aucune règle",
)


class Page:
    """``head`` in words, ``amount`` as people write it (``point`` before its minor units) or empty, a ``note`` that
    gives way where there is no room, ``foot``, and ``more`` that has to be shown as well."""

    def __init__(
        self, head: str, amount: str = "", foot: str = "", note: str = "", more: str = "", point=","
    ):
        self.head = head
        self.amount = amount
        self.foot = foot
        self.note = note
        self.more = more
        self.point = point


def page(told, language: str, health: dict) -> Page:
    """The page for a checkout as `Till.current` tells it; between checkouts also how the till is (`Till.health`)."""
    language = spoken(language)
    if told is None:
        return Page(_word(language, _IDLE), foot=standing(health, language))
    if told["state"] == "closed":
        return _closed(told, language, health)
    if told["offer"]:
        return _offer(told, told["offer"], language)
    return _answered(told, language)


def climbing(told: dict, language: str) -> list:
    """The pages of the offers that follow if the customer keeps asking, in their order.

    They can be shown at once when the key is pressed, while the till takes the reaction in; `page` has the last word.
    """
    offer, language = told["offer"], spoken(language)
    if not offer or offer["rung"] not in told["plan"]:
        return []
    out = []
    plan = told["plan"]
    for place in range(plan.index(offer["rung"]) + 1, len(plan)):
        rung = told["ladder"][plan[place]]
        following = {
            "rung": plan[place],
            "label": rung["label"],
            "amount": rung["amount"],
            "disclosure": None,
        }
        following["pay"] = offer["pay"] + offer["amount"] - rung["amount"]
        out.append(_offer(told, following, language))
    return out


def answered(reaction: int, language: str) -> Page:
    """What stands on the display from a key (not `ASKED_MORE`) until the till has heard of it."""
    return Page(_word(spoken(language), {ACCEPTED: _AGREED, LEFT: _LOST, SKIPPED: _SKIPPED}[reaction]))


def lamp(health) -> int:
    """How the till is, a place in `LAMPS`; None is before it runs."""
    if health is None:
        return 0
    if health["journal"]["trouble"]:
        return 4 if health["journal"]["trouble"] == "journal-full" else 5
    if not health["snapshot"]["version"]:
        return 6
    age = health["snapshot"]["age_seconds"]
    if age is not None and age > _STALE:
        return 3
    link = health["link"] or {}
    ago = link.get("seconds_since_contact")
    return 2 if ago is None or ago > link["every"] + _LATE or link.get("trouble") else 1


def standing(health, language: str) -> str:
    """The same in words, with the records that wait while there is no link."""
    state = lamp(health)
    waiting = health["journal"]["depth"] if state == 2 else 0
    return _word(spoken(language), _LAMPS + state) + (" (" + str(waiting) + ")" if waiting else "")


def _offer(told: dict, offer: dict, language: str) -> Page:
    given = told["goodwill"]["given"]
    head = offer["label"] + (" + " + goodwill(language) if given else "")
    note = _word(language, _BEST) if offer["rung"] == told["plan"][-1] else ""
    less = -offer["amount"] - given
    return _priced(told, head, less, offer["pay"], language, note, offer["disclosure"] or "")


def _answered(told: dict, language: str) -> Page:
    given, state, discount = told["goodwill"]["given"], told["state"], told.get("discount")
    if state == "lost":
        return Page(_word(language, _LOST))
    if state == "settled" and discount:
        head = _word(language, _AGREED) + ": " + discount["label"]
        return _priced(told, head, -discount["amount"] - given, told["pay"], language)
    head = _word(language, _SKIPPED) if state == "skipped" else ""
    if (
        state == "nothing_to_offer" and not told["ladder"]
    ):  # with a ladder there is no time to ask: nothing is said
        head = _word(language, _NOTHING)
    return _priced(told, goodwill(language) if given else head, -given, told["pay"], language)


def _closed(told: dict, language: str, health: dict) -> Page:
    outcome = {"sold": _SOLD, "lost": _UNSOLD, "cancelled": _CANCELLED}[told["outcome"]]
    paid = " " + money(language, told["pay"], told["currency"]) if told["outcome"] == "sold" else ""
    return Page(
        _word(language, outcome) + paid + ". " + _word(language, _IDLE), foot=standing(health, language)
    )


def _priced(told, head: str, less: int, pay: int, language: str, note: str = "", more: str = "") -> Page:
    """A page with what is left to pay; without a discount that is the large amount."""
    currency, point = told["currency"], "." if language == "en" else ","
    left = money(language, pay, currency)
    if not less:
        return Page(head, left, _word(language, _PAY), note, more, point)
    return Page(head, money(language, less, currency), _word(language, _PAY) + " " + left, note, more, point)


def _word(language: str, place: int) -> str:
    return _WORDS[LANGUAGES.index(language)].split("|")[place]
