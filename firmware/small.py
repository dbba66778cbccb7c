"""A device's one module in less heap, and what its names were. Host tool, as `firmware.bundle` is."""

import ast
import copy

from firmware.constants import inlined, texts_apart
from firmware.found import found
from firmware.frequent import begun
from firmware.gathered import gathered
from firmware.hoisting import Fresh
from firmware.names import members, shortened
from firmware.overlays import parted
from firmware.plain import plain
from firmware.slots import shared
from firmware.spellings import OF_OTHERS
from firmware.spliced import spliced
from firmware.unrolled import unrolled


def small(source: str, root: str, other: str) -> tuple[str, str]:
    """(a module whose ``root`` does what that of ``source`` does, table of its names for who reads a traceback).

    ``other`` is the source of the other module on the device: its names cost nothing more.
    """
    written, table = small_parts(source, root, other, "rung", {})
    return written["rung"], table


def small_parts(
    source: str, root: str, other: str, home: str, doors: dict[str, set[str]]
) -> tuple[dict[str, str], str]:
    """The same as several modules, source by name: ``home`` and those behind ``doors`` (see `firmware.overlays`)."""
    fresh, others = Fresh(), _names(ast.parse(other))
    every = {door for names in doors.values() for door in names}
    body = plain(unrolled(inlined(ast.parse(source).body), fresh), others | OF_OTHERS, every)
    apart = parted(copy.deepcopy(body), root, home, doors)
    where = {
        one.name: part for part, inner in apart.items() for one in inner if isinstance(one, ast.ClassDef)
    }
    own = members(body)
    body = gathered(body, where)
    body = texts_apart(shared(spliced(body, fresh, {root} | every)))
    always = parted(copy.deepcopy(body), root, home, doors)[home]
    tops, own = shortened(body, root, others, always, own)
    table = [f"{new}\t{old}" for old, new in tops.items()] + [f".{new}\t.{old}" for old, new in own.items()]
    doors = {part: {tops[name] for name in names if name in tops} for part, names in doors.items()}
    parts = parted(body, root, home, doors)
    written = {
        name: ast.unparse(ast.fix_missing_locations(ast.Module(begun(found(part)), [])))
        for name, part in parts.items()
    }
    return written, "\n".join(sorted(table)) + "\n"


def _names(tree: ast.Module) -> set[str]:
    """What MicroPython keeps the spelling of in a module; names of locals other than arguments are not."""
    out = set()
    for node in ast.walk(tree):
        found = [getattr(node, field, None) for field in ("name", "attr", "arg")]
        out.update(
            text for text in found if isinstance(text, str) and not isinstance(node, ast.ExceptHandler)
        )
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= 10:
            out.add(node.value)
    return out
