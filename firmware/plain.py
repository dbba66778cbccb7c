"""Makes functions of methods, and one shared class of those that are left with no method but their ``__init__``.

A class takes 200 bytes of a device's heap and more before it has a method. A method whose name no other class has can
as well be a function: nothing asks which one is meant. Host tool, as `firmware.bundle` is.
"""

import ast
from typing import TypeGuard

from firmware.scopes import Function

_SHARED = "Thing"


def plain(body: list[ast.stmt], untouched: set[str], doors: set[str] | None = None) -> list[ast.stmt]:
    """The statements of a module with as few classes as will do; ``untouched`` are members that others call or have.

    Classes that are ``doors`` (see `firmware.overlays`) keep their methods: as functions they would be in front.
    """
    classes = [part for part in body if isinstance(part, ast.ClassDef)]
    behind = [one for part in classes if part.name in (doors or ()) for one in part.body]
    untouched = untouched | {one.name for one in behind if isinstance(one, Function)}
    empty = {part.name for part in classes if not part.bases and isinstance(part.body[0], ast.Pass)}
    _told_apart(body, classes)
    functions = _functions(body, classes, untouched)
    body = [_Called(functions).visit(part) for part in body]
    out: list[ast.stmt] = []
    for part in body:
        if isinstance(part, ast.ClassDef):
            out += _taken_out(part, functions)
        else:
            out.append(part)
    called, valued = uses(out)
    made = [part for part in out if _has_only_init(part) and part.name not in valued]
    objects = (empty & _given_members(body)) - called
    shared = ast.ClassDef(_SHARED, [], [], [ast.Pass()], [], type_params=[])
    return [shared, *[constructor(part, _SHARED) if part in made else _member(part, objects) for part in out]]


def _told_apart(body: list[ast.stmt], classes: list[ast.ClassDef]) -> None:
    """Private methods with names that others have get names of their own, where each class asks only itself."""
    above = {base.id for one in classes for base in one.bases if isinstance(base, ast.Name)}
    owners: dict[str, list[ast.ClassDef]] = {}
    for one in classes:
        for method in one.body:
            if (
                isinstance(method, Function)
                and method.name.startswith("_")
                and not method.name.endswith("__")
            ):
                owners.setdefault(method.name, []).append(one)
    uses = [node.attr for part in body for node in ast.walk(part) if isinstance(node, ast.Attribute)]
    for name, found in owners.items():
        own_uses = [node for one in classes for node in _of_self(one, name)]
        if len(own_uses) == uses.count(name):
            for one in found:
                if not one.bases and one.name not in above:
                    _apart(one, name)


def _apart(one: ast.ClassDef, name: str) -> None:
    methods = [part for part in one.body if isinstance(part, Function) and part.name == name]
    for node in _of_self(one, name):
        node.attr = f"{name}_{one.name}"
    for method in methods:
        method.name = f"{name}_{one.name}"


def _of_self(one: ast.ClassDef, name: str) -> list[ast.Attribute]:
    """Where a class asks itself for a member."""
    nodes = [node for node in ast.walk(one) if isinstance(node, ast.Attribute) and node.attr == name]
    return [node for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "self"]


def _functions(body: list[ast.stmt], classes: list[ast.ClassDef], untouched: set[str]) -> dict[str, str]:
    """Method name -> the name of the function that it becomes."""
    nodes = [node for part in body for node in ast.walk(part)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    members = [node for node in nodes if isinstance(node, ast.Attribute)]
    handed = {node.attr for node in members if id(node) not in called}  # as a value, or set as one
    taken = {text for node in nodes for text in _texts_of_getattr(node)} | handed | untouched
    owners: dict[str, list[str]] = {}
    for one in classes:
        for method in one.body:
            if isinstance(method, Function) and not method.name.startswith("__"):
                owners.setdefault(method.name, []).append(one.name)
                if method.decorator_list or _asks_for_super(method):
                    taken.add(method.name)
            elif isinstance(method, ast.Assign):
                taken.update(target.id for target in method.targets if isinstance(target, ast.Name))
    found = {name: own[0] for name, own in owners.items() if len(own) == 1 and name not in taken}
    return {name: f"{own}_{name}_" for name, own in found.items()}


def _texts_of_getattr(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("attr"):
        return [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
    return []


def _asks_for_super(method: Function) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(method))


class _Called(ast.NodeTransformer):
    """Calls of methods that became functions."""

    def __init__(self, functions: dict[str, str]):
        self._functions = functions

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in self._functions:
            function = ast.Name(self._functions[node.func.attr], ast.Load())
            return ast.Call(function, [node.func.value, *node.args], node.keywords)
        return node


def _taken_out(part: ast.ClassDef, functions: dict[str, str]) -> list[ast.stmt]:
    """A class with the methods it keeps, and its other methods as functions."""
    kept: list[ast.stmt] = []
    out: list[ast.stmt] = []
    for one in part.body:
        if isinstance(one, Function) and one.name in functions:
            one.name = functions[one.name]
            out.append(one)
        else:
            kept.append(one)
    part.body = kept or [ast.Pass()]
    return [part, *out]


def uses(body: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """Names that are called, and names that are used as values."""
    nodes = [node for part in body for node in ast.walk(part)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    return {node.id for node in names if id(node) in called}, {
        node.id for node in names if id(node) not in called
    }


def _given_members(body: list[ast.stmt]) -> set[str]:
    """The names of what gets its members by statements: modules that are handed around (see `firmware.bundle`)."""
    targets = [part.targets[0] for part in body if isinstance(part, ast.Assign)]
    holders = [target.value for target in targets if isinstance(target, ast.Attribute)]
    return {one.id for one in holders if isinstance(one, ast.Name)}


def _member(part: ast.stmt, objects: set[str]) -> ast.stmt:
    """A class that only holds members, or the statement that gives it one, as an object."""
    if isinstance(part, ast.ClassDef) and part.name in objects:
        return ast.Assign([ast.Name(part.name, ast.Store())], ast.Call(ast.Name(_SHARED, ast.Load()), [], []))
    if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Attribute):
        target, value = part.targets[0].value, part.value
        is_object = isinstance(target, ast.Name) and target.id in objects
        if is_object and isinstance(value, ast.Call) and ast.unparse(value.func) == "staticmethod":
            part.value = value.args[0]
    return part


def _has_only_init(part: ast.stmt) -> TypeGuard[ast.ClassDef]:
    if not isinstance(part, ast.ClassDef) or part.bases or part.decorator_list or len(part.body) != 1:
        return False
    (init,) = part.body
    return isinstance(init, ast.FunctionDef) and init.name == "__init__" and not _asks_for_super(init)


def constructor(part: ast.stmt, kind: str) -> ast.stmt:
    """A function that makes what the class of its name did, as an object of another class."""
    assert isinstance(part, ast.ClassDef)
    init = part.body[0]
    assert isinstance(init, ast.FunctionDef)
    given = init.args.args.pop(0).arg
    init.body = [_Ending(given).visit(one) for one in init.body]
    begun = ast.Assign([ast.Name(given, ast.Store())], ast.Call(ast.Name(kind, ast.Load()), [], []))
    init.body = [begun, *init.body, ast.Return(ast.Name(given, ast.Load()))]
    init.name = part.name
    return init


class _Ending(ast.NodeTransformer):
    """Every return of an ``__init__`` as one of what it made."""

    def __init__(self, given: str):
        self._given = given

    def visit_Return(self, node: ast.Return) -> ast.AST:
        return ast.Return(ast.Name(self._given, ast.Load()))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node
