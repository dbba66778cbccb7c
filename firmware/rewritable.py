"""Refuses sources that the rewriting of a device's code would change without a word: what CPython runs is what was
tested, so what would become of it on a device has to be the same or nothing. Host tool, as `firmware.bundle` is.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from firmware.hoisting import QUIET
from firmware.scopes import Function, arguments

Found = Iterator[tuple[ast.AST, str]]

_AT_TOP = ast.Import | ast.ImportFrom | Function | ast.ClassDef | ast.Assign | ast.AugAssign | ast.AnnAssign
_IN_CLASS = Function | ast.Assign | ast.AnnAssign | ast.Pass
_SPELLINGS = set("__name__ __qualname__ __class__ __dict__ __module__".split())


def check(modules: dict[str, Path]) -> None:
    """Raises `SystemExit`, which names file, line and why, one a line; ``modules``: dotted name -> file."""
    told = [
        f"{path}:{getattr(node, 'lineno', 0)}: {why}"
        for path in modules.values()
        for node, why in strange(ast.parse(path.read_text()))
    ]
    if told:
        raise SystemExit("\n".join(["a device could not run this as it is:", *told]))


def strange(tree: ast.Module) -> Found:
    """What of a module would be something else on a device, and why."""
    yield from _at_top(tree.body)
    top = _bound_at_top(tree.body)
    methods = {id(part) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body}
    inner = {id(one) for node in ast.walk(tree) if isinstance(node, Function) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _in_class(node)
        if id(node) in inner:
            yield from _imported_over(node, top)
        yield from _anywhere(node)
        yield from _quiet(_bound(node)[id(node) in methods :], node)


def _at_top(body: list[ast.stmt]) -> Found:
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__"):
            continue
        if not isinstance(node, _AT_TOP | ast.Expr | ast.For):
            yield node, "a module only defines; let a function decide, and call it"
        elif isinstance(node, ast.Assign) and len(node.targets) > 1:
            yield node, "one name for a value of a module: the others would be lost"


def _in_class(node: ast.ClassDef) -> Found:
    held: set[str] = set()
    for part in node.body:
        is_text = isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        if not (is_text or isinstance(part, _IN_CLASS)):
            yield part, "a class has methods and constants, and decides nothing"
        elif isinstance(part, ast.Assign) and not (
            len(part.targets) == 1 and isinstance(part.targets[0], ast.Name)
        ):
            yield part, "one constant of a class a line: names are looked for one by one"
        elif isinstance(part, ast.Assign | ast.AnnAssign) and part.value and held & _read(part.value):
            yield part, "what a class holds is no name in it on a device: write the value"
        held |= set(_bound(part)[:1]) | {
            one for target in getattr(part, "targets", []) for one in _bound(target)
        }


def _read(value: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(value) if isinstance(one, ast.Name)}


def _anywhere(node: ast.AST) -> Found:
    if isinstance(node, ast.Global | ast.Nonlocal):
        yield node, "names are given others, but not here: keep what changes in an object"
    if isinstance(node, ast.Attribute) and node.attr in _SPELLINGS:
        yield node, "what a thing is called is not what the source calls it: keep a text"
    if isinstance(node, ast.Compare) and all(_asks_type(one) for one in (node.left, *node.comparators)):
        yield node, "classes of ours may be one on a device: compare a type with one that Python brings"


def _quiet(names: list[str], node: ast.AST) -> Found:
    for name in names:
        if name in QUIET:
            yield node, f"{name} is taken for the built-in one, which changes nothing: call it otherwise"


def _asks_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"


def _imported_over(node: ast.AST, top: set[str]) -> Found:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if (alias.asname or alias.name) in top:
                yield node, f"{alias.name} would be what the module calls so: import it under another name"


def _bound(node: ast.AST) -> list[str]:
    """The names that a node itself binds, that of a function first; a method's is no name in any scope."""
    if isinstance(node, Function):
        return [node.name, *[one.arg for one in arguments(node.args)]]
    if isinstance(node, ast.Lambda):
        return [one.arg for one in arguments(node.args)]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    return []


def _bound_at_top(body: list[ast.stmt]) -> set[str]:
    named = {node.name for node in body if isinstance(node, Function | ast.ClassDef)}
    targets = [node for part in body if isinstance(part, ast.Assign) for node in ast.walk(part.targets[0])]
    return named | {node.id for node in targets if isinstance(node, ast.Name)}


class Unannotated(ast.NodeTransformer):
    """``name: type = value`` as ``name = value``, which is all that runs; without a value it is nothing."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        made = ast.Assign([node.target], node.value) if node.value else ast.Pass()
        return ast.copy_location(made, node)
