"""Moves one part of an expression in front of its statement, so that it may become statements of its own.

What is evaluated before that part moves with it wherever that could make a difference; what is only evaluated under
a condition moves behind the same condition. Host tool, as `firmware.bundle` is.
"""

import ast
from collections.abc import Callable

Made = tuple[list[ast.stmt], ast.expr]

# Builtins that change nothing and read nothing but their arguments.
QUIET = set(
    "len str int bool min max sum sorted list tuple dict set range zip enumerate any all type isinstance bytes"
    " bytearray abs divmod ord chr".split()
)


class CannotMove(Exception):
    """There is no place in front of it that is reached exactly as often."""


class Fresh:
    """Names that nothing else has."""

    def __init__(self):
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"made_{self._count}_"


def is_quiet(node: ast.AST) -> bool:
    """Whether evaluating a node changes nothing that another expression could see."""
    return not any(_acts(part) for part in ast.walk(node))


def contains(node: ast.AST, part: ast.AST) -> bool:
    return any(one is part for one in ast.walk(node))


def pulled(root: ast.expr, part: ast.expr, made: Callable[[], Made], fresh: Fresh, quiet: bool) -> Made:
    """(statements for in front, the expression without the part). Raises `CannotMove`.

    ``made()`` gives the statements that compute the part, and what stands in its place; ``quiet`` says that they change
    nothing.
    """
    _check(root, part)
    return _Pull(part, made, fresh, quiet).of(root)


def _check(node: ast.expr, part: ast.expr) -> None:
    """Raises `CannotMove` before anything is changed."""
    if node is part:
        return
    children = _children(node)
    values = [
        getattr(holder, field) if at is None else getattr(holder, field)[at] for holder, field, at in children
    ]
    for child in values:
        if contains(child, part):
            _check(child, part)
            return
    raise CannotMove


class _Pull:
    def __init__(self, part: ast.expr, made: Callable[[], Made], fresh: Fresh, quiet: bool):
        self._part, self._made, self._fresh, self._quiet = part, made, fresh, quiet

    def of(self, node: ast.expr) -> Made:
        if node is self._part:
            return self._made()
        if isinstance(node, ast.BoolOp):
            return self._either(node)
        if isinstance(node, ast.IfExp) and not contains(node.test, self._part):
            return self._chosen(node)
        return self._in_order(node, _children(node))

    def _in_order(self, node: ast.expr, places: list[tuple[ast.AST, str, int | None]]) -> Made:
        before: list[ast.stmt] = []
        for holder, field, index in places:
            child = getattr(holder, field) if index is None else getattr(holder, field)[index]
            if contains(child, self._part):
                statements, child = self.of(child)
                _put(holder, field, index, child)
                return before + statements, node
            if not self._is_stable(child):
                name = self._fresh()
                before.append(ast.Assign([ast.Name(name, ast.Store())], child))
                _put(holder, field, index, ast.Name(name, ast.Load()))
        raise CannotMove

    def _either(self, node: ast.BoolOp) -> Made:
        at = next(place for place, one in enumerate(node.values) if contains(one, self._part))
        statements, node.values[at] = self.of(node.values[at])
        if not at:
            return statements, node
        name = self._fresh()
        rest = node.values[at:]
        first = node.values[0] if at == 1 else ast.BoolOp(node.op, node.values[:at])
        then = [*statements, _assigned(name, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))]
        asked = ast.Name(name, ast.Load())
        test = asked if isinstance(node.op, ast.And) else ast.UnaryOp(ast.Not(), asked)
        return [_assigned(name, first), ast.If(test, then, [])], ast.Name(name, ast.Load())

    def _chosen(self, node: ast.IfExp) -> Made:
        name = self._fresh()
        branches: list[list[ast.stmt]] = []
        for branch in (node.body, node.orelse):
            statements, value = self.of(branch) if contains(branch, self._part) else ([], branch)
            branches.append([*statements, _assigned(name, value)])
        return [ast.If(node.test, branches[0], branches[1])], ast.Name(name, ast.Load())

    def _is_stable(self, node: ast.expr) -> bool:
        """Whether it gives the same before and after the part, and leaves the part as it is."""
        if isinstance(node, ast.Name | ast.Constant):
            return True
        return self._quiet and is_quiet(node)


def _acts(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id in QUIET)
    if isinstance(node, ast.Attribute | ast.Subscript):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.Delete | ast.Raise)


def _assigned(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _put(holder: ast.AST, field: str, index: int | None, child: ast.expr) -> None:
    if index is None:
        setattr(holder, field, child)
    else:
        getattr(holder, field)[index] = child


def _children(node: ast.expr) -> list[tuple[ast.AST, str, int | None]]:
    """Where an expression's parts are, in the order in which they are evaluated. Raises `CannotMove`."""
    if isinstance(node, ast.Call):
        if any(isinstance(one, ast.Starred) for one in node.args) or any(
            one.arg is None for one in node.keywords
        ):
            raise CannotMove
        called = (node.func, "value", None) if isinstance(node.func, ast.Attribute) else (node, "func", None)
        given = [(node, "args", at) for at in range(len(node.args))]
        return [called, *given, *[(one, "value", None) for one in node.keywords]]
    if isinstance(node, ast.BinOp):
        return [(node, "left", None), (node, "right", None)]
    if isinstance(node, ast.Compare):
        return [(node, "left", None), (node, "comparators", 0)]  # the others are compared under a condition
    if isinstance(node, ast.Subscript):
        return [(node, "value", None), (node, "slice", None)]
    if isinstance(node, ast.Tuple | ast.List):
        return [(node, "elts", at) for at in range(len(node.elts))]
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise CannotMove
        return [(node, field, at) for at in range(len(node.keys)) for field in ("keys", "values")]
    if isinstance(node, ast.Attribute | ast.Await):
        return [(node, "value", None)]
    if isinstance(node, ast.UnaryOp):
        return [(node, "operand", None)]
    if isinstance(node, ast.IfExp):
        return [(node, field, None) for field in ("test", "body", "orelse")]  # behind the test: see `_chosen`
    if isinstance(node, ast.BoolOp):
        return [(node, "values", at) for at in range(len(node.values))]  # see `_either`
    if isinstance(node, ast.ListComp | ast.DictComp):
        return [(node.generators[0], "iter", None)]
    raise CannotMove
