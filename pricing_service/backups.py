"""A copy of the database while the service runs, and the way back to one.

``VACUUM INTO`` reads one unchanging state and lets everybody write on; a stepwise copy begins anew with every write and
may never end. What a copy says of customers is sealed under keys that are not in it (`shredding`). Both ways a whole
file appears under its name or none.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from pos_client.claim import Unusable
from pricing_service import (
    audit_store,
    erasing,
    left_overs,
    migrating,
    provisioning,
    revocations,
    secret_files,
    sessions,
    shredding,
    standing,
)
from pricing_service.audit_anchors import Anchors
from pricing_service.database import Database
from pricing_service.settings import Settings

SEALING = "sealing"  # who holds this lock of the data folder may seal what is set aside in it
ASIDE = ".before-[0-9]*Z"
BLOCK = 4 << 20  # bytes copied at once
LOOK_SECONDS = 0.1  # how often to tell how far it is
BESIDE = (
    "-wal",
    "-shm",
    "-journal",
)  # what SQLite keeps beside a database; of another one it would ruin this

Told = Callable[[str, float], None]  # hears what is being done, and which share of it is, from 0 to 1


def take(settings: Settings, file: Path, told: Told = lambda what, share: None) -> int:
    """Copy the database of ``settings`` to ``file``, new and readable by its owner only; its size in bytes.

    Raises `Unusable`; ``file`` is then not there, and whatever had that name before is unchanged.
    """
    provisioning.opened(settings).close()
    _require_new(file)
    with _beside(file) as part:
        try:
            _vacuum(settings.database, part, lambda share: told("copying", share))
            told("sealing", 0)
            shredding.lock(part, settings.secrets)
            told("sealing", 1)
        except sqlite3.Error as error:
            raise Unusable(f"The database could not be copied: {error}") from error
        secret_files.sync(part)
        _require_new(file)
        part.rename(file)
    secret_files.sync(file.parent)
    return file.stat().st_size


def restore(settings: Settings, file: Path, told: Told = lambda what, share: None) -> Path | None:
    """Put a copy in place of the database; where what was there before lies now, or None if nothing was.

    For who holds the folder: nobody else may have the database open. The copy is checked, opened, brought up to date,
    rid of customers who were erased since, and begins a new history before it gets the name; until then what was there
    stays in place. Raises `Unusable`.
    """
    if not file.is_file():
        raise Unusable(f"There is no backup at {file}.")
    target = settings.database
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _beside(target) as part:
        try:
            told("checking", 0)
            _check(file)
            told("checking", 1)
            _open(settings, file, part, told)
            _bring_up_to_date(settings, part, file)
        except (DatabaseError, sqlite3.Error) as error:
            raise Unusable(f"{file} is not a whole database: {getattr(error, 'orig', error)}") from error
        secret_files.sync(part)
        before = _set_aside(target)
        part.rename(target)
    secret_files.sync(target.parent)
    with closing(Database(target)) as database:
        Anchors(settings.audit_anchors, settings.audit_key, database).keep("restored")
    return before


def seal(settings: Settings, aside: Path) -> bool:
    """Seal what `restore` set aside like a backup, so that who is erased later is erased there too.

    False where it is too damaged for that.
    """
    try:
        with closing(sqlite3.connect(aside)) as open_:  # takes in what SQLite kept beside it
            open_.execute("PRAGMA journal_mode=DELETE")
        shredding.lock(aside, settings.secrets)
    except (sqlite3.Error, Unusable):
        return False
    return True


def seal_left(settings: Settings) -> list[Path]:
    """Seal what a restore set aside and did not come to seal; those that are too damaged for it.

    For who holds the lock `SEALING`.
    """
    aside = sorted(settings.database.parent.glob(settings.database.name + ASIDE))
    return [file for file in aside if not _is_locked(file) and not seal(settings, file)]


def _is_locked(aside: Path) -> bool:
    try:
        return shredding.is_locked(aside)
    except sqlite3.Error:
        return False


def _require_new(file: Path) -> None:
    if file.exists():
        raise Unusable(f"{file} is there already and was not touched: name another file.")


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A new private file in the folder of ``file``, gone at the end unless it was renamed."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    left_overs.clear(file.parent)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise Unusable(f"{file.parent} cannot be written: {error.strerror}") from error
    try:
        yield part
    finally:
        for name in ("", ".shred", *BESIDE):
            part.with_name(part.name + name).unlink(missing_ok=True)


def _vacuum(source: Path, part: Path, told: Callable[[float], None]) -> None:
    """Raises `sqlite3.Error`."""
    failed: list[Exception] = []
    with closing(
        sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, check_same_thread=False)
    ) as open_:

        def run() -> None:
            try:
                open_.execute("VACUUM INTO ?", (str(part),))
            except sqlite3.Error as error:
                failed.append(error)

        working = threading.Thread(target=run)
        working.start()
        try:
            while working.is_alive():
                working.join(LOOK_SECONDS)
                told(min(part.stat().st_size / source.stat().st_size, 1.0))
        finally:
            open_.interrupt()  # after Ctrl-C; else it has ended
            working.join()
    if failed:
        raise failed[0]


def _copy(file: Path, part: Path, told: Callable[[float], None]) -> None:
    size, done = max(file.stat().st_size, 1), 0
    with file.open("rb") as source, part.open("wb") as target:
        while block := source.read(BLOCK):
            target.write(block)
            done += len(block)
            told(min(done / size, 1.0))


def _check(file: Path) -> None:
    """Raises `Unusable`, or `sqlite3.Error` where not even that can be said."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as open_:
        found = open_.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Unusable(f"{file} is damaged ({found}): take an older backup.")
        tables = {name for (name,) in open_.execute("SELECT name FROM sqlite_master")}
        schema = (
            open_.execute("SELECT version_num FROM alembic_version").fetchone()
            if "alembic_version" in tables
            else None
        )
    if schema is None or not migrating.is_known(schema[0]):
        raise Unusable(f"{file} is of a newer version of Rung, or of something else: nothing was changed.")


def _open(settings: Settings, file: Path, part: Path, told: Told) -> None:
    """Make ``part`` what ``file`` is, with what is sealed in it readable."""
    if not shredding.is_locked(file):  # made by other means
        return _copy(file, part, lambda share: told("copying", share))
    told("opening", 0)
    part.unlink()
    part.symlink_to(
        file.resolve()
    )  # what is opened takes the place of the link, and the backup stays as it is
    shredding.unlock(part, settings.secrets)
    told("opening", 1)


def _bring_up_to_date(settings: Settings, part: Path, file: Path) -> None:
    """The schema of this version, nobody who was erased and no till that was revoked since, and a new history."""
    with closing(Database(part)) as database:
        migrating.upgrade(database)
        with database.writing() as connection:
            erasing.catch_up(connection, settings.secrets)
            revocations.catch_up(connection, settings.secrets)
            standing.begin_history(connection)
            sessions.end_every(connection, "restored", int(time.time()))
            audit_store.append(connection, audit_store.cli_actor(), "restored", "", file.name)


def _set_aside(target: Path) -> Path | None:
    """Give what is there another name; ``target`` keeps its own until another file takes it. Raises `Unusable`."""
    if not target.exists():
        return None
    aside = target.with_name(target.name + datetime.now(UTC).strftime(".before-%Y%m%dT%H%M%S.%fZ"))
    try:
        os.link(target, aside)
    except OSError as error:
        why = f"{target} cannot be set aside: {error.strerror}."
        raise Unusable(f"{why} Move it away yourself, then restore; it was not touched.") from error
    for name in BESIDE:  # left in place they would be taken for those of the restored database
        with suppress(FileNotFoundError):
            target.with_name(target.name + name).rename(aside.with_name(aside.name + name))
    return aside
