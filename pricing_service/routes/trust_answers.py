"""What ``/v1/trust`` answers: whom the service does not learn from, since when and why."""

from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, text

from pos_client.core.calendar import rfc3339
from pricing_service import trust_sentences, trust_store
from pricing_service.trust_store import Entry

OCCURRED = text("SELECT occurred FROM events WHERE position >= :position ORDER BY position LIMIT 1")
Kind = Literal["cashier", "device"]
SAME = (
    "id", "kind", "store", "name", "state", "reason", "taken_back", "left_out", "note", "set_by", "ended_by",
    "ended_note",
)  # fmt: skip


class Figures(BaseModel):
    """What the guard counted; all null where a person set it."""

    hits: int | None = Field(description="Of these, how many fit the pattern.")
    trials: int | None = Field(description="Reactions or records since it began.")
    expected: float | None = Field(description="How many an honest source would have.")
    bound: float | None = Field(
        description="An honest source raises such an alarm in a year of 20,000 checkouts with this chance at most."
    )


class Distrusted(BaseModel):
    """One cashier or till whose records teach nothing, or taught nothing for a while."""

    id: int
    kind: Kind
    store: str
    name: str = Field(description="As the point of sale, or the till, names it.")
    state: Literal["distrusted", "ended", "cleared"] = Field(
        description="`ended`: records teach again, those of the time before stay out. `cleared`: all teach again."
    )
    since: str | None = Field(
        description="When the first of these records was made; null where none has come yet.",
        json_schema_extra={"format": "date-time"},
    )
    reason: str = Field(description="The pattern the guard found, or `person`.")
    says: str = Field(description="Why, in a sentence.")
    sure: str = Field(description="How sure that is; empty where a person set it.")
    follows: str = Field(description="What was done with the records.")
    figures: Figures
    taken_back: int = Field(description="Records that had been learnt and teach nothing now.")
    left_out: int = Field(description="Records since then.")
    carried: bool = Field(description="Whether the beliefs of all customers follow already.")
    note: str
    set_by: str = Field(description="`guard`, or a person.")
    set_at: str = Field(json_schema_extra={"format": "date-time"})
    ended_by: str | None
    ended_at: str | None = Field(json_schema_extra={"format": "date-time"})
    ended_note: str | None


class Trusts(BaseModel):
    says: str
    watched: int = Field(description="Cashiers and tills that are watched.")
    judged: int = Field(description="Those of them with enough records to tell.")
    items: list[Distrusted] = Field(description="The latest first.")
    next: int | None = Field(description="`before` of the next page.")


def told(connection: Connection, entry: Entry) -> Distrusted:
    """One entry of the table, as it is told."""
    since = connection.execute(OCCURRED, {"position": entry.first}).scalar()
    times = {"since": since, "set_at": entry.set_at, "ended_at": entry.ended_at}
    return Distrusted.model_validate(
        {name: getattr(entry, name) for name in SAME}
        | {name: None if at is None else rfc3339(at) for name, at in times.items()}
        | {
            "says": trust_sentences.why(entry),
            "sure": trust_sentences.how_sure(entry),
            "follows": trust_sentences.what_follows(entry),
            "figures": trust_sentences.figures(entry),
            "carried": entry.swept >= entry.until,
        }
    )


def says(distrusted: int, watched: int, judged: int) -> str:
    """All of it in a sentence."""
    if distrusted:
        noun = "source teaches" if distrusted == 1 else "sources teach"
        return f"{distrusted} {noun} nothing for now, of {watched} cashiers and tills that are watched."
    if watched < 2:
        return "Nobody is distrusted, and there is nobody to compare with yet."
    few = f"too few to judge: fewer than {trust_store.ENOUGH}"
    if judged < 2:
        return f"Nobody is distrusted, and records of {watched} cashiers and tills are {few} each."
    if judged < watched:
        alike = f"Records of {judged} cashiers and tills look alike enough"
        return f"{alike}; those of {watched - judged} more are {few} each."
    return f"Records of all {watched} cashiers and tills that are watched look alike enough."
