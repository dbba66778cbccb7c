"""What devices update themselves from: metadata as it is served, images, and what was ever released."""

from sqlalchemy import BigInteger, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


class FirmwareFiles(SQLModel, table=True):
    """A file of metadata, byte for byte as devices fetch it; ``made`` is when it came here or was made here."""

    __tablename__ = "firmware_files"  # pyright: ignore[reportAssignmentType]
    name: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made: int = Field(sa_column=big())


class FirmwareImages(SQLModel, table=True):
    """An image under the SHA-256 of its bytes."""

    __tablename__ = "firmware_images"  # pyright: ignore[reportAssignmentType]
    sha256: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FirmwareReleases(SQLModel, table=True):
    """Every release there ever was. ``journal`` and ``devices`` are JSON lists; ``targets`` is the version of the
    targets it came with, ``bill`` the text of its bill of materials."""

    __tablename__ = "firmware_releases"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("hardware", "version"),)
    name: str = Field(primary_key=True)
    hardware: str
    version: int = Field(sa_column=big())
    sha256: str
    length: int = Field(sa_column=big())
    journal: str
    devices: str | None = None
    bill: str | None = Field(default=None, sa_column=Column(Text))
    targets: int = Field(sa_column=Column(BigInteger, nullable=False))
    published: int = Field(sa_column=big())
    published_by: str
