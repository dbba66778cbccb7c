"""The firmware of tills: what each reported last, and how releases come to them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


def _text() -> Column:
    return Column(Text, nullable=False)


class FirmwareReports(SQLModel, table=True):
    """The last report of a till, as `fleet_reports.Report` says it. ``crash`` and ``log`` outlive the report they came
    with. Of the records of ``epoch``: ``acknowledged`` is the last that had arrived, ``since`` the last that was made
    before this version ran, ``checked`` the last whose decision was made again."""

    __tablename__ = "firmware_reports"  # pyright: ignore[reportAssignmentType]
    device: str = Field(sa_column=Column(Text, primary_key=True))
    at: int = Field(sa_column=big())
    hardware: str = Field(sa_column=Column(Text, nullable=False, index=True))
    version: int = Field(sa_column=big())
    confirmed: int = Field(sa_column=big())
    image: str = Field(sa_column=_text())
    trial: bool = Field(sa_column=Column(Boolean, nullable=False))
    fallen: int = Field(sa_column=big())
    fallen_why: str = Field(sa_column=_text())
    refused: str = Field(sa_column=_text())
    uptime: int = Field(sa_column=big())
    boot: int = Field(sa_column=big())
    records: int = Field(sa_column=big())
    free: int = Field(sa_column=big())
    heap: int = Field(sa_column=big())
    crash: str = Field(sa_column=_text())
    crash_at: int = Field(sa_column=big())
    crash_version: int = Field(sa_column=big())
    log: str = Field(sa_column=_text())
    epoch: int = Field(sa_column=big())
    acknowledged: int = Field(sa_column=big())
    since: int = Field(sa_column=big())
    checked: int = Field(sa_column=big())
    trouble: str = Field(sa_column=_text())


class Rollouts(SQLModel, table=True):
    """A release on its way to the tills of one hardware. ``sent`` is what was asked for, ``reached`` the group that was
    begun last."""

    id: str = Field(sa_column=Column(Text, primary_key=True))
    hardware: str = Field(sa_column=Column(Text, nullable=False, index=True))
    release: str = Field(sa_column=_text())
    version: int = Field(sa_column=big())
    image: str = Field(sa_column=_text())
    sent: str = Field(sa_column=_text())
    groups: str = Field(sa_column=_text())
    state: str = Field(sa_column=_text())
    reached: int = Field(sa_column=Column(Integer, nullable=False))
    why: str = Field(sa_column=_text())
    created: int = Field(sa_column=big())
    created_by: str = Field(sa_column=_text())
    approved: int | None = Field(default=None, sa_column=Column(BigInteger))
    approved_by: str | None = Field(default=None, sa_column=Column(Text))
    changed: int = Field(sa_column=big())
    changed_by: str = Field(sa_column=_text())


class RolloutTills(SQLModel, table=True):
    """One till in a rollout, as `rollout_till.Till` says it; ``place`` is the index of its group."""

    __tablename__ = "rollout_tills"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("rollout_tills_by_state", "rollout", "state"),)
    rollout: str = Field(sa_column=Column(Text, ForeignKey("rollouts.id"), primary_key=True))
    device: str = Field(sa_column=Column(Text, primary_key=True, index=True))
    place: int = Field(sa_column=Column(Integer, nullable=False))
    state: str = Field(sa_column=_text())
    told: int = Field(sa_column=big())
    tried: int = Field(sa_column=big())
    confirmed: int = Field(sa_column=big())
    seen: int = Field(sa_column=big())
    why: str = Field(sa_column=_text())
