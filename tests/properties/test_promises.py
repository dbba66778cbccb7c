"""What holds for every basket in every shop: Done-when 5 of the backbone, and the laws of the design."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.core import checkout_record, goodwill, money, returning
from pos_client.core.checkout import begin, on_offer, react, taken, to_pay
from tests.properties.worlds import decision, played, reactions, seeds

many = settings(max_examples=400, deadline=None)


def floor_of(line, law) -> Fraction:
    """The lowest price of a unit, in exact fractions and from the rules alone."""
    if line.excluded:
        return Fraction(line.unit_price)
    floors = [Fraction(line.floor), Fraction(line.unit_price * law.price_floor, 10000)]
    if line.cost is not None:
        floors.append(Fraction(line.cost * 10000, 10000 - law.minimum_margin))
    return min(Fraction(line.unit_price), max(floors))


def in_all(made, rung, gesture) -> list[int]:
    """Everything every line gets: announced, negotiated and given by the cashier."""
    parts = (
        [one.shares() for one in made.automatic]
        + ([rung.shares()] if rung else [])
        + ([gesture.shares()] if gesture else [])
    )
    return [sum(part[index] for part in parts) for index in range(len(made.basket.lines))]


@many
@given(seeds, reactions, st.integers(0, 600))
def test_no_price_is_above_the_shelf_or_below_a_floor(seed, heard, gesture):
    made = decision(seed)
    progress = played(made, heard)
    if progress.state != "lost":
        progress = goodwill.give(made, progress, min(gesture, goodwill.left(made)))
    rung = taken(made, progress, "sold")
    for line, off in zip(
        made.basket.lines, in_all(made, rung, goodwill.given(made, progress, rung)), strict=True
    ):
        assert off >= 0
        assert line.value - off >= floor_of(line, made.shop.policy) * line.quantity


@many
@given(seeds)
def test_shares_add_up_to_what_is_printed(seed):
    made = decision(seed)
    for rung in made.ladder:
        assert sum(rung.shares()) == rung.amount == sum(one.amount for one in rung.given)
    for one in made.automatic:
        assert sum(one.shares()) == one.amount > 0


@many
@given(seeds, reactions, st.integers(0, 600))
def test_what_is_paid_is_gross_less_every_share(seed, heard, gesture):
    made = decision(seed)
    progress = goodwill.give(made, begin(made), min(gesture, goodwill.left(made)))
    for reaction in heard:
        rung = on_offer(made, progress)
        if rung is None or (progress.state == "top_reached" and reaction == "asked_more"):
            break
        progress = react(made, progress, rung, reaction, 0)
    rung = taken(made, progress, "sold")
    shares = in_all(made, rung, goodwill.given(made, progress, rung))
    assert to_pay(made, progress, rung) == made.basket.gross - sum(shares)


@many
@given(seeds)
def test_rungs_rise_and_each_is_worth_something(seed):
    amounts = [rung.amount for rung in decision(seed).ladder]
    assert all(low < high for low, high in zip([0, *amounts], amounts, strict=False))


@many
@given(seeds)
def test_the_first_offer_is_the_smallest_rung_unless_the_control_arm_says_otherwise(seed):
    made = decision(seed)
    first = on_offer(made, begin(made))
    if made.ladder:
        amounts = [rung.amount for rung in made.ladder]
        opens = amounts[first] if first is not None else None
        if made.basket.queue > made.branch.policy.silent_above:
            assert opens is None
        elif made.branch.plan == "best_first":
            assert opens == max(amounts)
        elif made.branch.plan != "adaptive_start":
            assert opens == min(amounts)
    else:
        assert first is None


@many
@given(seeds, reactions)
def test_a_larger_rung_comes_only_after_asked_more(seed, heard):
    made = decision(seed)
    progress = begin(made)
    for reaction in heard:
        rung = on_offer(made, progress)
        if rung is None or (progress.state == "top_reached" and reaction == "asked_more"):
            break
        after = react(made, progress, rung, reaction, 0)
        later = on_offer(made, after)
        assert later is None or later == rung or (reaction == "asked_more" and later > rung)
        progress = after


@many
@given(seeds, reactions, st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=12))
def test_returns_never_pay_back_more_than_was_paid(seed, heard, wishes):
    made = decision(seed)
    progress = played(made, heard)
    stamp = checkout_record.Stamp("d", 1, 1, "s", 1, 0, None)
    record = checkout_record.of_checkout(stamp, "x", None, made, progress, "sold")
    paid = to_pay(made, progress, taken(made, progress, "sold"))
    before, back = [0] * len(made.basket.lines), 0
    for index, count in wishes:
        if index < len(before) and before[index] + count <= made.basket.lines[index].quantity:
            wish = {"lines": [{"line": index, "quantity": count}]}
            lines, refund = returning.give_back(record, before, wish)
            assert refund == sum(line["refund"] for line in lines) >= 0
            before[index] += count
            back += refund
            assert back <= paid
    if any(line.quantity > came for line, came in zip(made.basket.lines, before, strict=True)):
        back += returning.give_back(record, before, {})[1]
    assert back == paid


@many
@given(seeds)
def test_announced_discounts_are_given_whatever_is_negotiated(seed):
    made = decision(seed)
    for heard in ([], ["left"], ["accepted"]):
        progress = played(made, heard)
        rung = taken(made, progress, "sold")
        announced = sum(one.amount for one in made.automatic)
        assert made.basket.gross - to_pay(made, progress, rung) >= announced


@many
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_shares_are_the_largest_remainder_split(total, weights):
    parts = money.share(total, weights)
    whole = sum(weights)
    if not whole:
        assert parts == [0] * len(weights)
        return
    exact = [Fraction(total * weight, whole) for weight in weights]
    assert sum(parts) == total
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
    raised = [i for i, (part, share) in enumerate(zip(parts, exact, strict=True)) if part > share]
    kept = [
        i for i, (part, share) in enumerate(zip(parts, exact, strict=True)) if part <= share and share % 1
    ]
    assert all((-(exact[i] % 1), i) < (-(exact[j] % 1), j) for i in raised for j in kept)


@many
@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 100)), min_size=1, max_size=40),
)
def test_shares_within_rooms_fill_them_as_far_as_they_go(total, lines):
    weights = [value for value, _ in lines]
    rooms = [value * part // 100 for value, part in lines]
    parts = money.share_within(total, weights, rooms)
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))
    assert sum(parts) == min(total, sum(rooms))


@many
@given(st.integers(0, 10**9), st.integers(1, 5000), st.data())
def test_units_carry_exactly_the_share_of_their_line(share, quantity, data):
    cut = data.draw(st.integers(0, quantity))
    whole = money.unit_shares(share, quantity, 0, cut) + money.unit_shares(
        share, quantity, cut, quantity - cut
    )
    assert whole == share
