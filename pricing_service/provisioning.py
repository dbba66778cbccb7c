"""What a first start needs: secrets, a database, the sample shop, a till with its key."""

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pos_client.claim import Unusable
from pos_client.core.record import OutOfTurn
from pricing_service import audit_store, fleet, migrating, revocations, sessions, standing
from pricing_service.audit_anchors import Anchors, anchored
from pricing_service.database import Database
from pricing_service.fleet import Device
from pricing_service.rule_store import DISCOUNTS, POLICIES
from pricing_service.security import device_key
from pricing_service.settings import Settings, create_secrets

SHOP = Path(__file__).parent / "sample_shop.json"
EVERY_HOST = ("0.0.0.0", "::")


def prepare(settings: Settings) -> Database:
    """Secrets and schema, made or brought up to date; a restart changes nothing."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unusable(f"RUNG_DATA {settings.data} cannot be used: {error.strerror}") from error
    create_secrets(settings.data)
    settings.database.touch(mode=0o600)
    settings.database.chmod(0o600)  # one from before; what SQLite puts beside it follows its mode
    database = Database(settings.database)
    migrating.upgrade(database)
    return database


def require(settings: Settings) -> None:
    """Raise SystemExit where there is no service to speak of: a wrong folder must not become a shop of its own."""
    if not settings.database.is_file():
        raise SystemExit(
            f"No service data in {settings.data}: set RUNG_DATA, or start with `rung serve --migrate`."
        )


def opened(settings: Settings) -> Database:
    """The database that is there. Raises SystemExit where there is none of this version."""
    require(settings)
    database = Database(settings.database)
    if not migrating.is_current(database):
        database.close()
        raise SystemExit("The database is not of this version: start once with `rung serve --migrate`.")
    return database


def restored(settings: Settings) -> None:
    """Begin a new history in a database that was set back to a copy."""
    with closing(Database(settings.database)) as database:
        with database.writing() as connection:
            standing.begin_history(connection)
            sessions.end_every(connection, "restored", int(time.time()))
            audit_store.append(connection, audit_store.cli_actor(), "restored")
        Anchors(settings.audit_anchors, settings.audit_key, database).keep("restored")


def load_sample_shop(database: Database) -> int:
    """Add what the sample shop has and the database does not; the number of rules added."""
    shop = json.loads(SHOP.read_text())
    with database.writing() as connection:
        added = sum(_add(connection, book, rule) for book, rules in _books(shop) for rule in rules)
        if added:
            audit_store.append(connection, audit_store.cli_actor(), "load-sample-shop", f"rules={added}")
    return added


def _books(shop: dict[str, Any]) -> list:
    return [(POLICIES, shop["policies"]), (DISCOUNTS, shop["discounts"])]


def _add(connection: Connection, book: Any, rule: dict[str, Any]) -> bool:
    if book.has(connection, rule["id"]):
        return False
    book.create(connection, rule)
    return True


def enrol(
    database: Database, settings: Settings, device: str, store: str, language: str, service: str = ""
) -> dict[str, Any]:
    """Enrol a till; what it has to know (its `till.json`), the address of its ``service`` included."""
    with anchored(settings, database) as connection:
        enrolled = fleet.enrol(connection, device, store)
        audit_store.append(connection, audit_store.cli_actor(), "enrol-device", device)
    return identity(settings, enrolled, language, service or own_address(settings))


def own_address(settings: Settings) -> str:
    """Where a till on this machine finds the service."""
    host = "127.0.0.1" if settings.service_host in EVERY_HOST else settings.service_host
    return f"http://{host}:{settings.service_port}"


def identity(settings: Settings, enrolled: Device, language: str, service: str) -> dict[str, Any]:
    """The `till.json` of an enrolment; it holds the till's key, so it is a secret."""
    return {
        "device": enrolled.device,
        "epoch": enrolled.epoch,
        "store": enrolled.store,
        "key": device_key(settings.master_key, enrolled.device, enrolled.epoch).hex(),
        "tenant_key": settings.tenant_key.hex(),
        "service": service,
        "language": language,
    }


def provision_till(database: Database, settings: Settings, device: str, store: str) -> Path:
    """The identity file of a till on this machine: kept if it is there, but for the service's address."""
    path = settings.data / "till" / "till.json"
    if path.exists():
        told = _present(path)
        told["service"] = f"http://127.0.0.1:{settings.service_port}"
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            told = enrol(database, settings, device, store, "en")
        except OutOfTurn:  # its file was lost: the old enrolment must not speak any more
            with database.writing() as connection:
                revocations.revoke(connection, settings.secrets, device)
            told = enrol(database, settings, device, store, "en")
    write_identity(path, told)
    return path


def _present(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise Unusable(f"{path} is not whole: mend it, or move it away to enrol the till anew.") from error


def write_identity(path: Path, told: dict[str, Any]) -> None:
    """Write an identity file whole or not at all, readable by its owner only."""
    beside = path.with_suffix(".new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
