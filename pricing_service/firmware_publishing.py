"""Publishing firmware: what release keys signed is judged, kept, and told to devices by the service's own signature.

python-tuf is imported when it is needed: most starts of the web process never ask for it.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pos_client.core.record import Invalid, OutOfTurn, Refused
from pricing_service import firmware_release, firmware_store
from pricing_service.database import Database
from pricing_service.firmware_release import Release
from pricing_service.settings import Settings

RENEW_SECONDS = 86_400  # after which a timestamp, good for three days, is made anew
AGAIN_SECONDS = 60  # after which a renewal that failed is tried again
TRIES = 3
log = structlog.get_logger("rung.firmware")
Write = Callable[[Callable[[Connection], Any]], Any]


class Sent(NamedTuple):
    """``metadata``: name -> bytes; ``images``: release -> bytes; ``bills``: release -> text."""

    metadata: dict[str, bytes]
    images: dict[str, bytes]
    bills: dict[str, str]


class _Overtaken(Exception):
    """What is published is not what the judgement went by any more."""


class _Judged(NamedTuple):
    """``held`` is what it was judged by."""

    held: dict[str, bytes]
    files: dict[str, bytes]
    releases: list[Release]
    images: dict[str, bytes]  # by SHA-256


def trust(connection: Connection, data: bytes, now: int) -> bool:
    """Begin with this first root; False if it is the one that is here. Raises `Refused`."""
    from pricing_service import firmware_door as door

    door.first_root(data)
    here = firmware_store.file(connection, "1.root.json")
    if here is not None and here[0] != data:
        raise OutOfTurn(
            "other-root", "Another root is trusted here; tills have it. A new one is its successor."
        )
    if here is None:
        firmware_store.keep(connection, {"1.root.json": data}, now)
    return here is None


def publish(
    database: Database, write: Write, settings: Settings, sent: Sent, by: str, now: int
) -> list[Release] | None:
    """Publish what was sent, whole or not at all; the new releases, None if all of it was here. Raises `Refused`."""
    for _ in range(TRIES):
        with database.reading() as connection:
            judged = _judged(connection, settings, sent, by, now)
        if judged is None:
            return None
        with suppress(_Overtaken):
            write(lambda to, judged=judged: _keep(to, judged, now))
            return judged.releases
    raise OutOfTurn("published-meanwhile", "Somebody else publishes: look what is there, then send it again.")


class Timestamp:
    """The one file that changes by itself."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._failed = 0.0

    def served(self, database: Database, write: Write, settings: Settings, now: int) -> bytes | None:
        """The timestamp, renewed if it is a day old. An old one is better than none where that fails."""
        with database.reading() as connection:
            found = firmware_store.file(connection, "timestamp.json")
        if found is None or now - found[1] < RENEW_SECONDS or self._just_failed():
            return found and found[0]
        if not self._one_at_a_time.acquire(blocking=False):
            return found[0]
        try:
            return write(lambda to: _renewed(to, settings, now))
        except (
            Refused,
            SystemExit,
            ValueError,
            SQLAlchemyError,
        ) as trouble:  # another key than the root's, a full disk
            self._failed = time.monotonic()
            log.error("timestamp not renewed", error=type(trouble).__name__)
            return found[0]
        finally:
            self._one_at_a_time.release()

    def _just_failed(self) -> bool:
        return bool(self._failed) and time.monotonic() - self._failed < AGAIN_SECONDS


def public_keys(settings: Settings) -> list[str]:
    """The service's own keys as a root names them, the present one first."""
    from pricing_service.firmware_online import OnlineKeys

    return OnlineKeys(settings.firmware_keys).public


def _judged(connection: Connection, settings: Settings, sent: Sent, by: str, now: int) -> _Judged | None:
    from pricing_service import firmware_door as door
    from pricing_service.firmware_online import OnlineKeys

    held = firmware_store.files(connection)
    if not held:
        detail = (
            "No root is trusted here yet: `rung firmware trust 1.root.json` on the service's own machine."
        )
        raise OutOfTurn("no-root", detail)
    passed = door.judged(held, sent.metadata, OnlineKeys(settings.firmware_keys), now)
    if passed is None:
        return None
    new = firmware_release.added(firmware_store.releases(connection), passed.entries, sent.bills)
    for name in sent.images:
        if name not in passed.entries:
            raise Invalid("unknown-target", f"Nobody signed {name[:80]}.")
    stamped = [one._replace(targets=passed.version, published=now, published_by=by) for one in new]
    return _Judged(held, passed.files, stamped, {one.sha256: _image(one, sent) for one in new})


def _image(one: Release, sent: Sent) -> bytes:
    if one.name not in sent.images:
        raise Invalid("missing", f"Send the image of {one.name} as well.")
    firmware_release.check_image(one, sent.images[one.name])
    return sent.images[one.name]


def _keep(to: Connection, judged: _Judged, now: int) -> None:
    if firmware_store.files(to) != judged.held:
        raise _Overtaken
    for sha256, image in judged.images.items():
        firmware_store.keep_image(to, sha256, image)
    for one in judged.releases:
        firmware_store.add(to, one)
    firmware_store.keep(to, judged.files, now)


def _renewed(to: Connection, settings: Settings, now: int) -> bytes:
    from pricing_service import firmware_door as door
    from pricing_service import firmware_forms as forms
    from pricing_service import firmware_online as online

    held = firmware_store.files(to)
    root = forms.said(forms.Root, held[door.newest(held, "root")])
    made = online.renewed(held, root, online.OnlineKeys(settings.firmware_keys), now)
    firmware_store.keep(to, made, now)
    return made["timestamp.json"]
