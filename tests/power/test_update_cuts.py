"""The power goes at every operation of a device's flash during an update: the old image runs or the new one, whole,
the update can be finished, and no record that was kept is lost.

``RUNG_SOAK=1`` makes 10,000 random pairs of cuts, the second one while the device recovers from the first.
"""

import json
import os
from pathlib import Path

import pytest

from firmware.romfs import image
from tests.firmware.repository import Repository
from tests.power.test_flash_cuts import on_micropython

SOAK = bool(os.environ.get("RUNG_SOAK"))
DOUBLE = 4000 if SOAK else 100


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Path:
    """What `update_day.py` needs: images that say their version, and a repository that has rotated its root."""
    folder = tmp_path_factory.mktemp("scene")
    for name, version in (("old", 5), ("new", 6)):
        (folder / f"{name}-files").mkdir()
        (folder / f"{name}-files" / "version").write_text(str(version))
        (folder / f"{name}-files" / "code").write_bytes(os.urandom(9000 if SOAK else 5000))
        (folder / name).write_bytes(image(folder / f"{name}-files"))
    repository = Repository()
    repository.release(next=((folder / "new").read_bytes(), {"hardware": "host", "version": 6}))
    repository.rotate(repository.keys)
    (folder / "root").write_bytes(repository.files["1.root.json"])
    (folder / "files").mkdir()
    for name, data in repository.files.items():
        (folder / "files" / name).write_bytes(data)
    return folder


def cut(scene: Path, trials: str) -> dict:
    return json.loads(on_micropython("update_day.py", str(scene), str(DOUBLE), trials))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("trials", "version"), [("y", 6), ("nnnn", 5), ("nny", 6)][: 3 if SOAK else 2])
def test_a_cut_at_every_operation_of_an_update_leaves_a_till_that_runs(scene, trials, version):
    """``trials``: start by start, whether the new version's self-test holds; the fourth start is the old one's."""
    told = cut(scene, trials)
    assert told["ends with"] == version
    assert told["troubles"] == {} and told["double troubles"] == {}
    assert told["cuts"] == 2 * told["operations"]
    assert told["double cuts"] == DOUBLE
    print(f"{trials}: {told}")
