"""Binds the built-ins a module uses often as globals of its own: `len = len`.

MicroPython looks a name up in the module first. Only a free place of that table ends a search for what is not in it,
and a device's one module has few: up to a hundred microseconds for each `len` on a board, where a name that is there
takes one. Host tool, as `firmware.bundle` is.
"""

import ast
from collections import Counter

from firmware.scopes import own

_BROUGHT = set(
    "abs all any bool bytearray bytes chr dict divmod enumerate getattr hasattr int isinstance iter len list max"
    " memoryview min next open ord range reversed set sorted str sum tuple type zip".split()
)
_OFTEN = 5  # places; a name takes one in the table


def found(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module behind those that bind built-ins, which are found soonest if they are there first."""
    used = Counter(name for part in body for name in _outside(part, frozenset()))
    often = sorted(name for name in _BROUGHT if used[name] >= _OFTEN)
    return [*[ast.Assign([ast.Name(name, ast.Store())], ast.Name(name, ast.Load())) for name in often], *body]


def _outside(node: ast.AST, inside: frozenset[str]) -> list[str]:
    """The names that a node reads and no scope around it binds, each as often as it does."""
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Load) and node.id not in inside else []
    inner = inside | frozenset(own(node) or ())
    return [name for part in ast.iter_child_nodes(node) for name in _outside(part, inner)]
