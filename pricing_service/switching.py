"""``python -m pricing_service.switching FOLDER``: one switch of the release in force, in a process of its own.

All beliefs are computed anew from the log under the release that is to come, beside those in force; then one
transaction puts it in force. Tills sell and records arrive meanwhile. The worker starts this.
"""

import json
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from models import job_process
from pos_client.claim import Unusable, hold
from pricing_service import audit_store, recomputing, release_store
from pricing_service.database import Database
from pricing_service.releases import published


def switch(database: Database) -> bool:
    """Make the oldest switch that was asked for; False if there is none."""
    with database.reading() as connection:
        wanted = release_store.waiting(connection)
        if wanted is None:
            return False
        model = published(release_store.get(connection, wanted.release).model).model
    adopted = recomputing.adopt(database, model, lambda to: _make(to, wanted, model.release))
    with database.writing() as connection:
        release_store.measure(connection, wanted, adopted.customers, adopted.seconds)
    return True


def _make(connection: Connection, wanted: release_store.Switch, identity: str) -> None:
    release_store.make(connection, wanted, identity)
    detail = f"asked_by={wanted.asked_by}"
    audit_store.append(connection, "worker", "release-in-force", f"number={wanted.release}", detail)


def main(folder: Path) -> int:
    """Switch in the database that ``folder/job.json`` names; "busy" while the process of a killed worker still ends."""
    tell = job_process.begin()
    path = Path(json.loads((folder / "job.json").read_text())["database"])
    try:
        with hold(path.parent, "switch"), closing(Database(path)) as database:
            state = "made" if switch(database) else "nothing"
    except Unusable:
        state = "busy"
    tell({"ended": {"state": state}})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
