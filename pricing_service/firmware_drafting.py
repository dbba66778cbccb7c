"""What is to be signed: the next root, or the next targets with new releases beside the ones there are."""

import hashlib
import json
from typing import Any

from tuf.api.exceptions import RepositoryError

from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service import firmware_forms as forms
from pricing_service import firmware_release
from pricing_service.firmware_building import Built
from pricing_service.firmware_folder import Folder
from pricing_service.firmware_forms import Root, Targets
from pricing_service.firmware_release import Release

KEPT = 3  # releases of each hardware that stay on offer: a rollout of the one before may be under way


def next_root(folder: Folder, groups: dict[str, list[str]], now: int) -> str:
    """Draft a root; its name. ``groups``: ``root``, ``targets``, ``online`` -> public keys in hex; what is left out
    stays as it was. Raises `Refused`."""
    keys: dict[str, list[str]] = {}
    name = folder.newest("root")
    version = 1
    if name:
        before = _signed_root(folder, name)
        version = before.version + 1
        keys = {
            role: [forms.digits(before.keys[one]) for one in it.keyids] for role, it in before.roles.items()
        }
    for group, public in groups.items():
        for role in forms.ONLINE if group == "online" else (group,):
            keys[role] = public or keys.get(role, [])
    if not all(keys.get(role) for role in forms.THRESHOLDS):
        raise Invalid(
            "root-form",
            "The first root needs three .pub files or more with --root, three with --release, and with --service"
            " what `rung firmware key` prints on the service's machine.",
        )
    drafted = f"{version}.root.json"
    folder.put(drafted, forms.signed(forms.root(version, keys, now)))
    return drafted


def next_targets(
    folder: Folder,
    releases: dict[str, Built],
    now: int,
    devices: list[str] | None = None,
    without: tuple[str, ...] = (),
) -> str:
    """Draft targets with ``releases`` (name -> what was built), which go into the folder; their name.

    ``devices``: for them alone. ``without``: names that are withdrawn. A draft that nobody has signed yet is added to;
    of one hardware, for the same devices, its release is replaced. Raises `Refused`.
    """
    check_root(folder)
    draft = _draft(folder)
    version, signed = before(folder, draft)
    entries = _waiting(folder, draft, signed) if draft else dict(signed)
    for name in without:
        if entries.pop(name, None) is None:
            raise Unknown("unknown-target", f"{name} is not on offer: nothing was drafted.")
    for name, built in releases.items():
        one = firmware_release.read(name, entry := _entry(name, built, devices))
        if signed.get(name, entry) != entry:
            raise OutOfTurn("release-changed", f"{name} is released already: give it a higher version.")
        for other in _replaced(one, entries, signed):
            del entries[other]
        entries[name] = entry
        _check_newer(one, entries)
    for name, built in releases.items():
        folder.put_image(name, built.image, built.bill)
    kept = {name: entries[name] for name in _kept(entries)}
    drafted = f"{version + 1}.targets.json"
    folder.put(drafted, forms.signed(forms.targets(version + 1, kept, now)))
    return drafted


def waiting(folder: Folder, name: str) -> list[str]:
    """The names of the releases that a draft brings."""
    drafted = json.loads(folder.metadata()[name])["signed"]["targets"]
    return sorted(drafted.keys() - before(folder, name)[1].keys())


def check_root(folder: Folder) -> None:
    """Raises `OutOfTurn` while the newest root is not signed: nothing can be drafted under it."""
    _signed_root(folder, folder.newest("root"))


def is_signed(folder: Folder, name: str) -> bool:
    """Whether enough keys have signed a file of the folder, by the newest root that is signed itself."""
    if name.endswith("root.json"):
        return int(name.partition(".")[0]) <= len(_chain(folder.metadata()))
    return _is_by(roots(folder)[0], folder.metadata()[name])


def roots(folder: Folder) -> list[Root]:
    """The roots that follow from the first one, each signed by enough keys, the newest first. Raises `OutOfTurn`."""
    found = _chain(folder.metadata())
    if not found:
        raise OutOfTurn(
            "no-root", f"{folder.path} has no root that is signed: `rung firmware root` drafts one."
        )
    return found[::-1]


def _chain(files: dict[str, bytes]) -> list[Root]:
    """From the first root on without a gap: behind one anybody could begin a chain of their own."""
    found: list[Root] = []
    while (data := files.get(f"{len(found) + 1}.root.json")) is not None:
        root = forms.said(Root, data)
        if root.version != len(found) + 1 or not all(_is_by(one, data) for one in [root, *found[-1:]]):
            break
        found.append(root)
    return found


def _is_by(root: Root, data: bytes) -> bool:
    """Whether enough keys that a root names for it have signed a file."""
    metadata = forms.opened(data)
    try:
        root.verify_delegate(metadata.signed.type, metadata.signed_bytes, metadata.signatures)
    except RepositoryError:
        return False
    return True


def _signed_root(folder: Folder, name: str) -> Root:
    if not name:
        raise OutOfTurn(
            "no-root",
            f"{folder.path} holds no root. Another folder? `rung firmware root` drafts the first one.",
        )
    if not is_signed(folder, name):
        raise OutOfTurn(
            "unsigned", f"{folder.path}: the newest root is not signed yet: `rung firmware sign`."
        )
    return forms.said(Root, folder.metadata()[name])


def before(folder: Folder, name: str) -> tuple[int, dict[str, Any]]:
    """(version, entries) of the last targets before the draft ``name``; (0, {}) if there are none. Raises `Invalid`
    where they are not signed by the keys of any root that is."""
    files = folder.metadata()
    last = max(
        (int(one.partition(".")[0]) for one in files if one.endswith("targets.json") and one != name),
        default=0,
    )
    if not last:
        return 0, {}
    data = files[f"{last}.targets.json"]
    if not any(_is_by(root, data) for root in roots(folder)):
        raise Invalid(
            "threshold", f"{last}.targets.json is not signed by enough release keys: sign or remove it."
        )
    said = json.loads(data)["signed"]
    return said["version"], said["targets"]


def _draft(folder: Folder) -> str:
    """The name of targets that nobody has signed yet; empty if there are none. Raises `OutOfTurn`."""
    name = folder.newest("targets")
    if not name or is_signed(folder, name) or _was_signed(folder, name):
        return ""
    if forms.opened(folder.metadata()[name], Targets).signatures:
        raise OutOfTurn("half-signed", f"{name} was signed by somebody: finish that, or remove it first.")
    return name


def _waiting(folder: Folder, name: str, signed: dict[str, Any]) -> dict[str, Any]:
    """What a draft says; of what is released already it says nothing new. Raises `Invalid`."""
    drafted = json.loads(folder.metadata()[name])["signed"]["targets"]
    for one, entry in drafted.items():
        firmware_release.read(one, entry)
    return {one: signed.get(one, entry) for one, entry in drafted.items()}


def _replaced(one: Release, entries: dict[str, Any], signed: dict[str, Any]) -> list[str]:
    """What was drafted for the same devices as ``one``, and nobody has signed."""
    drafted = [firmware_release.read(name, entries[name]) for name in entries.keys() - signed.keys()]
    return [it.name for it in drafted if (it.hardware, it.devices) == (one.hardware, one.devices)]


def _was_signed(folder: Folder, name: str) -> bool:
    """By the keys of an earlier root."""
    return any(_is_by(root, folder.metadata()[name]) for root in roots(folder)[1:])


def _entry(name: str, built: Built, devices: list[str] | None) -> dict[str, Any]:
    hardware, _, version = name.removeprefix("rung-").removesuffix(".romfs").rpartition("-")
    custom: dict[str, Any] = {"hardware": hardware, "version": int(version), "journal": built.journal}
    custom["bill"] = hashlib.sha256(built.bill).hexdigest()
    if devices:
        custom["devices"] = devices
    digest = hashlib.sha256(built.image).hexdigest()
    return {"length": len(built.image), "hashes": {"sha256": digest}, "custom": custom}


def _check_newer(one: Release, entries: dict[str, Any]) -> None:
    for name, entry in entries.items():
        told = entry["custom"]
        if name != one.name and told["hardware"] == one.hardware and told["version"] >= one.version:
            raise OutOfTurn("rolled-back", f"There is {name} already: {one.name} needs a higher version.")


def _kept(entries: dict[str, Any]) -> list[str]:
    """The names that stay: the newest for each hardware, whether for all or for some devices."""
    groups: dict[tuple[str, bool], list[tuple[int, str]]] = {}
    for name, entry in entries.items():
        told = entry["custom"]
        group = groups.setdefault((told["hardware"], "devices" in told), [])
        group.append((told["version"], name))
    return sorted(name for group in groups.values() for _, name in sorted(group)[-KEPT:])
