"""A rollout as it is asked for: which release, in which groups, under which terms."""

import json
import re
from typing import Any, NamedTuple

from pos_client.core.record import Invalid, fields, integer, listing
from pos_client.core.record import text as words
from pricing_service.json_body import read_alone
from pricing_service.rollout_groups import DEFAULT, HOUR, Wanted
from pricing_service.rollout_law import Group, Part

NAME = re.compile("[A-Za-z0-9._-]{1,64}")
DEADLINE, TRIAL = 24 * HOUR, 300
LONGEST = 14 * 24 * HOUR  # of a deadline or a watch, seconds
MOST_GROUPS, MOST_DEVICES, MOST_TILLS = 10, 1000, 1_000_000
_part = fields({}, {"tills": integer(0, MOST_TILLS), "percent": integer(0, 100)})
_device = words(64)
_group = fields(
    {"name": words(40)},
    {
        "tills": integer(1, MOST_TILLS),
        "percent": integer(1, 100),
        "devices": listing(_device, MOST_DEVICES, 1),
    },
    {
        "success": _part,
        "errors": _part,
        "at_once": _part,
        "watch": integer(0, LONGEST),
        "records": integer(0, 100),
    },
)
_read = fields(
    {"id": words(64), "release": words(64)},
    {"note": words(400, 0), "deadline": integer(600, LONGEST), "trial": integer(0, 1800)},
    {"groups": listing(_group, MOST_GROUPS, 1)},
)


class Asked(NamedTuple):
    """``deadline`` and ``trial`` in seconds, as `rollout_till.Terms` has them."""

    id: str
    release: str
    note: str
    deadline: int
    trial: int
    groups: tuple[Wanted, ...]


def read(sent: dict[str, Any]) -> Asked:
    """Raises `Invalid`. Without ``groups`` there are those of `rollout_groups.DEFAULT`."""
    given = read_alone(lambda each: _read(each, "rollout"), sent, "rollout")
    if not NAME.fullmatch(given["id"]):
        raise Invalid("rollout-id", "`id` needs 1 to 64 letters, digits, dots, dashes or underscores.")
    groups = groups_of(given["groups"]) if "groups" in given else DEFAULT
    told = {
        name: given.get(name, default)
        for name, default in (("note", ""), ("deadline", DEADLINE), ("trial", TRIAL))
    }
    return Asked(given["id"], given["release"], groups=groups, **told)


def groups_of(given: list[dict[str, Any]]) -> tuple[Wanted, ...]:
    """Groups as they are sent and kept. Raises `Invalid`."""
    names = [group["name"] for group in given]
    if len(set(names)) < len(names):
        raise Invalid("group-twice", "Each group needs a name of its own.")
    return tuple(_wanted(group) for group in given)


def written(groups: list[Wanted]) -> str:
    """Groups as they are kept: `groups_of` reads them again."""
    return json.dumps([told(group) for group in groups])


def told(wanted: Wanted) -> dict[str, Any]:
    """A group as it is sent."""
    size = {} if wanted.size is None else _unit(wanted.size)
    devices = {"devices": list(wanted.devices)} if wanted.devices else {}
    group = wanted.group
    limits = {name: _unit(getattr(group, name)) for name in ("success", "errors", "at_once")}
    return {"name": group.name, **size, **devices, **limits, "watch": wanted.watch, "records": wanted.records}


def _wanted(given: dict[str, Any]) -> Wanted:
    if sum(name in given for name in ("tills", "percent", "devices")) > 1:
        raise Invalid(
            "group-size", f"{given['name']}: send one of tills, percent and devices, or none for the rest."
        )
    usual = DEFAULT[-1]
    limits = {
        name: _limit(given, name, getattr(usual.group, name)) for name in ("success", "errors", "at_once")
    }
    size = (
        Part(given["tills"])
        if "tills" in given
        else Part(given["percent"], True)
        if "percent" in given
        else None
    )
    devices = tuple(given.get("devices", ()))
    return Wanted(
        Group(given["name"], **limits),
        given.get("watch", usual.watch),
        size,
        devices,
        given.get("records", 0),
    )


def _limit(given: dict[str, Any], name: str, default: Part) -> Part:
    part = given.get(name)
    if part is None:
        return default
    if len(part) != 1:
        raise Invalid(
            "group-limit", f"{given['name']}: {name} is so many tills or so many percent, one of the two."
        )
    return Part(part["tills"]) if "tills" in part else Part(part["percent"], True)


def _unit(part: Part) -> dict[str, int]:
    return {"percent": part.number} if part.percent else {"tills": part.number}
