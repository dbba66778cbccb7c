"""What python-tuf's own client (`tuf.ngclient.Updater`) makes of a repository: the judge of the device's verifier."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import override

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from firmware.update.role import MOST_BYTES
from tests.firmware.repository import moment

_URL = "memory:/"
_LIMITS = UpdaterConfig(
    root_max_length=MOST_BYTES["root"],
    timestamp_max_length=MOST_BYTES["timestamp"],
    snapshot_max_length=MOST_BYTES["snapshot"],
    targets_max_length=MOST_BYTES["targets"],
)


class Memory(FetcherInterface):
    def __init__(self, files: dict[str, bytes], endless: list[str]):
        self._files, self._endless = files, endless

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(_URL)
        if name not in self._files:
            raise DownloadHTTPError("no such file", 404)
        return self._blocks(name)

    def _blocks(self, name: str) -> Iterator[bytes]:
        yield self._files[name]
        while name in self._endless:
            yield b" " * 500


class Client:
    """One that keeps what it accepted in a folder, from a first root on."""

    def __init__(self, folder: Path, root: bytes):
        self._folder, self._root = folder, root
        folder.mkdir(parents=True, exist_ok=True)

    def accepts(self, files: dict[str, bytes], now: int, name: str, endless: tuple = ()) -> bool:
        """Whether the metadata are good at a time, and what they say of a target fits its payload."""
        self._forget(files)
        try:
            updater = Updater(
                str(self._folder),
                _URL,
                str(self._folder),
                _URL,
                Memory(files, list(endless)),
                _LIMITS,
                bootstrap=self._root,
            )
            updater._trusted_set.reference_time = moment(now)
            updater.refresh()
            found = updater.get_targetinfo(name)
            if found is not None:
                updater.download_target(found, str(self._folder / "payload"))
            return found is not None
        except (RepositoryError, DownloadError):
            return False

    def _forget(self, files: dict[str, bytes]) -> None:
        """What it keeps saves it a download, and then it does not see what a device, which keeps none, would refuse."""
        (self._folder / "targets.json").unlink(missing_ok=True)
        kept = self._folder / "snapshot.json"
        if kept.exists() and version(kept.read_bytes()) == named(files.get("timestamp.json", b"")):
            kept.unlink()


def version(data: bytes) -> int:
    return json.loads(data)["signed"]["version"]


def named(timestamp: bytes) -> int:
    """The snapshot that a timestamp names, whoever signed it; 0 if that cannot be read."""
    try:
        return json.loads(timestamp)["signed"]["meta"]["snapshot.json"]["version"]
    except (ValueError, LookupError, TypeError):
        return 0
