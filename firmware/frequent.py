"""Has a device's compiler meet the names first that a module uses most: a use of the first 128 takes a byte less.

MicroPython numbers a module's names as it meets them, and writes a number above 127 in two bytes wherever the name is
used. So the module begins with a loop over nothing that uses them in order. Host tool, as `firmware.bundle` is.
"""

import ast
import keyword
from collections import Counter

from firmware.scopes import Function, arguments, own

_ROOM = 126  # below 128 beside the names of the file and of the module itself


def begun(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module behind such a loop, where they have so many names that it pays."""
    uses = Counter[str]()
    for part in body:
        _count(part, frozenset(), uses)
    if len(uses) < 2 * _ROOM:
        return body
    names = [name for name, _ in uses.most_common() if name.isidentifier() and not keyword.iskeyword(name)]
    chain = ".".join(["append", *names[:_ROOM]])
    return [*ast.parse(f"for append in ():\n    {chain}").body, *body]


def _count(node: ast.AST, around: frozenset[str], uses: Counter[str]) -> None:
    """Add how often a node's code has the number of each name; ``around`` are the locals, which have no such number."""
    uses.update(_named(node, around))
    within = around | set(own(node) or [])
    for part in ast.iter_child_nodes(node):
        _count(part, within, uses)


def _named(node: ast.AST, around: frozenset[str]) -> list[str]:
    """The names that a node itself uses, as often as it does; a definition has its own in it and stores it."""
    if isinstance(node, ast.Name):
        return [] if node.id in around else [node.id]
    if isinstance(node, Function):
        return [node.name, node.name, *[one.arg for one in arguments(node.args)]]
    if isinstance(node, ast.Lambda):
        return [one.arg for one in arguments(node.args)]
    if isinstance(node, ast.ClassDef):
        return [node.name] * 4
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.keyword):
        return [node.arg] if node.arg else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []
