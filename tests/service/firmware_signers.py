"""Release keys of a shop under test and what they sign, made by `tests/firmware/repository.py`, not by our own code."""

import json
import time
from base64 import b64encode
from contextlib import closing
from hashlib import sha256
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import TargetFile

from pricing_service import firmware_publishing
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.repository import DAY, Signers
from tests.service.places import Answer, Client, Pen

RELEASES = "/v1/firmware/releases"


def name_of(version: int, hardware: str = "host") -> str:
    return f"rung-{hardware}-{version}.romfs"


def image(version: int, hardware: str = "host") -> bytes:
    """As hard to compress as a real one."""
    return b"".join(sha256(f"{hardware} {version} {number}".encode()).digest() for number in range(150))


def online(settings: Settings) -> CryptoSigner:
    """The service's key, from its file."""
    seed = bytes.fromhex((settings.secrets / "firmware_key").read_text())
    key = repository.Ed25519PrivateKey.from_private_bytes(seed)
    return CryptoSigner(key)


class ReleaseKeys:
    """Three keys for roots and three for releases; ``keys`` has the service's as well."""

    def __init__(self, service: CryptoSigner, generation: int = 1):
        self.service = service
        self.keys: Signers = repository.signers(generation)
        self.keys |= {"snapshot": [self.service], "timestamp": [self.service]}

    def root(self, version: int = 1, *before: CryptoSigner, days: int = 365) -> bytes:
        """A root, signed by two of these keys and by those of the root ``before``."""
        made = repository.root(version, self.keys, int(time.time()) + days * DAY)
        return repository.signed(made, [*before, *self.keys["root"][:2]])

    def targets(self, version: int, entries: dict[str, TargetFile], by: Any = None, days: int = 90) -> bytes:
        made = repository.targets(version, entries, int(time.time()) + days * DAY)
        return repository.signed(made, self.keys["targets"][:2] if by is None else by)


def entry(version: int, hardware: str = "host", **custom: Any) -> dict[str, TargetFile]:
    """The target of one release."""
    told = {"hardware": hardware, "version": version, **custom}
    name = name_of(version, hardware)
    return {name: repository.target(name, image(version, hardware), **told)}


def body(metadata: dict[str, bytes], *releases: tuple[int, str], **more: Any) -> dict[str, Any]:
    """What is sent to publish; ``releases`` are those whose images go with it."""
    images = {name_of(*one): b64encode(image(*one)).decode() for one in releases}
    return {"metadata": {name: data.decode() for name, data in metadata.items()}, "images": images, **more}


def trust(settings: Settings, root: bytes) -> None:
    """What `rung firmware trust` does."""
    with closing(Database(settings.database)) as database, database.writing() as connection:
        firmware_publishing.trust(connection, root, int(time.time()))


def trusted(settings: Settings) -> ReleaseKeys:
    """The release keys of a service that trusts them."""
    made = ReleaseKeys(online(settings))
    trust(settings, made.root())
    return made


def release(settings: Settings, client: Client, version: int, *hardware: str, **custom: Any) -> Answer:
    """Publish ``version``, alone, as the next targets: the first call trusts the keys as well."""
    keys = ReleaseKeys(online(settings))
    root = client.ask("GET", "/v1/firmware").json
    if not root["root"]:
        trust(settings, keys.root())
    number = root["targets"] + 1
    boards = hardware or ("host",)
    entries: dict[str, TargetFile] = {}
    for board in boards:
        entries |= entry(version, board, **custom)
    sent = {f"{number}.targets.json": keys.targets(number, entries)}
    return client.ask("POST", RELEASES, body(sent, *[(version, board) for board in boards]))


def fetched(client: Client, pen: Pen, name: str) -> Answer:
    folder = "metadata" if name.endswith(".json") else "images"
    path = f"/v1/firmware/{folder}/{name}"
    return client.ask("GET", path, authorization="", **pen.signed("GET", path, b""))


def served(client: Client, pen: Pen) -> dict[str, bytes]:
    """All that a till can fetch, found the way a device finds it."""
    files = {"1.root.json": fetched(client, pen, "1.root.json").body}
    while (following := fetched(client, pen, f"{len(files) + 1}.root.json")).status == 200:
        files[f"{len(files) + 1}.root.json"] = following.body
    files["timestamp.json"] = fetched(client, pen, "timestamp.json").body
    snapshot = f"{meta(files['timestamp.json'], 'snapshot.json')}.snapshot.json"
    files[snapshot] = fetched(client, pen, snapshot).body
    targets = f"{meta(files[snapshot], 'targets.json')}.targets.json"
    files[targets] = fetched(client, pen, targets).body
    for name, told in json.loads(files[targets])["signed"]["targets"].items():
        stored = f"{told['hashes']['sha256']}.{name}"
        files[stored] = fetched(client, pen, stored).body
    return files


def meta(data: bytes, name: str) -> int:
    return json.loads(data)["signed"]["meta"][name]["version"]


def device(
    files: dict[str, bytes], hardware: str = "host", running: int = 1, **changed: Any
) -> dict[str, Any]:
    """A device that was provisioned with the first root, for `judge.judged`."""
    pointer = json.dumps({"confirmed": ["a", running], "trial": None}).encode()
    told = {"image": running, "root": 1, "timestamp": 0, "snapshot": 0, "targets": 0, "by": {}, "revoked": []}
    stored = {"root.json": files["1.root.json"], "pointer": pointer, "ratchet": json.dumps(told).encode()}
    plain = {
        "files": files,
        "stored": stored,
        "now": int(time.time()),
        "hardware": hardware,
        "device": "till-1",
    }
    return {**plain, "name": "", "unsent": 0, "endless": [], **changed}


def first(keys: ReleaseKeys, **changed: Any) -> dict[str, bytes]:
    return {"1.targets.json": keys.targets(1, entry(6), **changed)}


def one_release() -> dict[str, Any]:
    """The first release, for a service that trusts these keys."""
    return body({"1.targets.json": ReleaseKeys(repository.signer("any")).targets(1, entry(7))}, (7, "host"))


def changed(entries: dict[str, Any], length: int) -> dict[str, Any]:
    for one in entries.values():
        one.length = length
    return entries
