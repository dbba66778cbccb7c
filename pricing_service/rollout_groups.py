"""Which tills are in which group of a rollout: pure, and the same for the same names.

A group is so many tills, so many per cent of all, or those that are named; the last one takes all that are left, and
who comes later. Tills are taken in the order of a hash of the rollout's id and their name, so that it is not the same
few each time, nor all of one shop.
"""

from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import NamedTuple

from pos_client.core.record import Invalid
from pricing_service.rollout_law import Group, Part


class Wanted(NamedTuple):
    """A group as it was asked for: ``size``, or ``devices`` by name, or neither for all that are left. ``watch`` and
    ``records`` as `rollout_till.Terms` has them; tills that have to show records are told while they sell."""

    group: Group
    watch: int
    size: Part | None = None
    devices: tuple[str, ...] = ()
    records: int = 0

    @property
    def is_rest(self) -> bool:
        return self.size is None and not self.devices


HOUR = 3600
DEFAULT = (
    Wanted(Group("canary", Part(90, True), Part(10, True), Part(100, True)), 24 * HOUR, Part(1, True), (), 1),
    Wanted(Group("early", Part(95, True), Part(2, True), Part(25, True)), 4 * HOUR, Part(10, True)),
    Wanted(Group("rest", Part(98, True), Part(1, True), Part(10, True)), HOUR),
)


def split(rollout: str, wanted: Sequence[Wanted], tills: Collection[str]) -> list[tuple[Wanted, list[str]]]:
    """The groups with their tills; one that would be empty is left out, but for the last.

    Raises `Invalid` where a till is named that is not there, or where not the last group, and it alone, takes what is
    left.
    """
    named = {name for group in wanted for name in group.devices}
    _check(wanted, tills, named)
    left = sorted(tills, key=lambda name: sha256(f"{rollout}/{name}".encode()).digest())
    groups = []
    for group in wanted:
        free = [name for name in left if name not in named]
        taken = list(group.devices) or free[: _size(group, len(tills))]
        left = [name for name in left if name not in taken]
        if taken or group.is_rest:
            groups.append((group, taken))
    return groups


def _check(wanted: Sequence[Wanted], tills: Collection[str], named: Collection[str]) -> None:
    if [group.is_rest for group in wanted] != [False] * (len(wanted) - 1) + [True]:
        raise Invalid(
            "groups-order", "The last group, and it alone, has no size: it takes all that are left."
        )
    if sum(len(group.devices) for group in wanted) > len(named):
        raise Invalid("device-twice", "A till is named twice.")
    if set(named) - set(tills):
        name = sorted(set(named) - set(tills))[0]
        raise Invalid(
            "unknown-device",
            f"{name} is not enrolled, never reported this hardware, or has this version or a newer one already.",
        )


def _size(group: Wanted, tills: int) -> int:
    return tills if group.size is None else max(1, group.size.down(tills))
