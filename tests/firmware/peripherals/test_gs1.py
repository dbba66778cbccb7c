"""What stands in a bar code is what a till takes it for. Runs on both interpreters."""

from firmware.peripherals.gs1 import CARD, COUPON, GS, ITEM, Misread, check_digit, read
from tests.core.expect import Chance


def said(text, cards=()):
    return [(scan.kind, scan.text) for scan in read(text, cards)]


def refused(text):
    try:
        return said(text)
    except Misread as misread:
        return misread.args[0]


def test_an_article_has_one_sku_whatever_symbol_it_came_in():
    for text in (
        "4006381333931",
        "]E04006381333931",
        "0104006381333931",
        "]C10104006381333931",
        "]d20104006381333931",
    ):
        assert said(text) == [(ITEM, "4006381333931")], text
    for text in ("036000291452", "0036000291452", "]E00036000291452", "]e00100036000291452"):
        assert said(text) == [(ITEM, "036000291452")], text
    for text in ("96385074", "]E496385074", "0100000096385074"):
        assert said(text) == [(ITEM, "96385074")], text
    assert said("0195012345678903") == [(ITEM, "95012345678903")]  # a case of them is another article


def test_what_else_an_element_string_holds_is_skipped():
    text = "010400638133393117271231" + "10AB-12" + GS + "21x255y" + GS + "3103001750" + "8018" + "1" * 17
    assert said(text + str(check_digit("1" * 17))) == [
        (ITEM, "4006381333931"),
        (CARD, "1" * 17 + str(check_digit("1" * 17))),
    ]
    assert said("]C1" + GS + "10LOT0104006381333931") == []  # a batch may look like anything


def test_a_customer_is_a_service_relation_number_or_what_the_shop_calls_a_card():
    number = "40123450000000123"
    card = number + str(check_digit(number))
    assert said("8018" + card) == [(CARD, card)]
    assert said("]Q3" + "8018" + card + GS + "801912") == [(CARD, card)]
    own = "240000001234" + str(check_digit("240000001234"))
    assert said(own) == [(ITEM, own)]
    assert said(own, ("24",)) == [(CARD, own)]


def test_coupons_come_as_global_ones_north_american_ones_and_ean():
    coupon = "401234512345" + str(check_digit("401234512345"))
    assert said("255" + coupon) == [(COUPON, coupon)]
    assert said("255" + coupon + "000123") == [(COUPON, coupon)]
    assert said("]d2" + "8110" + "106141416543213500110000310123196000") == [(COUPON, "0614141-654321")]
    euro = "981123401050"
    assert said(euro + str(check_digit(euro))) == [(COUPON, euro + str(check_digit(euro)))]


def test_a_shops_own_codes_are_its_skus():
    assert said("SHIRT-42") == [(ITEM, "SHIRT-42")]
    assert said("]C04006381333930") == [(ITEM, "4006381333930")]  # the scanner says that it is no EAN
    assert said("12345") == [(ITEM, "12345")]


def test_check_digits_are_those_on_articles_in_every_shop():
    for whole in (
        "4006381333931",
        "036000291452",
        "96385074",
        "5449000000996",
        "9780306406157",
        "8711253001202",
    ):
        assert check_digit(whole[:-1]) == int(whole[-1]), whole


def test_wrong_check_digits_are_refused_wherever_they_stand():
    good = ["4006381333931", "036000291452", "96385074", "0104006381333931", "8018401234500000001235"]
    good[-1] = good[-1][:-1] + str(check_digit(good[-1][4:-1]))
    good.append("255401234512345" + str(check_digit("401234512345")))
    for text in good:
        assert said(text)
        for digit in "0123456789":
            if digit != text[-1]:
                assert refused(text[:-1] + digit) == "check-digit", text


def test_each_digit_misread_once_is_noticed():
    for text in ("4006381333931", "]d20104006381333931"):
        for place in range(len(text) - 13, len(text)):
            for digit in "0123456789":
                wrong = text[:place] + digit + text[place + 1 :]
                if wrong != text:
                    assert refused(wrong) == "check-digit", wrong


def test_nothing_but_scans_and_refusals_comes_of_anything():
    chance = Chance(9)
    letters = "0123456789" * 4 + "]CeEdQ01255801881100" + GS + "Aa~\x00\x7f é"
    for _ in range(3000):
        text = chance.pick(["", "]C1", "]d2", "]E0", "01", "255", "8018", "8110", GS])
        text += "".join([chance.pick(list(letters)) for _ in range(chance.below(40))])
        outcome = refused(text)
        if type(outcome) is str:
            assert outcome in ("check-digit", "length", "characters")
        else:
            for kind, code in outcome:
                assert kind in (ITEM, CARD, COUPON) and 0 < len(code) <= 64 and GS not in code


# Digits behind the identifier of every element that needs no FNC1, as the general specifications have them.
FIXED = {18: "00", 14: "01 02 03", 16: "04", 6: "11 12 13 14 15 16 17 18 19", 2: "20"}


def test_every_element_without_fnc1_ends_where_it_has_to():
    for size, identifiers in FIXED.items():
        for identifier in identifiers.split():
            if identifier != "01":
                text = "]C1" + identifier + "0" * size + "0104006381333931"
                assert said(text) == [(ITEM, "4006381333931")], identifier
    for measure in ("3103", "3202", "3301", "3456", "3502", "3609"):
        assert said("]C1" + measure + "012345" + "0104006381333931") == [(ITEM, "4006381333931")]
    assert said("]C1" + "410" + "4" * 13 + "0104006381333931") == [(ITEM, "4006381333931")]


def test_cut_element_strings_are_refused():
    for text in ("]C10104006381333", "]C1112712", "]C18018123", "]C1255123", "]C1811016141416", "", "]C0"):
        assert refused(text) == ("length"), text
