"""Several scenarios of a simulation, one after the other or side by side, and how far each is on the terminal."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from rich.console import Console

from pricing_service.rolling.images import MEANINGS
from pricing_service.rolling.outcome import Outcome

Tell = Callable[[int, str], None]  # the minute of the fleet's time, and what it is at
Play = Callable[[str, Tell], Outcome]  # a kind of image; who hears how far it is


class Interrupted(Exception):
    """Nobody waits for this scenario any more."""


def one_by_one(kinds: list[str], play: Play, out: Console) -> Iterator[Outcome]:
    """Each alone: it computes all the time."""
    for place, kind in enumerate(kinds, 1):
        out.print(f"{place} of {len(kinds)}: an image that {MEANINGS[kind]}")
        with out.status(f"{kind}: it begins") as status:
            outcome = play(kind, lambda minute, state, kind=kind: status.update(_line(kind, minute, state)))
        yield outcome


def side_by_side(kinds: list[str], play: Play, out: Console) -> Iterator[Outcome]:
    """All at once, each as it is over: they wait most of the time. Where the caller stops listening, they end."""
    for kind in kinds:
        out.print(f"{kind}: an image that {MEANINGS[kind]}")
    lines, unheard = {kind: f"{kind}: it begins" for kind in kinds}, threading.Event()
    with out.status("") as status, ThreadPoolExecutor(len(kinds)) as pool:

        def played(kind: str) -> Outcome:
            def tell(minute: int, state: str) -> None:
                if unheard.is_set():
                    raise Interrupted(kind)
                lines[kind] = _line(kind, minute, state)
                status.update("\n".join(lines.values()))

            return play(kind, tell)

        try:
            for one in as_completed([pool.submit(played, kind) for kind in kinds]):
                outcome = one.result()
                lines.pop(outcome.kind, None)
                out.print(f"{outcome.kind}: {outcome.state} after {outcome.seconds:.0f} s")
                yield outcome
        finally:
            unheard.set()


def _line(kind: str, minute: int, state: str) -> str:
    return f"{kind}: {minute // 60} h {minute % 60:02} min of the fleet's time, {state}"
