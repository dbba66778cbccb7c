"""What the service signs by itself: which targets are the newest (snapshot), and that this is still so (timestamp).

Neither says what an image is, so its key may lie on a server: who steals it can hold devices back, no more.
Versions are minutes since 1970, or one more than the last: a database that was set back to a copy goes on above what
devices have seen.
"""

from pos_client.core.record import Refused
from pricing_service import firmware_forms as forms
from pricing_service.firmware_forms import CryptoSigner, Root, Snapshot, Timestamp

Files = dict[str, bytes]


class OnlineKeys:
    """The keys of this service: the present one, and the next one while a root is on its way that names it."""

    def __init__(self, seeds: list[bytes]) -> None:
        self._signers = [forms.signer(seed) for seed in seeds]

    @property
    def public(self) -> list[str]:
        """In hexadecimal digits."""
        return [forms.digits(one.public_key) for one in self._signers]

    def of(self, root: Root, role: str) -> CryptoSigner:
        """The one that a root names for a role. Raises `Refused`."""
        for one in self._signers:
            if one.public_key.keyid in root.roles[role].keyids:
                return one
        detail = f"The root names another key for {role} than this service has: see `rung firmware key`."
        raise Refused("service-key", detail)


def with_targets(held: Files, root: Root, name: str, body: bytes, keys: OnlineKeys, now: int) -> Files:
    """A snapshot and a timestamp for the targets ``name`` (`7.targets.json`)."""
    version = _next(held, now)
    what = forms.snapshot(version, body, int(name.partition(".")[0]), now)
    data = forms.signed(what, keys.of(root, "snapshot"))
    return {f"{version}.snapshot.json": data, **_timestamp(root, version, data, version, keys, now)}


def renewed(held: Files, root: Root, keys: OnlineKeys, now: int) -> Files:
    """A timestamp that is good for some more days, and a snapshot where half of its life is over."""
    body = newest_snapshot(held)[1]
    snapshot = forms.said(Snapshot, body)
    if snapshot.expires.timestamp() - now < forms.DAYS["snapshot"] * forms.DAY / 2:
        named = f"{snapshot.meta['targets.json'].version}.targets.json"
        return with_targets(held, root, named, held[named], keys, now)
    return _timestamp(root, _next(held, now), body, snapshot.version, keys, now)


def newest_snapshot(held: Files) -> tuple[str, bytes]:
    """(name, bytes) of the one that the timestamp names."""
    version = forms.said(Timestamp, held["timestamp.json"]).snapshot_meta.version
    name = f"{version}.snapshot.json"
    return name, held[name]


def _timestamp(root: Root, version: int, snapshot: bytes, number: int, keys: OnlineKeys, now: int) -> Files:
    what = forms.timestamp(version, snapshot, number, now)
    return {"timestamp.json": forms.signed(what, keys.of(root, "timestamp"))}


def _next(held: Files, now: int) -> int:
    if "timestamp.json" not in held:
        return now // 60
    return max(forms.said(Timestamp, held["timestamp.json"]).version + 1, now // 60)
