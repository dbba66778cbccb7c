"""Gives names of a device's module the spelling of other names it has anyway: each spelling costs heap.

MicroPython keeps one table of all names of a program, which doubles when it is full. Globals, locals and the members
that only our classes have take spellings from short texts and from members that stay as they are. What a name was is
in the result, for whoever reads a traceback. Host tool, as `firmware.bundle` is.
"""

import ast
import copy
import keyword
import re

from firmware.scopes import Function, arguments, own
from firmware.spellings import BUILT_IN, OF_OTHERS

Names = dict[str, str]


def shortened(
    body: list[ast.stmt], root: str, others: set[str], home: list[ast.stmt], own_members: set[str]
) -> tuple[Names, Names]:
    """Rename in place, all but ``root``: (globals, members), each old name -> new one.

    ``others`` are names that other modules have, which members never take; ``home`` the statements always loaded
    (not changed): their globals take spellings that are always there; ``own_members`` what `members` found before.
    """
    near, first = _near(home), _top(home)
    nodes = [node for part in body for node in ast.walk(part)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    words = {text for text in texts if len(text) <= 10 or text.isidentifier()}
    ours = (members(body) | own_members) - texts - others - OF_OTHERS
    fixed = _members(nodes) - ours
    kept = _kept(nodes) | {root}
    depth = max([_depth(part) for part in body], default=0)
    dry = _Renamed({}, {}, ["?"] * depth, kept)
    for part in copy.deepcopy(body):
        dry.visit(part)
    refused = kept | dry.outside - (_top(body) - kept)
    free = _cheapest_first((words | fixed | others | BUILT_IN) - refused, near)
    tops = _pairs(sorted(_top(body) - kept, key=lambda name: (name not in first, name)), free[depth:])
    inner = _pairs(sorted(ours), _cheapest_first((words | BUILT_IN) - fixed - others, near))
    renamed = _Renamed(tops, inner, free[:depth], kept)
    for part in body:
        renamed.visit(part)
    return tops, inner


class _Renamed(ast.NodeTransformer):
    """Renames what it visits. ``local``: spellings for the arguments of nested scopes, by their number.

    Other names of a scope are not kept by MicroPython, so they need no spelling of another. ``outside`` are the names
    it found in no scope: globals and what MicroPython brings.
    """

    def __init__(self, tops: Names, members: Names, local: list[str], kept: set[str]):
        self._tops, self._members, self._local, self._kept = tops, members, local, kept
        self._scopes: list[Names] = []
        self._given = 0  # arguments of all of them
        self.outside: set[str] = set()

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._of(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = self._members.get(node.attr, node.attr)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._of(node.name) if node.name else None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The names in a class are members; one that an object of any class sets is called the same here."""
        node.name = self._of(node.name)
        node.bases = [self.visit(base) for base in node.bases]
        for part in node.body:
            if isinstance(part, Function):
                part.name = self._members.get(part.name, part.name)
                self._function(part)
            elif isinstance(part, ast.Assign):
                part.value = self.visit(part.value)
                for target in [one for one in part.targets if isinstance(one, ast.Name)]:
                    target.id = self._members.get(target.id, target.id)
        return node

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        node.name = self._of(node.name)
        return self._function(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._function(node)

    def _comprehension(self, node) -> ast.AST:
        """The first of what it runs over belongs to the scope around it."""
        node.generators[0].iter = self.visit(node.generators[0].iter)
        first, node.generators[0].iter = node.generators[0].iter, ast.Constant(None)
        self._inside(node, lambda: self.generic_visit(node))
        node.generators[0].iter = first
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _function(self, node: Function | ast.Lambda) -> ast.AST:
        if not isinstance(node, ast.Lambda):
            node.decorator_list = [self.visit(one) for one in node.decorator_list]
        given = node.args
        given.defaults = [self.visit(one) for one in given.defaults]
        given.kw_defaults = [one and self.visit(one) for one in given.kw_defaults]
        self._inside(node, lambda: self._arguments_and_body(node))
        return node

    def _arguments_and_body(self, node: Function | ast.Lambda) -> None:
        for one in arguments(node.args):
            one.arg = self._of(one.arg)
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = [self.visit(part) for part in node.body]

    def _inside(self, node: ast.AST, visit) -> None:
        used = sum([len(scope) for scope in self._scopes])
        given = self._given
        new: Names = {}
        for at, old in enumerate(own(node) or []):
            is_given = at < _given(node)
            new[old] = old if old in self._kept else self._local[given + at] if is_given else f"_l{used + at}"
        self._given += _given(node)
        self._scopes.append(new)
        visit()
        self._scopes.pop()
        self._given = given

    def _of(self, name: str) -> str:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        self.outside.add(name)
        return self._tops.get(name, name)


def _depth(node: ast.AST) -> int:
    """How many arguments the scopes around any place in a node have in all."""
    return _given(node) + max([_depth(part) for part in ast.iter_child_nodes(node)], default=0)


def _given(node: ast.AST) -> int:
    return len(arguments(node.args)) if isinstance(node, Function | ast.Lambda) else 0


def _top(body: list[ast.stmt]) -> set[str]:
    named = {node.name for node in body if isinstance(node, Function | ast.ClassDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return named | {target.id for target in targets if isinstance(target, ast.Name)}


def _members(nodes: list[ast.AST]) -> set[str]:
    methods = [part for node in nodes if isinstance(node, ast.ClassDef) for part in node.body]
    named = {method.name for method in methods if isinstance(method, Function)}
    return named | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def members(body: list[ast.stmt]) -> set[str]:
    """The methods of our classes and what they set of their own."""
    classes = [node for part in body for node in ast.walk(part) if isinstance(node, ast.ClassDef)]
    methods = [part for one in classes for part in one.body if isinstance(part, Function)]
    inner = [node for method in methods for node in ast.walk(method) if isinstance(node, ast.Attribute)]
    set_here = {node.attr for node in inner if isinstance(node.ctx, ast.Store) and _is_self(node.value)}
    return {name for name in set_here | {one.name for one in methods} if not name.startswith("__")}


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _kept(nodes: list[ast.AST]) -> set[str]:
    """Arguments that are given by name, also from a path like ``/<name>``, and what is imported."""
    out = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            out.update(re.findall(r"<(\w+)>", node.value))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            out.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    return out


def _near(home: list[ast.stmt]) -> set[str]:
    """The members and short texts of statements."""
    nodes = [node for part in home for node in ast.walk(part)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _cheapest_first(texts: set[str], near: set[str]) -> list[str]:
    """Those that are names: what is there anyway, then what costs a file its letters alone, short ones before long."""
    return sorted(
        [text for text in texts if _is_name(text)],
        key=lambda text: (text not in near, text not in BUILT_IN, len(text), text),
    )


def _pairs(names: list[str], spellings: list[str]) -> Names:
    """Names behind the last spelling get new ones, one after another."""
    more = ["_" + str(number) for number in range(len(names) - len(spellings))]
    return dict(zip(names, spellings + more, strict=False))


def _is_name(text: str) -> bool:
    return (
        text.isidentifier() and text.isascii() and not keyword.iskeyword(text) and not text.startswith("__")
    )
