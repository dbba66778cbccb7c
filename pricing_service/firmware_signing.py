"""Adding one signature to what is about to be released, and what its signer has to see before.

A signer believes the first root that all agreed on, whose fingerprint they keep beside their key, and nothing else of
what they are handed: from it the chain of roots is followed, by it what was released before is verified, and what is
new is shown.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from tuf.api.exceptions import RepositoryError
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import firmware_building as building
from pricing_service import firmware_drafting as drafting
from pricing_service import firmware_forms as forms
from pricing_service import firmware_release
from pricing_service.firmware_folder import Folder
from pricing_service.firmware_forms import CryptoSigner, Root, Targets


class Question(NamedTuple):
    """What is put before a signer: the file, what signing it says (one sentence each), and the new releases."""

    file: str
    says: list[str]
    new: list[str]


def fingerprint(folder: Folder) -> str:
    """SHA-256 of what the first root says, in hex: to be compared by telephone. Raises `OutOfTurn`."""
    first = folder.metadata().get("1.root.json")
    if first is None:
        raise OutOfTurn("no-root", f"{folder.path} has no root: `rung firmware root` drafts one.")
    return hashlib.sha256(forms.opened(first, Root).signed_bytes).hexdigest()


def asked(folder: Folder, trusted: str, public: str) -> Question:
    """What the holder of a key is to sign; ``trusted`` is the fingerprint they keep. Raises `Refused`."""
    if fingerprint(folder) != trusted:
        raise Invalid("key-unknown", f"The first root of {folder.path} is not the one you trust.")
    root, drafted = _followed(folder)
    if drafted is not None:
        name = f"{drafted.version}.root.json"
        _check_role(public, [drafted, root], "root")
        _check_unsigned(folder, name, public)
        return Question(name, _root_says(drafted, root), [])
    assert root is not None
    name = folder.newest("targets")
    if not name:
        raise OutOfTurn(
            "nothing-to-sign", "Every root is signed, and no release is drafted: `rung firmware build`."
        )
    _check_role(public, [root], "targets")
    _check_unsigned(folder, name, public)
    return _about_targets(folder, root, name)


def sign(folder: Folder, name: str, signer: CryptoSigner) -> int:
    """Add a signature to a file; how many there are then. Raises `Refused`."""
    data = folder.metadata()[name]
    metadata = forms.opened(data, Root, Targets)
    if forms.spelt(metadata) != data:
        raise Invalid("metadata-altered", f"{name} is not spelt as it was drafted: draft it anew.")
    _check_unsigned(folder, name, forms.digits(signer.public_key))
    before = metadata.signed_bytes
    metadata.sign(signer, append=True)
    signed = forms.spelt(metadata)
    assert forms.opened(signed).signed_bytes == before
    folder.put(name, signed)
    return len(metadata.signatures)


def check_rebuilt(folder: Folder, question: Question, checkout: Path) -> None:
    """Build every new release again and compare. Raises `Invalid` where the bytes are others."""
    for name in question.new:
        bill, hardware, version = folder.bill(name), *_named(name)
        commit = building.found(checkout, building.commit_of(bill or b""))
        if building.built(checkout, commit, hardware, version).image != folder.image(name):
            raise Invalid(
                "not-reproduced", f"{name} is not what {commit.digest[:12]} builds here: do not sign it."
            )


def _followed(folder: Folder) -> tuple[Root | None, Root | None]:
    """(the newest root that is signed, the one that is drafted after it): one of the two is there."""
    files = folder.metadata()
    if not drafting.is_signed(folder, "1.root.json"):
        return None, forms.said(Root, files["1.root.json"])
    try:
        chain = TrustedMetadataSet(files["1.root.json"], EnvelopeType.METADATA)
        while (name := f"{chain.root.version + 1}.root.json") in files:
            if not drafting.is_signed(folder, name):
                return chain.root, forms.said(Root, files[name])
            chain.update_root(files[name])
    except RepositoryError as error:
        raise Invalid("key-unknown", f"The roots do not follow from the one you trust: {error}") from error
    return chain.root, None


def _about_targets(folder: Folder, root: Root, name: str) -> Question:
    data = folder.metadata()[name]
    version, before = drafting.before(folder, name)
    said = json.loads(data)["signed"]
    entries = said["targets"]
    if said["version"] <= version:
        raise OutOfTurn("rolled-back", f"{name} is not newer than {version}.targets.json.")
    new = sorted(one for one in entries if one not in before)
    says = [_release_says(folder, one, entries[one]) for one in new]
    for one in sorted(entries.keys() & before.keys()):
        if entries[one] != before[one]:
            raise Invalid("release-changed", f"{one} was released with other bytes.")
    says += [f"{one} is not offered any more" for one in sorted(before.keys() - entries.keys())]
    says.append(f"{len(entries)} releases on offer until {said['expires'][:10]}, by root {root.version}")
    return Question(name, says, new)


def _release_says(folder: Folder, name: str, entry: dict[str, Any]) -> str:
    """Raises `Refused` where image or bill are not those of the entry."""
    one = firmware_release.read(name, entry)
    image, bill = folder.image(name), folder.bill(name)
    if image is None or bill is None:
        raise Invalid("missing", f"{folder.path} lacks the image of {name} or its bill of materials.")
    firmware_release.check_image(one, image)
    firmware_release.added([], {name: entry}, {name: bill.decode()})
    whom = "every device" if one.devices is None else ", ".join(one.devices)
    commit = building.commit_of(bill)[:12]
    return f"{name} for {whom}: {one.length} bytes of commit {commit}, SHA-256 {one.sha256}"


def _root_says(drafted: Root, before: Root | None) -> list[str]:
    """Who may sign what from now on."""
    says = []
    for role in forms.THRESHOLDS:
        now = _public_of(drafted, role)
        past = set() if before is None else _public_of(before, role)
        says += [f"{role}: {one} is new" for one in sorted(now - past)]
        says += [f"{role}: {one} signs no more" for one in sorted(past - now)]
        says.append(f"{role}: {drafted.roles[role].threshold} of {len(now)} keys")
    return says


def _check_role(public: str, roots: list[Root | None], role: str) -> None:
    if not any(public in _public_of(root, role) for root in roots if root is not None):
        signed = forms.SIGNED_BY[role]
        raise Invalid("wrong-role", f"Keys for {signed} sign what waits here, and yours is none of them.")


def _check_unsigned(folder: Folder, name: str, public: str) -> None:
    """Raises `OutOfTurn` before anybody reads, types and confirms for nothing."""
    metadata = forms.opened(folder.metadata()[name], Root, Targets)
    if forms.public(public).keyid in metadata.signatures:
        raise OutOfTurn("signed-already", f"{name} has the signature of this key: another one has to sign.")


def _public_of(root: Root, role: str) -> set[str]:
    return {forms.digits(root.keys[one]) for one in root.roles[role].keyids}


def _named(name: str) -> tuple[str, int]:
    hardware, _, version = name.removeprefix("rung-").removesuffix(".romfs").rpartition("-")
    return hardware, int(version)
