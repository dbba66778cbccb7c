"""Gives locals whose lives do not overlap one name: a frame on the heap has a word for each, and keeps what is in it.

Functions that were put together (`firmware.spliced`) have the locals of all their parts, some of them hundreds. A local
lives from where it is stored to where it is last read; what a ``try`` catches may come from anywhere in it. Host tool,
as `firmware.bundle` is.
"""

import ast
from collections.abc import Iterable
from typing import NamedTuple

from firmware.scopes import Comprehension, Function, arguments, own

Live = frozenset[str]
_NONE: Live = frozenset()
_SIMPLE = ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Raise | ast.Pass | ast.Break | ast.Continue
_KNOWN = (
    _SIMPLE
    | ast.Import
    | ast.ImportFrom
    | ast.Delete
    | ast.If
    | ast.For
    | ast.AsyncFor
    | ast.While
    | ast.Try
    | ast.With
    | ast.AsyncWith
)


def shared(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module with fewer locals in its functions."""
    for part in body:
        for node in ast.walk(part):
            if isinstance(node, Function):
                _share(node)
    return body


class _Exits(NamedTuple):
    """What is alive where a statement may go on instead of behind itself."""

    broken: Live = _NONE
    continued: Live = _NONE
    returned: Live = _NONE
    raised: Live = _NONE


def _share(function: Function) -> None:
    lives = _Lives(function)
    if not lives.is_known:
        return
    lives.statements(function.body, _NONE, _Exits())
    called: dict[str, str] = {}
    holders = {one: {one} for one in lives.given if one not in lives.fixed}
    for name in lives.movable(function):
        free = [one for one, held in holders.items() if not lives.beside[name] & held]
        chosen = free[0] if free else name
        called[name] = chosen
        holders.setdefault(chosen, set()).add(name)
    for node in _own_nodes(function.body):
        if isinstance(node, ast.Name):
            node.id = called.get(node.id, node.id)


class _Lives:
    """``beside``: local -> locals that hold something while it is stored, or are stored while it holds something."""

    def __init__(self, function: Function):
        self._locals = set(own(function) or [])
        self.given = [one.arg for one in arguments(function.args)]
        nodes = _own_nodes(function.body)
        self.is_known = all(
            isinstance(node, _KNOWN) for node in nodes if isinstance(node, ast.stmt)
        ) and not any(isinstance(node, ast.NamedExpr) for node in nodes)
        self.fixed = {node.name for node in nodes if isinstance(node, ast.ExceptHandler) and node.name}
        self.fixed |= {
            node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)
        }
        self.fixed |= {
            (node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)
        }
        for scope in _scopes(function.body):
            for one in ast.walk(scope):
                names = [getattr(one, field, None) for field in ("id", "arg", "name")]
                self.fixed |= {name for name in names if isinstance(name, str)}
        self.beside: dict[str, set[str]] = {name: set() for name in self._locals}

    def movable(self, function: Function) -> list[str]:
        """The locals that may take another's place, those that come first in front."""
        found = [node.id for node in _own_nodes(function.body) if isinstance(node, ast.Name)]
        names = dict.fromkeys(name for name in found if name in self._locals)
        return [name for name in names if name not in self.given and name not in self.fixed]

    def meet(self, name: str, others: Iterable[str]) -> None:
        for other in others:
            if other != name:
                self.beside[name].add(other)
                self.beside[other].add(name)

    def statements(self, body: list[ast.stmt], after: Live, exits: _Exits) -> Live:
        """What is alive in front of statements, given what is behind them."""
        for statement in reversed(body):
            after = self._statement(statement, after | exits.raised, exits)
        return after

    def _statement(self, node: ast.stmt, after: Live, exits: _Exits) -> Live:
        if isinstance(node, ast.If):
            inner = self.statements(node.body, after, exits) | self.statements(node.orelse, after, exits)
            return inner | self._read([node.test]) | exits.raised
        if isinstance(node, ast.For | ast.AsyncFor):
            return self._for(node, after, exits)
        if isinstance(node, ast.While):
            return self._while(node, after, exits)
        if isinstance(node, ast.Try):
            return self._try(node, after, exits)
        if isinstance(node, ast.With | ast.AsyncWith):
            return self._with(node, after, exits)
        return self._simple(node, after, exits)

    def _simple(self, node: ast.stmt, after: Live, exits: _Exits) -> Live:
        if isinstance(node, ast.Break):
            return exits.broken | exits.raised
        if isinstance(node, ast.Continue):
            return exits.continued | exits.raised
        if isinstance(node, ast.Return):
            return exits.returned | exits.raised | self._read([node])
        if isinstance(node, ast.Raise):
            return exits.raised | self._read([node])
        if isinstance(node, ast.Assign):
            return self._stored(node.targets, after, exits) | self._read([node.value])
        if isinstance(node, ast.AugAssign):
            return self._stored([node.target], after, exits) | self._read([node.value, node.target], True)
        return after | self._read([node])

    def _stored(self, targets: list[ast.expr], after: Live, exits: _Exits) -> Live:
        """In front of a store; what targets read is read between their stores."""
        nodes = [node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        stored = {node.id for node in nodes if isinstance(node.ctx, ast.Store)} & self._locals
        read = {node.id for node in nodes if isinstance(node.ctx, ast.Load)} & self._locals
        for name in stored:
            self.meet(name, after | exits.raised | stored | read)
        return (after - stored) | read | exits.raised

    def _for(self, node: ast.For | ast.AsyncFor, after: Live, exits: _Exits) -> Live:
        over = self.statements(node.orelse, after, exits)
        head, before = _NONE, None
        while head != before:
            before = head
            around = over | head | exits.raised
            inner = self.statements(node.body, around, exits._replace(broken=after, continued=around))
            head = self._stored([node.target], inner | over, exits) | over
        return head | self._read([node.iter]) | exits.raised

    def _while(self, node: ast.While, after: Live, exits: _Exits) -> Live:
        asked = self._read([node.test])
        over = self.statements(node.orelse, after, exits)
        head, before = _NONE, None
        while head != before:
            before = head
            around = over | asked | head | exits.raised
            head = self.statements(node.body, around, exits._replace(broken=after, continued=around)) | around
        return head

    def _try(self, node: ast.Try, after: Live, exits: _Exits) -> Live:
        if node.finalbody:
            anyway = after | exits.broken | exits.continued | exits.returned | exits.raised
            after = self.statements(node.finalbody, anyway, exits)
            exits = _Exits(after, after, after, after)
        caught = exits.raised
        for handler in node.handlers:
            caught |= self.statements(handler.body, after, exits) | self._read(
                [handler.type] if handler.type else []
            )
        end = self.statements(node.orelse, after, exits)
        return self.statements(node.body, end, exits._replace(raised=caught)) | caught

    def _with(self, node: ast.With | ast.AsyncWith, after: Live, exits: _Exits) -> Live:
        """What is raised in it may end there."""
        caught = after | exits.raised
        before = self.statements(node.body, after, exits._replace(raised=caught)) | caught
        for item in reversed(node.items):
            if item.optional_vars:
                before = self._stored([item.optional_vars], before, exits._replace(raised=caught)) | caught
            before |= self._read([item.context_expr])
        return before

    def _read(self, nodes: list, stored_too: bool = False) -> Live:
        names = [one for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)]
        return (
            frozenset(one.id for one in names if stored_too or isinstance(one.ctx, ast.Load)) & self._locals
        )


def _own_nodes(body: list[ast.stmt]) -> list[ast.AST]:
    """All nodes but those of scopes inside."""
    out: list[ast.AST] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef | Comprehension):
            out.append(node)
            waiting[:0] = list(ast.iter_child_nodes(node))
    return out


def _scopes(body: list[ast.stmt]) -> list[ast.AST]:
    """The scopes right inside of statements."""
    out: list[ast.AST] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef | Comprehension):
            out.append(node)
        else:
            waiting += ast.iter_child_nodes(node)
    return out
