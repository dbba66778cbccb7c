"""One device from the question to the confirmed image, or back to the old one: folders and files as on a board."""

import json
import re
from pathlib import Path

import pytest

from firmware import boot
from firmware.update import pointer, ratchet, updating
from firmware.update.refusal import Refusal
from tests.firmware.cases import image, name_of, payload
from tests.firmware.repository import Repository
from tests.firmware.updated_device import Device

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def device(tmp_path) -> Device:
    repository = Repository()
    repository.release(**{name_of(6): image(6, "host")})
    made = Device(tmp_path, repository)
    assert made.start() == "a"
    return made


def test_an_update_is_tried_confirmed_and_lifts_the_ratchet(device):
    assert device.update() == "installed"
    assert device.slots.read("b", 0, len(payload(6))) == payload(6)
    assert device.start() == "b" and device.watched
    assert device.self_test() == ""
    assert pointer.kept_ratchet(device.storage)["image"] == 6
    assert device.start() == "b" and not device.watched
    assert pointer.read(device.storage) == {"confirmed": ["b", 6], "trial": None}


def test_the_next_update_goes_into_the_slot_that_is_free_now(device):
    device.update()
    device.start()
    device.self_test()
    device.repository.release(**{name_of(7): image(7, "host")})
    assert device.update() == "installed"
    assert device.start() == "a"
    device.self_test()
    assert pointer.read(device.storage)["confirmed"] == ["a", 7]
    assert device.update(name_of(6)) == "rolled-back"
    assert device.update(name_of(7)) == "installed-already"


def test_three_starts_without_a_word_bring_the_old_image_back(device):
    device.update()
    assert [device.start() for _ in range(4)] == ["b", "b", "b", "a"]
    assert pointer.fallen(device.storage) == {"slot": "b", "version": 6, "why": "unconfirmed"}
    assert pointer.read(device.storage) == {"confirmed": ["a", 5], "trial": None}
    assert pointer.kept_ratchet(device.storage)["image"] == 5
    assert device.start() == "a"


def test_a_version_that_fell_back_is_not_tried_again_but_the_next_one_is(device):
    device.update()
    for _ in range(4):
        device.start()
    assert device.update() == "failed-here"
    device.repository.release(**{name_of(7): image(7, "host")})
    assert device.update() == "installed"
    assert device.start() == "b"
    assert device.self_test() == ""


def test_the_check_that_failed_is_named_and_a_later_start_may_still_confirm(device):
    device.update()
    device.start()
    assert device.self_test("keys", "offer") == "keys"
    assert pointer.fallen(device.storage)["why"] == "self-test: keys"
    device.start()
    assert device.self_test() == ""
    device.start()
    assert pointer.fallen(device.storage) == {}


def test_a_check_that_breaks_has_failed(device):
    device.update()
    device.start()
    assert updating.self_test(device.storage, "b", [("display", lambda: 1 // 0)]) == "display"
    for _ in range(2):
        device.start()
    assert device.start() == "a"
    assert pointer.fallen(device.storage)["why"] == "self-test: display"


def test_an_image_nobody_can_read_costs_no_more_than_one_start(device):
    device.update()
    device.unreadable = {"b"}
    assert device.start() == "a" and not device.watched
    assert pointer.fallen(device.storage)["why"] == "unmountable"
    assert pointer.read(device.storage)["trial"] is None


def test_what_no_pointer_names_is_never_run(device):
    device.write("b", payload(66))
    device.unreadable = {"a"}
    with pytest.raises(OSError, match="no image"):
        device.start()


def test_a_start_that_cannot_be_counted_runs_what_is_confirmed(device):
    device.update()
    (device.folder / "update" / "trial.tmp").mkdir()
    assert device.start() == "a"


@pytest.mark.parametrize("pointed", [b"", b"{", b"[]", b'{"confirmed": []}', b"null", b"\xff\xff"])
def test_a_pointer_that_cannot_be_read_is_slot_a(device, pointed):
    (device.folder / "update" / "pointer").write_bytes(pointed)
    assert boot.start(str(device.folder / "update"), lambda slot: None, lambda: None) == "a"
    with pytest.raises(Refusal, match="pointer-damaged"):
        pointer.read(device.storage)


def test_during_a_trial_there_is_no_slot_for_another_update(device):
    device.update()
    device.start()
    device.repository.release(**{name_of(7): image(7, "host")})
    assert device.update() == "on-trial"


def test_an_update_that_waits_for_its_start_is_not_overwritten(device):
    assert device.update() == "installed"
    device.repository.release(**{name_of(7): image(7, "host")})
    assert device.update() == "on-trial"


def test_records_that_are_not_sent_are_never_lost_to_a_version_that_cannot_read_them(device):
    assert device.update(unsent=3, journal=(2, 1)) == "unsent-records"
    assert pointer.read(device.storage)["trial"] is None
    assert device.update(unsent=0, journal=(2, 1)) == "installed"


def test_a_version_whose_records_the_old_one_could_not_read_is_never_tried(device):
    """What it wrote during its trial would be lost when it falls back."""
    next_one = {"hardware": "host", "version": 7, "journal": [2, 1]}
    device.repository.release(next=(payload(7), next_one))
    assert device.update() == "journal-format"
    assert device.update(journal=(1, 2)) == "installed"


def test_an_image_for_this_device_alone_goes_before_a_newer_one_for_all(device):
    own = {"hardware": "host", "version": 7, "devices": ["till-1"]}
    others = {"hardware": "host", "version": 9, "devices": ["till-2"]}
    device.repository.release(own=(payload(7), own), others=(payload(9), others), all=image(8, "host"))
    assert device.update() == "installed"
    assert pointer.read(device.storage)["trial"] == ["b", 7]


def test_an_image_larger_than_a_slot_is_not_begun(device):
    device.repository.release(large=(bytes(40000), {"hardware": "host", "version": 7}))
    assert device.update() == "too-long"


def test_flash_that_does_not_hold_what_was_written_is_found_before_the_commit(device):
    write = device.slots.write
    device.slots.write = lambda slot, offset, data: write(slot, offset, bytes(data).replace(b"\x00", b"\x01"))
    assert device.update() == "flash-altered"
    assert device.start() == "a"


@pytest.mark.parametrize("kept", [b"", b"{}", b"[]", b'{"image": -1}', b"\x00", b'{"image": "9"}'])
def test_a_ratchet_that_cannot_be_read_ends_updates(device, kept):
    device.storage.replace("ratchet", kept)
    assert device.update() == "ratchet-damaged"


def test_a_root_older_than_one_that_was_trusted_is_refused(device):
    device.repository.rotate(device.repository.keys)
    device.update()
    assert json.loads(device.storage.read("root.json"))["signed"]["version"] == 2
    device.storage.replace("root.json", device.repository.files["1.root.json"])
    assert device.update() == "rolled-back"


def test_what_was_good_before_a_refusal_is_kept(device):
    """A repository that holds back its targets cannot make the device forget which timestamp it saw."""
    place = "1.targets.json"
    device.repository.files.pop(place)
    assert device.update() == "missing"
    kept = pointer.kept_ratchet(device.storage)
    assert (kept["timestamp"], kept["targets"]) == (1, 1)


def test_a_ratchet_never_goes_down():
    high = ratchet.lifted(ratchet.fresh(), image=7, root=3)
    assert ratchet.lifted(high, image=6, root=4) == {**high, "root": 4}


def test_the_page_names_every_reason_of_a_refusal():
    """Reasons are what is reported: a person looks them up."""
    sources = "".join([path.read_text() for path in (ROOT / "firmware/update").glob("*.py")])
    given = set(re.findall(r'(?:Refusal\(\s*|return |else |refused = )"([a-z]+(?:-[a-z]+)*)"', sources))
    page = (ROOT / "docs/updates.md").read_text()
    assert len(given) > 20
    assert {code for code in given if f"`{code}`" not in page} == set()
