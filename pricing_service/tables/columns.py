"""Kinds of columns that every table has."""

from sqlalchemy import BigInteger, Column, Integer

Position = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only in an INTEGER key


def big() -> Column:
    """A whole number of 64 bits that is always there."""
    return Column(BigInteger, nullable=False)
