"""Puts the methods of several classes into one: a class takes 200 bytes of a device's heap before it has a method.

Objects of classes none of which has a method called like another's may as well be of one class, which is made by
functions with the names of those classes: what an object holds is found before what its class has. Host tool, as
`firmware.bundle` is.
"""

import ast
from typing import NamedTuple

from firmware.plain import constructor, uses
from firmware.scopes import Function

# Methods of one class: a new object asks it for two that it has not, and only a free place ends MicroPython's search.
_MOST = 12


class _Kind(NamedTuple):
    """A class that holds the methods of others; ``last`` is where the last of those stood."""

    made: ast.ClassDef
    names: set[str]
    place: list[int]


def gathered(body: list[ast.stmt], where: dict[str, str]) -> list[ast.stmt]:
    """The statements of a module with as few classes as will do; ``where`` tells in which part each class is loaded."""
    refused = _refused(body)
    kinds: dict[str, list[_Kind]] = {}
    out: list[list[ast.stmt]] = []
    for at, part in enumerate(body):
        if isinstance(part, ast.ClassDef) and part.name in where and _may_join(part, refused):
            kind = _kind(kinds.setdefault(where[part.name], []), part, where[part.name])
            kind.place.append(at)
            out.append([_joined(part, kind)])
        else:
            out.append([part])
    for kind in [one for found in kinds.values() for one in found]:
        out[kind.place[-1]].insert(0, kind.made)
    return [part for parts in out for part in parts]


class _Refused(NamedTuple):
    """Names that are more than called in functions, and those of members that an object is asked for by text."""

    classes: set[str]
    methods: set[str]


def _refused(body: list[ast.stmt]) -> _Refused:
    outside = [part for part in body if not isinstance(part, Function | ast.ClassDef)]
    named = {node.id for part in outside for node in ast.walk(part) if isinstance(node, ast.Name)}
    nodes = [node for part in body for node in ast.walk(part)]
    asked = {
        text.value
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("attr")
        for text in node.args
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    }
    return _Refused(named | uses(body)[1], asked)


def _may_join(part: ast.ClassDef, refused: _Refused) -> bool:
    methods = [one for one in part.body if isinstance(one, Function)]
    names = {one.name for one in methods}
    plain = len(methods) == len(part.body) and not any(one.decorator_list for one in methods)
    special = [name for name in names if name.startswith("__") and name != "__init__"]
    above = any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(part))
    if part.name in refused.classes or names & refused.methods:
        return False
    return plain and not (part.bases or part.decorator_list or special or above)


def _kind(found: list[_Kind], part: ast.ClassDef, where: str) -> _Kind:
    """The first class with room and no method called like one of a class, or a new one."""
    names = {one.name for one in part.body if isinstance(one, Function)} - {"__init__"}
    for kind in found:
        if not kind.names & names and len(kind.names | names) <= _MOST:
            kind.names.update(names)
            return kind
    made = ast.ClassDef(f"Kind_{where}_{len(found)}", [], [], [], [], type_params=[])
    found.append(_Kind(made, names, []))
    return found[-1]


def _joined(part: ast.ClassDef, kind: _Kind) -> ast.stmt:
    """The function in the place of a class whose methods have moved into a kind."""
    own = [one for one in part.body if isinstance(one, Function)]
    kind.made.body += [one for one in own if one.name != "__init__"]
    inits: list[ast.stmt] = [one for one in own if one.name == "__init__"]
    part.body = inits or ast.parse("def __init__(self):\n    pass").body
    return constructor(part, kind.made.name)
