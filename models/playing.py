"""The commands ``rung demo`` and ``rung replay``: simulated shoppers at a real till, and what it earned."""

import argparse
import json
import os
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models import baskets
from models.earnings import Earnings, best_first, play, table
from models.own_till import own_till
from models.release import HAND_MADE
from models.simulate import Visit, shopper
from models.till_api import TillApi, TillGone, TillRefused

GROCERY_RULES = Path(__file__).with_name("grocery_rules.json")
VISITS_PER_CUSTOMER = 6


def demo(argv: list[str]) -> int:
    """``rung demo``: generated cosmetics baskets through a running till."""
    parser = argparse.ArgumentParser("rung demo", description=demo.__doc__)
    parser.add_argument("--checkouts", type=_positive, default=200, help="how many (200)")
    _common(parser)
    here = f"http://127.0.0.1:{os.environ.get('RUNG_TILL_PORT', '8080')}"
    parser.add_argument("--till", default=here, help=f"address of a running till ({here})")
    chosen = parser.parse_args(argv)
    customers = chosen.checkouts // VISITS_PER_CUSTOMER + 1
    generated = (baskets.cosmetics(n, customers, chosen.seed) for n in range(chosen.checkouts))
    return _told(lambda: _run(chosen.till, generated, chosen.checkouts, "HELLO", chosen))


def replay(argv: list[str]) -> int:
    """``rung replay``: baskets from a file through a till, a running one or one started for this with grocery rules."""
    parser = argparse.ArgumentParser("rung replay", description=replay.__doc__)
    parser.add_argument("file", type=Path, help="JSON lines, gzip or plain, one basket a line")
    parser.add_argument(
        "--till", help="address of a running till; without it, a till is started for this replay"
    )
    _common(parser)
    parser.add_argument("--limit", type=_positive, help="play only the first ones")
    return _told(lambda: _replayed(parser.parse_args(argv)))


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="of the simulated shoppers (1)")
    parser.add_argument("--margin", type=_share, default=0.3, help="of shelf prices, before discounts (0.3)")


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _share(text: str) -> float:
    if not 0 < (share := float(text)) < 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return share


def _told(run) -> int:
    """Run, and say in one line what went wrong; the exit code."""
    try:
        run()
    except (TillGone, TillRefused, baskets.BadFile, OSError) as error:
        Console(stderr=True).print(f"rung: {error}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _replayed(chosen: argparse.Namespace) -> None:
    total = baskets.count(chosen.file)
    total = min(total, chosen.limit or total)
    with ExitStack() as stack:
        till = chosen.till
        if not till:
            rules = json.loads(GROCERY_RULES.read_text(encoding="utf-8"))
            till = stack.enter_context(own_till(rules, HAND_MADE))
        _run(till, baskets.read(chosen.file), total, "SAVE1", chosen)


def _run(till_url: str, played: Iterable[dict], total: int, coupon: str, chosen: argparse.Namespace) -> None:
    """Play ``total`` baskets and print the table of each currency."""
    till = TillApi(till_url)
    run = secrets.token_hex(4)  # a checkout id is never used twice at a till, a seed is
    earned: dict[str, tuple[Earnings, Earnings]] = {}
    with _progress() as progress:
        for _, basket in zip(progress.track(range(total), description="checkouts"), played, strict=False):
            visit = _visit(basket, chosen.seed)
            body = baskets.body(basket, chosen.seed, coupon)
            decision, mine = play(till, f"{run}-{basket['basket_id']}", body, visit)
            ours, usual = earned.setdefault(basket["currency"], (Earnings(), Earnings()))
            ours.add(mine)
            usual.add(best_first(decision, visit))
    for currency, (ours, usual) in earned.items():
        Console().print(table(currency, ours, usual, chosen.margin))


def _visit(basket: dict, seed: int) -> Visit:
    """The same customer is the same shopper at every visit, and the same visit goes the same way at every run."""
    someone = shopper(HAND_MADE, Random(f"{seed}/shopper/{basket['customer']}"))
    return someone.visit(Random(f"{seed}/visit/{basket['basket_id']}"))


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(),
    )
