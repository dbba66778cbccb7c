"""The power goes at every operation of a device's flash during an update: the old image runs or the new one, whole,
the update can be finished, no record that was kept is lost, and what allowances come to is what a recount says.

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
DOUBLE = 4000 if SOAK else 40


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Path:
    """What `update_day.py` needs: images that say their version, and a repository that has rotated its root."""
    folder = tmp_path_factory.mktemp("scene")
    for name, version in (("old", 5), ("new", 6)):
        (folder / f"{name}-files").mkdir()
        (folder / f"{name}-files" / "version").write_text(str(version))
        (folder / f"{name}-files" / "work").write_bytes(os.urandom(9000 if SOAK else 5000))
        (folder / name).write_bytes(image(folder / f"{name}-files"))
    repository = Repository()
    repository.release(next=((folder / "new").read_bytes(), {"hardware": "host", "version": 6}))
    repository.rotate(repository.keys)
    (folder / "root").write_bytes(repository.files["1.root.json"])
    (folder / "files").mkdir()
    for name, data in repository.files.items():
        (folder / "files" / name).write_bytes(data)
    return folder


def cut(scene: Path, trials: str, double: int, *fault: str) -> dict:
    """The last line of all; a file that is open when the power goes may complain before it."""
    said = on_micropython("update_day.py", str(scene), str(double), trials, *fault)
    return json.loads(said.splitlines()[-1])


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("trials", "version"), [("y", 6), ("nnnn", 5), ("nny", 6)][: 3 if SOAK else 2])
def test_a_cut_at_every_operation_of_an_update_leaves_a_till_that_runs(scene, trials, version):
    """``trials``: start by start, whether the new version's self-test holds; the fourth start is the old one's."""
    told = cut(scene, trials, DOUBLE)
    assert told["ends with"] == version
    assert told["troubles"] == {} and told["double troubles"] == {}
    assert told["cuts"] == 2 * told["operations"]
    assert told["double cuts"] == DOUBLE
    assert min(told["within"].get(name, 0) for name in ("tail", "journal", "sums", "snapshot")) > 0
    print(f"{trials}: {told}")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [("late", "runs neither the old image nor the new one"), ("careless", "lost: a record")],
)
def test_the_cuts_show_what_is_wrong_with_an_update_that(fault, seen, scene):
    """See `update_faults`."""
    told = cut(scene, "y", 0, fault)
    assert max(told["troubles"], key=told["troubles"].get) == seen
    print(f"{fault}: {told}")
