"""What ``/v1/priors`` answers: priors in words and numbers, what they predict, and what they would change."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from models import prior_sentences
from models.prior_predictive import Band as Predicted
from models.prior_predictive import Point as Predicts
from models.prior_predictive import Preview as Prediction
from pos_client.core.calendar import rfc3339
from pricing_service import prior_store
from pricing_service.prior_preview import Plans

MOST_SHOWN = 20

State = Literal["draft", "waiting", "published"]
Chance = Annotated[int, Field(ge=0, le=10_000, description="basis points")]


class Listed(BaseModel):
    """A version of what is believed. Nothing but its state ever changes; ``version`` counts that and is the ETag."""

    id: str
    number: int = Field(description="1 is what Rung brings along.")
    version: int
    name: str
    note: str
    state: State = Field(description="`waiting`: for a second person to ask for its publication.")
    in_force: bool = Field(description="The next fits start from it.")
    created: str = Field(json_schema_extra={"format": "date-time"})
    created_by: str
    asked: str | None
    asked_by: str | None = Field(description="Who asked for its publication and could not decide alone.")
    published: str | None
    published_by: str | None


class Strength(BaseModel):
    """How many observations say as much as the prior; null where it is fixed."""

    amount: float | None
    unit: str
    formula: str


class Prior(Listed):
    prior: dict[str, Any] = Field(description="Every parameter as a density: see docs/priors.md.")
    sent: dict[str, Any] = Field(description="What its author sent, perhaps in words.")
    says: dict[str, str] = Field(description="Each parameter in a sentence.")
    strength: dict[str, Strength]


class PriorPage(BaseModel):
    items: list[Listed]
    next: int | None = Field(description="Send it as `before` for the next page; null on the last one.")


class Band(BaseModel):
    """A chance over all that the prior holds possible."""

    mean: Chance
    half: list[Chance] = Field(
        description="The two ends between which half of it lies.", min_length=2, max_length=2
    )
    most: list[Chance] = Field(description="The same for 95 %.", min_length=2, max_length=2)


class FirstOffer(BaseModel):
    """A first offer to a customer of whom nothing is known."""

    depth: int = Field(description="basis points of gross")
    accepted: Band = Field(description="While there are larger rungs above it.")
    at_the_top: Band = Field(description="Where it is the largest rung of its ladder.")
    walks_out: Band = Field(description="Refused, and the customer leaves.")


class ByType(BaseModel):
    indifferent: Band
    hunter: Band
    sensitive: Band


class ChangedPlan(BaseModel):
    checkout_id: str
    before: list[int] = Field(description="Rungs of its ladder, in the order they would be offered.")
    after: list[int]


class Changes(BaseModel):
    """The plans of the last 30 days, made with the release in force and with one at the middle of the prior."""

    since: str = Field(json_schema_extra={"format": "date-time"})
    checkouts: int = Field(description="How many were looked at.")
    sampled: bool = Field(description="There are more; these lie evenly spaced among them.")
    changed: int
    share: Chance
    needs_second_person: bool = Field(description="So many would change that two people must ask for it.")
    examples: list[ChangedPlan] = Field(description="The first of them.")


class Preview(BaseModel):
    id: str
    acceptance: list[FirstOffer] = Field(description="The prior predictive of first offers by depth.")
    types: ByType
    leave: ByType = Field(description="Walks out after a refusal.")
    leave_end: ByType = Field(description="Walks out after the last offer was refused.")
    plans: Changes


class Published(Prior):
    plans: Changes


def listed(kept: prior_store.Prior, present: int) -> dict[str, Any]:
    """The members of `Listed`; ``present`` is the number of the prior in force."""
    times = {name: getattr(kept, name) for name in ("created", "asked", "published")}
    told = {name: None if value is None else rfc3339(value) for name, value in times.items()}
    same = {name: getattr(kept, name) for name in Listed.model_fields.keys() & set(kept._fields)}
    return {**same, **told, "name": kept.body["name"], "in_force": kept.number == present}


def answer(kept: prior_store.Prior, present: int) -> Prior:
    """A prior as it is answered."""
    read = prior_store.read(kept.body)
    strength = {name: Strength(**worth._asdict()) for name, worth in prior_sentences.strength(read).items()}
    return Prior(
        **listed(kept, present),
        prior=kept.body,
        sent=kept.sent,
        says=prior_sentences.says(read),
        strength=strength,
    )


def preview(prior_id: str, told: Prediction, plans: Plans) -> Preview:
    """A prediction and its consequences as they are answered."""
    return Preview(
        id=prior_id,
        acceptance=[_point(point) for point in told.curve],
        types=_by_type(told.types),
        leave=_by_type(told.leave),
        leave_end=_by_type(told.leave_end),
        plans=changes(plans),
    )


def changes(plans: Plans) -> Changes:
    """The plans that would be others, the first of them shown."""
    shown = plans.changed[:MOST_SHOWN]
    return Changes(
        since=rfc3339(plans.since),
        checkouts=plans.looked_at,
        sampled=plans.sampled,
        changed=len(plans.changed),
        share=plans.share,
        needs_second_person=plans.share > prior_store.MOST_CHANGED,
        examples=[ChangedPlan(**each._asdict()) for each in shown],
    )


def _point(point: Predicts) -> FirstOffer:
    return FirstOffer(
        depth=point.depth,
        accepted=_band(point.accepted),
        at_the_top=_band(point.at_the_top),
        walks_out=_band(point.walks_out),
    )


def _by_type(bands: tuple[Predicted, ...]) -> ByType:
    first, second, third = (_band(band) for band in bands)
    return ByType(indifferent=first, hunter=second, sensitive=third)


def _band(band: Predicted) -> Band:
    return Band(
        mean=_chance(band.mean),
        half=[_chance(end) for end in band.half],
        most=[_chance(end) for end in band.most],
    )


def _chance(value: float) -> int:
    return min(round(10_000 * value), 10_000)
