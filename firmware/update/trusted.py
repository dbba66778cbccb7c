"""The metadata a device trusts, in the order of The Update Framework: root, timestamp, snapshot, targets.

No input or output: bytes come in, and are trusted or raise `Refusal`; ``ratchet`` is to be kept afterwards, also
after a refusal, since what was good until then counts. python-tuf's ``TrustedMetadataSet`` is the model and, in the
tests, the judge; where this one is stricter, `docs/updates.md` says so.
"""

import hashlib
from binascii import hexlify, unhexlify

from firmware.update import ed25519
from firmware.update.envelope import opened
from firmware.update.ratchet import MOST_REVOKED, lifted
from firmware.update.refusal import Refusal
from firmware.update.role import MOST_BYTES, ROLES, keys_of, pinned, read


class Trusted:
    """``now`` is Unix seconds, at least the clock floor. ``pause`` is called before each check of a signature: it takes
    a second or two on a slow board, whose watchdog wants to be fed. ``verify`` is that of `ed25519`."""

    def __init__(self, root: bytes, ratchet: dict, now: int, pause=lambda: None, verify=ed25519.verify):
        self.ratchet = ratchet
        self._now = now
        self._pause = pause
        self._verify = verify
        self._pins = {}
        self.root = self._self_signed(root)
        if self.root["version"] < ratchet["root"]:
            raise Refusal("rolled-back", "the root on this device is older than one it trusted")

    def update_root(self, data: bytes) -> None:
        """The next root, signed by the keys of this one and by its own. It may have expired: another may follow."""
        envelope = self._opened("root", data)
        signers = self._signers(envelope, keys_of(self.root, "root")[0])
        self._enough(envelope, "root", self.root, signers)
        content = read("root", envelope.signed)
        if content["version"] != self.root["version"] + 1:
            raise Refusal(
                "rolled-back" if content["version"] <= self.root["version"] else "mixed", "not the next root"
            )
        for role in ROLES:
            keys_of(content, role)
        signers.update(self._signers(envelope, _others(content, self.root)))
        self._enough(envelope, "root", content, signers)
        self._remember_revoked(content)
        self.root = content

    def update_timestamp(self, data: bytes) -> None:
        """After the last root there is; that one must not have expired."""
        self._final_root()
        content, signers = self._verified("timestamp", data)
        pin = pinned(content, "snapshot.json")
        if content["version"] < self.ratchet["timestamp"] or pin["version"] < self.ratchet["snapshot"]:
            raise Refusal("rolled-back", "there was a newer timestamp")
        if content["expires"] <= self._now:
            raise Refusal(
                "frozen", "the newest timestamp has expired: somebody holds newer ones back, or none are made"
            )
        self._lift("timestamp", signers, timestamp=content["version"], snapshot=pin["version"])
        self._pins["snapshot"] = pin

    def update_snapshot(self, data: bytes) -> None:
        """The one the timestamp names."""
        content, signers = self._pinned("snapshot", data)
        pin = pinned(content, "targets.json")
        if pin["version"] < self.ratchet["targets"]:
            raise Refusal("rolled-back", "there were newer targets")
        self._lift("snapshot", signers, targets=pin["version"])
        self._pins["targets"] = pin

    def update_targets(self, data: bytes) -> dict:
        """The targets the snapshot names: name -> length, hashes, custom."""
        content, _ = self._pinned("targets", data)
        targets = content.get("targets")
        if type(targets) is not dict or content.get("delegations"):
            raise Refusal("metadata-form", "these are no targets that a device reads")
        return targets

    def version_of(self, role: str) -> int:
        """Which snapshot or targets to ask for."""
        return self._pins[role]["version"]

    def _self_signed(self, data: bytes) -> dict:
        envelope = self._opened("root", data)
        content = read("root", envelope.signed)
        self._enough(envelope, "root", content, self._signers(envelope, keys_of(content, "root")[0]))
        return content

    def _final_root(self) -> None:
        """What the root decides once it is the last one: it is not too old, and whose old claims still count."""
        if self.root["expires"] <= self._now:
            raise Refusal("expired", "the root has expired")
        self.ratchet = lifted(self.ratchet, root=self.root["version"])
        for role, versions in (("timestamp", ("timestamp", "snapshot")), ("snapshot", ("targets",))):
            keys, threshold = keys_of(self.root, role)
            by = self.ratchet["by"].get(role, [])
            if len([public for public in set(keys.values()) if public in by]) < threshold:
                for name in versions:
                    self.ratchet[name] = 0

    def _pinned(self, role: str, data: bytes) -> tuple:
        """(content, signers) of the very file that was named, not of another that is signed as well."""
        content, signers = self._verified(role, data)
        pin = self._pins[role]
        if content["version"] != pin["version"] or len(data) != pin.get("length", len(data)):
            raise Refusal("mixed", "this is another " + role + " than the one that belongs to the rest")
        if "hashes" in pin and hexlify(hashlib.sha256(data).digest()).decode() != pin["hashes"]["sha256"]:
            raise Refusal("mixed", "this is another " + role + " of the same version")
        if content["expires"] <= self._now:
            raise Refusal("expired", "the " + role + " has expired")
        return content, signers

    def _verified(self, role: str, data: bytes) -> tuple:
        envelope = self._opened(role, data)
        signers = self._signers(envelope, keys_of(self.root, role)[0])
        self._enough(envelope, role, self.root, signers)
        return read(role, envelope.signed), sorted(signers)

    def _opened(self, role: str, data: bytes):
        if len(data) > MOST_BYTES[role]:
            raise Refusal("too-long", "no " + role + " has that many bytes")
        return opened(data)

    def _signers(self, envelope, keys: dict) -> set:
        """The public keys, of ``keys``, whose signatures hold. Two ids of one key are one signer."""
        good = set()
        for keyid, signature in envelope.signatures:
            if keyid in keys:
                self._pause()
                if self._verify(unhexlify(keys[keyid]), [envelope.signed], signature):
                    good.add(keys[keyid])
        return good

    def _enough(self, envelope, role: str, root: dict, signers: set) -> None:
        keys, threshold = keys_of(root, role)
        held = [public for public in set(keys.values()) if public in signers]
        if len(held) < threshold or _is_repeated(envelope):
            others = [keyid for one in ROLES if one != role for keyid in keys_of(root, one)[0]]
            why = self._why(envelope, role, keys, others, len(held))
            raise Refusal(why, "not enough signatures under the " + role)

    def _why(self, envelope, role: str, keys: dict, others: list, held: int) -> str:
        """The most telling of the reasons why signatures are missing."""
        signed_by = [keyid for keyid, _ in envelope.signatures]
        if [one for one in ROLES if one != role and envelope.says_it_is(one)]:
            return "wrong-role"
        if [keyid for keyid in signed_by if keyid in self.ratchet["revoked"] and keyid not in keys]:
            return "key-revoked"
        if len(set([keys[keyid] for keyid in signed_by if keyid in keys])) > held:
            return "metadata-altered"
        if [keyid for keyid in signed_by if keyid in others and keyid not in keys]:
            return "wrong-role"
        return "threshold" if held else "key-unknown"

    def _remember_revoked(self, new: dict) -> None:
        gone = sorted([keyid for keyid in self.root["keys"] if keyid not in new["keys"]])
        self.ratchet = self.ratchet.copy()
        self.ratchet["revoked"] = (self.ratchet["revoked"] + gone)[-MOST_REVOKED:]

    def _lift(self, role: str, signers: list, **versions) -> None:
        self.ratchet = lifted(self.ratchet, **versions)
        self.ratchet["by"] = self.ratchet["by"].copy()
        self.ratchet["by"][role] = signers


def _others(new: dict, old: dict) -> dict:
    """The keys of a new root that the old one does not name alike; the others are checked already."""
    known = keys_of(old, "root")[0]
    keys = keys_of(new, "root")[0]
    return {keyid: public for keyid, public in keys.items() if known.get(keyid) != public}


def _is_repeated(envelope) -> bool:
    keyids = [keyid for keyid, _ in envelope.signatures]
    return len(set(keyids)) < len(keyids)
