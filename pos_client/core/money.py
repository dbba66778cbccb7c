"""Integer money: minor units, percentages rounded once, and shares that add up exactly.

Rates and percentages are whole basis points (1750 is 17.5 %). Rounding is half up.
"""

from pos_client.core.record import Invalid

_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_2 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP"
    " CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR"
    " JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN"
    " NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP"
    " SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"


def exponent(currency: str) -> int:
    """Decimal digits of the minor unit (ISO 4217): 0, 2 or 3."""
    if len(currency) == 3 and currency.isalpha():
        if currency in _EXPONENT_2:
            return 2
        if currency in _EXPONENT_0:
            return 0
        if currency in _EXPONENT_3:
            return 3
    raise Invalid("unknown-currency", "use an ISO 4217 currency code in capitals")


def percent(amount: int, rate: int) -> int:
    """``rate`` basis points of ``amount``, rounded half up."""
    return (amount * rate + 5000) // 10000


def ratio(part: int, whole: int) -> int:
    """``part`` in basis points of ``whole``, rounded half up; 0 of nothing is 0."""
    return (part * 10000 + whole // 2) // whole if whole else 0


def share(total: int, weights: list) -> list:
    """Split ``total`` in proportion to ``weights`` by largest remainder, ties to the earlier one."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    if left:
        rests = [(shares[index] * whole - total * weight, index) for index, weight in enumerate(weights)]
        rests.sort()
        for _, index in rests[:left]:
            shares[index] += 1
    return shares


def share_within(total: int, weights: list, rooms: list) -> list:
    """Split ``total`` like `share`, no part above its room; what does not fit moves to the others in proportion.

    What fits nowhere is dropped: the shares add up to ``min(total, sum(rooms))``. Needs ``rooms[i] <= weights[i]``.
    """
    left = total
    if left >= sum(rooms):
        return list(rooms)
    if len(rooms) == 1:
        return [left]
    full = {}
    parts = share(left, weights)
    over = [index for index, part in enumerate(parts) if part > rooms[index]]
    while over:
        weights = list(weights)
        for index in over:
            full[index] = rooms[index]
            left -= rooms[index]
            weights[index] = 0
        parts = share(left, weights)
        over = [index for index, part in enumerate(parts) if index not in full and part > rooms[index]]
    return [full.get(index, part) for index, part in enumerate(parts)]


def unit_shares(line_share: int, quantity: int, first: int, count: int) -> int:
    """What units ``first`` to ``first + count - 1`` of a line carry of the line's share.

    Units share the line's discount by largest remainder: the earlier units carry the odd minor units.
    """
    each, odd = divmod(line_share, quantity)
    return each * count + max(0, min(odd, first + count) - first)
