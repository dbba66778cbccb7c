"""A day of the service's database, run in a process of its own so that its system calls can be watched.

``python -m tests.power.service_day FOLDER BATCHES SYNCHRONOUS``: tills hand in batches at once and hear what is kept,
the service is stopped and started in between, and ends without a word. What a till heard is said on standard error.
"""

import json
import os
import random
import sys
from pathlib import Path

from sqlalchemy import event

from pricing_service import event_store
from pricing_service.database import Database, Writer
from pricing_service.intake import Batch
from pricing_service.records import read
from pricing_service.settings import Settings
from tests.service.places import Pen, prepared

TILLS = ("till-1", "till-2", "till-3")
LIVES = 3


def written(settings: Settings, batches: int) -> dict[str, list[list[bytes]]]:
    """What each till will hand in, batch by batch."""
    chance = random.Random(5)
    out: dict[str, list[list[bytes]]] = {}
    for till in TILLS:
        pen = Pen(settings, till)
        out[till] = [[_line(pen, chance) for _ in range(chance.randint(1, 8))] for _ in range(batches)]
    return out


def _line(pen: Pen, chance: random.Random) -> bytes:
    reactions = chance.choice((("accepted",), ("asked_more", "accepted"), ("left",)))
    return pen.write(
        reactions, "lost" if reactions == ("left",) else "sold", f"24000000{chance.randrange(40):05d}"
    )


def main(folder: Path, batches: int, synchronous: str) -> None:
    settings = Settings(data=folder)
    days = json.loads((folder / "days.json").read_text())
    for life in range(LIVES):
        database = Database(settings.database)
        event.listen(
            database.engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=" + synchronous)
        )
        writer = Writer(database)
        for number in range(life * batches // LIVES, (life + 1) * batches // LIVES):
            hand_in(writer, {till: days[till][number] for till in TILLS})
        if life < LIVES - 1:
            writer.close()
            database.close()
    os._exit(0)


def hand_in(writer: Writer, batches: dict[str, list[str]]) -> None:
    """All tills at once; each hears its acknowledgement after the commit."""
    heard = []
    for till, lines in batches.items():
        batch = Batch(till, 1, [read(line.encode(), till, 1) for line in lines])
        heard.append((till, writer.submit(event_store.accept(batch))))
    for till, future in heard:
        os.write(2, f"{till} {future.result().acknowledged}".encode())


def prepare(folder: Path, batches: int) -> dict[str, list[bytes]]:
    """A provisioned service in ``folder``, and every line that its tills will hand in, in order."""
    settings = prepared(folder, devices=len(TILLS))
    days = written(settings, batches)
    told = {till: [[line.decode() for line in batch] for batch in days[till]] for till in TILLS}
    (folder / "days.json").write_text(json.dumps(told))
    return {till: [line for batch in days[till] for line in batch] for till in TILLS}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
