"""Writes comprehensions as loops: on MicroPython each is a function of its own and keeps 64 bytes of heap or more.

Host tool, as `firmware.bundle` is.
"""

import ast
from collections.abc import Callable

from firmware.hoisting import CannotMove, Fresh, Made, contains, is_quiet, pulled
from firmware.scopes import Function

Comprehension = ast.ListComp | ast.DictComp


def unrolled(body: list[ast.stmt], fresh: Fresh) -> list[ast.stmt]:
    """The statements of a module, in whose functions comprehensions are loops where there is room for one."""
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, Function):
                node.body = over_statements(node.body, lambda one: _loops(one, fresh))
    return body


def over_statements(
    body: list[ast.stmt], change: Callable[[ast.stmt], list[ast.stmt]], into_functions: bool = False
) -> list[ast.stmt]:
    """Statements each replaced by what ``change`` makes of it, inner blocks first changed alike."""
    out = []
    for statement in body:
        if not isinstance(statement, Function | ast.ClassDef) or into_functions:
            for block in blocks(statement):
                block[:] = over_statements(block, change, into_functions)
        out += change(statement)
    return out


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The lists of statements inside a statement."""
    found = [getattr(statement, field, None) for field in ("body", "orelse", "finalbody")]
    handled = [handler.body for handler in getattr(statement, "handlers", [])]
    return [block for block in [*found, *handled] if block]


def evaluated(statement: ast.stmt) -> tuple[ast.AST, str] | None:
    """Where the one expression is that a statement evaluates first, once and whatever happens; None for others."""
    fields = {ast.Expr: "value", ast.Assign: "value", ast.AugAssign: "value", ast.Return: "value"}
    fields.update({ast.Raise: "exc", ast.If: "test", ast.For: "iter"})
    field = fields.get(type(statement))
    if field is None or getattr(statement, field) is None:
        return None
    if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Name):
        return None
    return statement, field


def _loops(statement: ast.stmt, fresh: Fresh) -> list[ast.stmt]:
    """A statement behind the loops that its comprehensions have become."""
    place = evaluated(statement)
    if place is None or isinstance(statement, Function | ast.ClassDef):
        return [statement]
    holder, field = place
    out: list[ast.stmt] = []
    tried: list[ast.AST] = []
    while True:
        root = getattr(holder, field)
        found = _first(root, tried)
        if found is None:
            return [*out, statement]
        tried.append(found)
        try:
            before, value = pulled(root, found, lambda one=found: _loop(one, fresh), fresh, is_quiet(found))
        except CannotMove:
            continue
        out += over_statements(before, lambda one: _loops(one, fresh))
        setattr(holder, field, value)


def _first(root: ast.AST, tried: list[ast.AST]) -> ast.expr | None:
    """The first comprehension that is evaluated, or the ``sum`` of one."""
    if not any(isinstance(node, Comprehension) for node in ast.walk(root)):
        return None
    hidden = [inner for node in ast.walk(root) if isinstance(node, ast.Lambda) for inner in ast.walk(node)]
    for node in ast.walk(root):
        if not isinstance(node, ast.expr) or node in hidden or node in tried:
            continue
        if _is_hard(node):
            continue
        if _is_sum(node) or (
            isinstance(node, Comprehension) and not any(_is_sum(one) and contains(one, node) for one in tried)
        ):
            return node
    return None


def _is_hard(node: ast.AST) -> bool:
    """Whether a loop would do something else: with functions, whose own names are not those of the loop, and with keys
    that act, which a statement makes behind the value."""
    inner = node.args[0] if isinstance(node, ast.Call) and _is_sum(node) else node
    if isinstance(inner, ast.DictComp) and not (is_quiet(inner.key) or is_quiet(inner.value)):
        return True
    return isinstance(inner, Comprehension) and any(isinstance(one, ast.Lambda) for one in ast.walk(inner))


def _is_sum(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "sum"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.ListComp)
    )


def _loop(node: ast.AST, fresh: Fresh) -> Made:
    """(the loops, the name of what they make) of a comprehension or the sum of one."""
    name = fresh()
    if isinstance(node, ast.DictComp):
        one: ast.stmt = ast.Assign([ast.Subscript(_name(name), node.key, ast.Store())], node.value)
        return _around(node, name, ast.Dict([], []), one, fresh)
    if isinstance(node, ast.ListComp):
        append = ast.Attribute(_name(name), "append", ast.Load())
        return _around(
            node, name, ast.List([], ast.Load()), ast.Expr(ast.Call(append, [node.elt], [])), fresh
        )
    assert isinstance(node, ast.Call)
    inner = node.args[0]
    assert isinstance(inner, ast.ListComp)
    added = ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), inner.elt)
    return _around(inner, name, ast.Constant(0), added, fresh)


def _around(node: Comprehension, name: str, empty: ast.expr, one: ast.stmt, fresh: Fresh) -> Made:
    """Loops of the comprehension's kind around a statement, its names renamed so that they stay its own."""
    spelled = {
        target.id: fresh()
        for generator in node.generators
        for target in ast.walk(generator.target)
        if isinstance(target, ast.Name)
    }
    first = node.generators[0].iter
    rename = _Renamed(spelled)
    inner: list[ast.stmt] = [rename.visit(one)]
    for generator in reversed(node.generators):
        for test in reversed(generator.ifs):
            inner = [ast.If(rename.visit(test), inner, [])]
        iterated = first if generator is node.generators[0] else rename.visit(generator.iter)
        inner = [ast.For(rename.visit(generator.target), iterated, inner, [])]
    return [ast.Assign([ast.Name(name, ast.Store())], empty), *inner], _name(name)


class _Renamed(ast.NodeTransformer):
    def __init__(self, spelled: dict[str, str]):
        self._spelled = spelled

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._spelled.get(node.id, node.id)
        return node


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
