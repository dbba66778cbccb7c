"""What is told of a rollout, and how one is asked for."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import rollout_body, rollout_store
from pricing_service.problem import NAME, TEXT
from pricing_service.rollout_body import DEADLINE, LONGEST, MOST_DEVICES, MOST_GROUPS, MOST_TILLS, TRIAL
from pricing_service.rollout_store import Member, Rollout


class RolloutPart(BaseModel):
    """One of the two."""

    tills: int | None
    percent: int | None


class Stop(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    note: str = Field(min_length=1, max_length=400, pattern=TEXT)


class RolloutGroup(BaseModel):
    """A group and how it fares."""

    name: str
    success: RolloutPart
    errors: RolloutPart
    at_once: RolloutPart
    watch: int
    records: int
    tills: int = Field(description="How many there are; who was revoked is not counted.")
    working: int = Field(description="Told, or on trial.")
    tried: int = Field(description="Ever ran it.")
    good: int
    failed: int


class RolloutTold(BaseModel):
    """A rollout as it stands."""

    id: str
    release: str
    hardware: str
    version: int
    state: str = Field(
        description="`asked` until somebody else approves it, `running`, `paused`, `stopped` or `done`."
    )
    group: str = Field(description="The group that was begun last.")
    why: str = Field(description="Why it stopped.")
    note: str
    deadline: int
    trial: int
    groups: list[RolloutGroup]
    created: str = Field(json_schema_extra={"format": "date-time"})
    created_by: str
    approved: str | None
    approved_by: str | None
    changed: str = Field(json_schema_extra={"format": "date-time"})
    changed_by: str


class RolloutList(BaseModel):
    items: list[RolloutTold]
    next: str | None


class RolloutTill(BaseModel):
    """A till in a rollout."""

    device: str
    group: str
    state: str = Field(description="`waiting`, `told`, `tried`, `confirmed`, `good` or `failed`.")
    why: str = Field(description="Why it failed, or was refused what it was told.")
    told: str | None
    tried: str | None
    confirmed: str | None
    seen: str | None


class RolloutTills(BaseModel):
    items: list[RolloutTill]
    next: str | None


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _number(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def _words(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, "pattern": TEXT, **more}


def _part(told: str) -> dict[str, Any]:
    units = {"tills": _number(0, MOST_TILLS), "percent": _number(0, 100)}
    return {"description": told, "oneOf": [_object({unit: size}, unit) for unit, size in units.items()]}


_DEVICES = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_DEVICES,
    "items": {"type": "string", "pattern": NAME},
}
_GROUP = _object(
    {
        "name": _words(1, 40),
        "tills": _number(1, MOST_TILLS),
        "percent": _number(1, 100, description="Of all tills of the hardware, one at least."),
        "devices": {**_DEVICES, "description": "By name. The last group has neither: all that are left."},
        "success": _part("So many have to be good before the next group begins."),
        "errors": _part("More failures than that, and the rollout stops."),
        "at_once": _part("No more are told and have not confirmed yet; one always may."),
        "records": _number(
            0,
            100,
            default=0,
            description="Decisions that are made again, and the same, before a trial is over.",
        ),
        "watch": _number(
            0, LONGEST, description="Seconds without trouble after which who confirmed is good."
        ),
    },
    "name",
)
SENT = _object(
    {
        "id": {
            "type": "string",
            "pattern": NAME,
            "description": "Of your choice; asked again with the same, it is the same.",
        },
        "release": _words(1, 64, description="The name of a release."),
        "note": _words(0, 400),
        "deadline": _number(
            600,
            LONGEST,
            default=DEADLINE,
            description="Seconds; who was told and is silent for so long has failed.",
        ),
        "trial": _number(
            0, 1800, default=TRIAL, description="Seconds on trial without trouble before it may be confirmed."
        ),
        "groups": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_GROUPS,
            "items": _GROUP,
            "description": "Without them: 1 %, then 10 %, then the rest.",
        },
    },
    "id",
    "release",
)
EXAMPLES: dict[str, dict[str, Any]] = {
    "the usual groups": {"id": "winter-1", "release": "rung-rp2-pico-w-7.romfs"},
    "own groups": {
        "id": "winter-2",
        "release": "rung-rp2-pico-w-7.romfs",
        "note": "Our own shop first.",
        "groups": [
            {
                "name": "ours",
                "devices": ["till-1"],
                "success": {"tills": 1},
                "errors": {"tills": 0},
                "watch": 3600,
            },
            {"name": "rest", "success": {"percent": 98}, "errors": {"percent": 2}, "at_once": {"tills": 50}},
        ],
    },
}


def told(connection: Connection, one: Rollout) -> RolloutTold:
    """A rollout with its groups as they fare now."""
    kept = one.kept
    groups = [
        RolloutGroup(
            name=wanted.group.name,
            watch=wanted.watch,
            records=wanted.records,
            **{
                name: _told_part(rollout_body.told(wanted)[name]) for name in ("success", "errors", "at_once")
            },
            **tally._asdict(),
        )
        for wanted, tally in zip(one.groups, rollout_store.tallies(connection, one), strict=True)
    ]
    return RolloutTold(
        **{name: getattr(kept, name) for name in ("id", "release", "hardware", "version", "state", "why")},
        **{name: getattr(kept, name) for name in ("created_by", "approved_by", "changed_by")},
        **{name: getattr(one.asked, name) for name in ("note", "deadline", "trial")},
        group=one.groups[kept.reached].group.name,
        groups=groups,
        created=rfc3339(kept.created),
        approved=_when(kept.approved),
        changed=rfc3339(kept.changed),
    )


def member(rollout: Rollout, one: Member) -> RolloutTill:
    """A till of it."""
    times = {name: _when(getattr(one.till, name)) for name in ("told", "tried", "confirmed", "seen")}
    group = rollout.groups[one.place].group.name
    return RolloutTill(device=one.device, group=group, state=one.till.state, why=one.till.why, **times)


def _told_part(given: dict[str, int]) -> RolloutPart:
    return RolloutPart(tills=given.get("tills"), percent=given.get("percent"))


def _when(seconds: int | None) -> str | None:
    return rfc3339(seconds) if seconds else None
