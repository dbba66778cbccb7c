"""Every state of a checkout and of a till has its words, in every language. Runs on both interpreters."""

from firmware.peripherals.screen import LAMPS, climbing, lamp, page, standing
from pos_client.core.wording import LANGUAGES, money
from tests.firmware.peripherals.pages import HEALTH, Characters, offering
from tests.firmware.peripherals.tills import basket, make_till


def health(trouble=None, depth=0, version=1, age=5, ago=3, link_trouble=None, every=15):
    return {
        "journal": {"trouble": trouble, "depth": depth},
        "snapshot": {"version": version, "age_seconds": age},
        "link": {"seconds_since_contact": ago, "every": every, "trouble": link_trouble},
    }


# One health for each lamp, in the order of LAMPS.
STATES = (
    None,
    health(),
    health(ago=41, depth=7),
    health(age=8 * 24 * 3600),
    health(trouble="journal-full"),
    health(trouble="journal-unwritable"),
    health(version=0, age=None),
)


def without_ladder(told):
    told = dict(told)
    told["ladder"] = []
    return told


def reacted(language, *reactions):
    """A checkout after these reactions."""
    till = make_till(language)
    told = till.put("one", basket())
    offer = told["offer"]
    for reaction in reactions:
        offer = told["offer"] or offer
        told = till.react("one", {"rung": offer["rung"], "reaction": reaction})
    return till.current()


def test_each_state_of_the_till_has_a_lamp_of_its_own():
    assert [LAMPS[lamp(state)] for state in STATES] == list(LAMPS)
    assert LAMPS[lamp(health(link_trouble="refused"))] == LAMPS[lamp(health(ago=None))] == "offline"
    assert LAMPS[lamp(health(version=0, age=None, ago=None))] == "empty"
    assert LAMPS[lamp(health(ago=3000, every=3600))] == "online"  # it spares its flash: news once an hour
    assert LAMPS[lamp(health(ago=3700, every=3600))] == "offline"
    assert LAMPS[lamp(health(age=None))] == "online"  # nobody knows the date


def test_how_the_till_is_fits_in_one_row_in_every_language():
    for language in LANGUAGES:
        said = [standing(state, language) for state in STATES]
        assert len(set(said)) == len(LAMPS)
        assert max([len(one) for one in said]) <= 20
        assert said[2].endswith("(7)")


def test_what_is_left_to_pay_fits_in_one_row_for_a_basket_of_thousands():
    for language, currency in (("en", "EUR"), ("ru", "RUB"), ("fr", "EUR"), ("fr", "USD")):
        foot = page(offering(pay=999999, currency=currency), language, HEALTH).foot
        assert len(foot) <= 20 and money(language, 999999, currency) in foot


def test_every_state_of_a_checkout_is_told_in_every_language():
    histories = (
        (),
        ("accepted",),
        ("asked_more",),
        ("asked_more", "asked_more", "asked_more"),
        ("left",),
        ("skipped",),
    )
    for language in LANGUAGES:
        heads = [page(reacted(language, *history), language, HEALTH).head for history in histories]
        assert len(set(heads)) == len(heads) and all(heads)


def test_what_is_ahead_is_what_the_till_would_offer():
    ahead = climbing(reacted("fr"), "fr")
    told = [
        page(reacted("fr", *(["asked_more"] * count)), "fr", HEALTH) for count in range(1, len(ahead) + 1)
    ]
    assert [(one.head, one.amount, one.foot) for one in ahead] == [
        (one.head, one.amount, one.foot) for one in told
    ]
    assert len(ahead) == 2


def test_a_gesture_is_part_of_the_offer():
    told = offering()
    told["goodwill"] = {"available": 0, "given": 50}
    one = page(told, "en", HEALTH)
    assert (one.head, one.amount) == ("Birthday 5% + Goodwill", "-€1.80")


def test_without_a_discount_the_total_is_large_and_silence_says_nothing():
    told = offering()
    told.update({"offer": None, "state": "nothing_to_offer", "pay": 12345, "plan": []})
    silent, nothing = page(told, "en", HEALTH), page(without_ladder(told), "en", HEALTH)
    assert (silent.head, silent.amount, silent.foot) == ("", "€123.45", "to pay")
    assert nothing.head == "No discount"
    assert Characters().showing(silent)[0][1].rstrip().endswith(".45")


def test_an_unknown_language_is_english():
    assert page(None, "xx-YY", HEALTH).head == "Ready for the next basket"
