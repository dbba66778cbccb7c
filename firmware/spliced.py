"""Puts functions that are called from one place into that place: each costs a device some 80 bytes of heap.

Sources have small functions for people; a device runs what they come to. Only functions that are called by name, once,
and whose ends can be reached without a return, move. Host tool, as `firmware.bundle` is.
"""

import ast

from firmware.ending import CannotEnd, ended, falls
from firmware.hoisting import CannotMove, Fresh, Made, is_quiet, pulled
from firmware.scopes import Comprehension, Function, bound, own
from firmware.unrolled import evaluated, over_statements


def spliced(body: list[ast.stmt], fresh: Fresh, kept: set[str]) -> list[ast.stmt]:
    """The statements of a module with as few functions as will do; those in ``kept`` stay."""
    refused = set(kept)
    while True:
        found = _called_once(body, refused)
        if not found:
            return body
        moved: dict[int, ast.stmt] = {}
        for function, caller in found:
            while id(caller) in moved:
                caller = moved[id(caller)]
            if caller is not function and _Splice(function, fresh).into(caller):
                body.remove(function)
                moved[id(function)] = caller
            else:
                refused.add(function.name)


def _called_once(body: list[ast.stmt], refused: set[str]) -> list[tuple[Function, ast.stmt]]:
    """(function, statement that calls it) of those that nothing but one call names."""
    named: dict[str, int] = {}
    callers: dict[str, ast.stmt] = {}
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                named[node.id] = named.get(node.id, 0) + 1
            elif isinstance(node, ast.Call):
                callers[_calls(node)] = part
    functions = [part for part in body if isinstance(part, Function) and part.name not in refused]
    once = [part for part in functions if named.get(part.name, 0) == 1 and part.name in callers]
    return [(part, callers[part.name]) for part in once if _is_simple(part)]


def _is_simple(function: Function) -> bool:
    """Whether it has nothing that only a function can have."""
    given = function.args
    if given.vararg or given.kwarg or given.kwonlyargs or function.decorator_list:
        return False
    if not all(isinstance(one, ast.Constant) for one in given.defaults):
        return False
    inner = [node for part in function.body for node in ast.walk(part)]
    scopes = Function | ast.Lambda | ast.ClassDef | Comprehension
    return not any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Global | scopes) for node in inner)


class _Splice:
    """Puts one function where it is called."""

    def __init__(self, function: Function, fresh: Fresh):
        self._function, self._fresh = function, fresh
        self._is_async = isinstance(function, ast.AsyncFunctionDef)
        self._free = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        self._free -= set(own(function) or [])
        self._is_done = False

    def into(self, caller: ast.stmt) -> bool:
        """Whether there was a way to do so."""
        self._search(caller, set())
        return self._is_done

    def _search(self, node: ast.AST, around: set[str]) -> None:
        """Look for the call in the functions of a node; ``around`` are names of the scopes around it."""
        for child in ast.iter_child_nodes(node) if not isinstance(node, Function) else [node]:
            if isinstance(child, Function):
                names = around | set(own(child) or [])
                if not names & self._free and not self._hides(child):
                    child.body = over_statements(child.body, self._change)
                for inner in child.body:
                    self._search_below(inner, names)
            else:
                self._search(child, around)

    def _search_below(self, node: ast.AST, around: set[str]) -> None:
        if isinstance(node, Function):
            self._search(node, around)
        else:
            for child in ast.iter_child_nodes(node):
                self._search_below(child, around)

    def _hides(self, function: Function) -> bool:
        """Whether what is awaited cannot be awaited here."""
        return self._is_async and not isinstance(function, ast.AsyncFunctionDef)

    def _change(self, statement: ast.stmt) -> list[ast.stmt]:
        place = None if self._is_done else evaluated(statement)
        if place is None or isinstance(statement, Function | ast.ClassDef):
            return [statement]
        holder, field = place
        root = getattr(holder, field)
        call = self._call_in(root)
        if call is None:
            return [statement]
        try:
            out = self._placed(statement, holder, field, root, call)
        except (CannotMove, CannotEnd):
            return [statement]
        self._is_done = True
        return out

    def _call_in(self, root: ast.expr) -> ast.expr | None:
        """The call of the function, with its ``await``, where it is in none of the scopes inside."""
        for node in ast.walk(root):
            inner = node.value if isinstance(node, ast.Await) else node
            if (
                isinstance(node, ast.expr)
                and isinstance(inner, ast.Call)
                and _calls(inner) == self._function.name
            ):
                if self._is_async == isinstance(node, ast.Await):
                    return node
        return None

    def _placed(
        self, statement: ast.stmt, holder, field: str, root: ast.expr, call: ast.expr
    ) -> list[ast.stmt]:
        given = call.value if isinstance(call, ast.Await) else call
        assert isinstance(given, ast.Call)
        if root is call:
            whole = self._whole(statement, given)
            if whole is not None:
                return whole
        name = self._fresh()

        def made() -> Made:
            return self._giving(given, name)

        self._values_of(given)
        if self._only() is None:
            ended(self._function.body, _nothing)  # raises before anything is changed
        quiet = all(is_quiet(part) for part in [*self._function.body, *given.args, *given.keywords])
        before, value = pulled(root, call, made, self._fresh, quiet)
        setattr(holder, field, value)
        return [*before, statement]

    def _whole(self, statement: ast.stmt, given: ast.Call) -> list[ast.stmt] | None:
        """In place of a statement that is nothing but the call; None for other statements."""
        if isinstance(statement, ast.Return):
            before, body = self._with_arguments(given)
            return [*before, *body, *([ast.Return(None)] if falls(body) else [])]
        if isinstance(statement, ast.Expr):
            ended(self._function.body, _nothing)
            before, body = self._with_arguments(given)
            return [*before, *ended(body, _nothing)] or [ast.Pass()]
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and self._only() is None:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and not any(
                isinstance(node, ast.Try) for node in ast.walk(self._function)
            ):
                before, value = self._giving(given, target.id)
                is_given = isinstance(value, ast.Name) and value.id == target.id
                return before if is_given else [*before, ast.Assign([target], value)]
        return None

    def _only(self) -> ast.expr | None:
        """What the function returns, where it does nothing else."""
        only = self._function.body[0]
        return only.value if len(self._function.body) == 1 and isinstance(only, ast.Return) else None

    def _giving(self, given: ast.Call, name: str) -> Made:
        """(statements that compute the call's value, what holds it)."""
        if self._only() is not None:
            before, body = self._with_arguments(given)
            assert isinstance(body[0], ast.Return) and body[0].value is not None
            return before, body[0].value

        def give(value: ast.expr | None) -> list[ast.stmt]:
            return [ast.Assign([ast.Name(name, ast.Store())], value or ast.Constant(None))]

        ended(self._function.body, give)
        before, body = self._with_arguments(given)
        last = body[-1]
        if isinstance(last, ast.Return) and last.value is not None and not _returns(body[:-1]):
            return [*before, *body[:-1]], last.value
        return [*before, *ended(body, give)], ast.Name(name, ast.Load())

    def _values_of(self, given: ast.Call) -> dict[str, ast.expr]:
        """What each parameter is given, in the order in which it is evaluated. Raises `CannotMove`."""
        names = [one.arg for one in self._function.args.args]
        defaults = self._function.args.defaults
        values: dict[str, ast.expr] = dict(zip(names, given.args, strict=False))
        values.update({one.arg: one.value for one in given.keywords if one.arg})
        for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            values.setdefault(name, value)
        if set(values) != set(names) or any(isinstance(one, ast.Starred) for one in given.args):
            raise CannotMove
        return values

    def _with_arguments(self, given: ast.Call) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """(what stores the arguments, the body in names that nothing else has)."""
        values = self._values_of(given)
        names = [one.arg for one in self._function.args.args]
        changed = bound(self._function.body)
        spelled = {name: self._fresh() for name in changed - set(names)}
        placed: dict[str, ast.expr] = {}
        before: list[ast.stmt] = []
        for name, value in values.items():
            if isinstance(value, ast.Name | ast.Constant) and name not in changed:
                placed[name] = value
            else:
                spelled[name] = self._fresh()
                before.append(ast.Assign([ast.Name(spelled[name], ast.Store())], value))
        rename = _Renamed(spelled, placed)
        return before, [rename.visit(part) for part in self._function.body]


class _Renamed(ast.NodeTransformer):
    def __init__(self, spelled: dict[str, str], placed: dict[str, ast.expr]):
        self._spelled, self._placed = spelled, placed

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._placed:
            value = self._placed[node.id]
            return ast.Name(value.id, ast.Load()) if isinstance(value, ast.Name) else value
        return ast.Name(self._spelled.get(node.id, node.id), node.ctx)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name:
            node.name = self._spelled.get(node.name, node.name)
        self.generic_visit(node)
        return node


def _calls(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _returns(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Return) for part in body for node in ast.walk(part))


def _nothing(value: ast.expr | None) -> list[ast.stmt]:
    """A value that nobody wants is computed all the same, where computing it may do something."""
    return [] if value is None or isinstance(value, ast.Name | ast.Constant) else [ast.Expr(value)]
