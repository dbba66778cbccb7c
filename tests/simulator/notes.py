"""What the people at the tills saw: the judge's only source for what should be in the log."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sale:
    """A checkout or a return that a cashier asked to close. ``branch``: whose journal, since which image was set back.

    ``is_certain``: the till said that it is closed; ``told`` is that answer. ``is_excused``: at some moment no copy of
    it was left anywhere. ``is_displaced``: at some moment only another machine's medium held one, which sends it in its
    own time.
    """

    name: str
    branch: str
    customer: str | None
    is_return: bool = False
    is_certain: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    is_excused: bool = False
    is_displaced: bool = False

    @property
    def machine(self) -> str:
        return self.branch.partition("/")[0]


@dataclass
class Notes:
    """Everything that was closed, in order, and the poison that was laid, by the SHA-256 of its line."""

    sales: dict[str, Sale] = field(default_factory=dict)
    poison: dict[str, str] = field(default_factory=dict)
    excused_poison: set[str] = field(default_factory=set)
