"""Writes a device's modules as one module: on MicroPython every module and every imported name costs heap of its own.

Names keep their spelling where no other module uses it at top level; what becomes of them is for `firmware.names`.
Host tool: it never runs on a device, and the sources it reads run unchanged without it.
"""

import ast
from pathlib import Path
from typing import TypeGuard

from firmware.called import Names, door, is_inner
from firmware.deferred import deferred
from firmware.reachable import reachable
from firmware.rewritable import Unannotated, check
from firmware.scopes import Function, arguments, bound

Scope = set[str]


def bundle(
    modules: dict[str, Path], last: str, later: tuple[str, ...] = (), doors: tuple[str, ...] = ()
) -> str:
    """The source of one module whose ``main`` does what that of ``last`` does; ``modules``: dotted name -> file.

    ``later`` are globals (``module.NAME``) that are made each time they are asked for, not kept; ``doors`` are such as
    keep a name that tells where they come from (see `door`). Raises `SystemExit` where a source is not `rewritable`.
    """
    check(modules)
    trees = {name: Unannotated().visit(ast.parse(path.read_text())) for name, path in modules.items()}
    order = _in_order(trees, last)
    trees = {name: tree for name, tree in trees.items() if name in order}
    names = Names(trees)
    for one in doors:
        module, name = one.rsplit(".", 1)
        if (module, name) in names.called:
            names.called[module, name] = door(one)
    body = [line for name in order for line in _Flattener(names, name).statements(trees[name])]
    asked = [one.rsplit(".", 1) for one in later]
    body = deferred(body, {names.resolve(module, name) for module, name in asked})
    body = reachable(_hoisted(names, trees) + body, names.resolve(last, "main"))
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))


class _Flattener(ast.NodeTransformer):
    """One module's statements with global names as in the bundle and without imports of bundled modules."""

    def __init__(self, names: Names, module: str):
        self._names, self._module = names, module
        self._scopes: list[Scope] = []

    def statements(self, tree: ast.Module) -> list[ast.stmt]:
        kept = [self.visit(node) for node in tree.body if not _is_left_out(node)]
        if self._module in self._names.values:
            kept += self._as_object()
        return [node for node in kept if node is not None]

    def _as_object(self) -> list[ast.stmt]:
        """A module that others hand around as a value: a class that gets all that can be asked of it."""
        names, module, called = self._names, self._module, _object_of(self._module)
        lines = [f"class {called}:\n    pass"]
        for name in sorted({*names.own[module], *names.imported[module]}):
            source, there = names.source(module, name)
            if there and not name.startswith("_"):
                value = names.called[source, there]
                is_function = (source, there) in names.functions
                lines.append(f"{called}.{name} = " + (f"staticmethod({value})" if is_function else value))
        return ast.parse("\n".join(lines)).body

    def visit_Import(self, node: ast.Import):
        return node if self._scopes else None

    def visit_ImportFrom(self, node: ast.ImportFrom):
        return None if not self._scopes or is_inner(node, self._names.modules) else node

    def visit_Name(self, node: ast.Name):
        if not any(node.id in scope for scope in self._scopes):
            module = self._names.module_behind(self._module, node.id)
            node.id = _object_of(module) if module else self._names.resolve(self._module, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute):
        if isinstance(node.value, ast.Name) and not any(node.value.id in scope for scope in self._scopes):
            module = self._names.module_behind(self._module, node.value.id)
            if module:
                return ast.Name(self._names.resolve(module, node.attr), node.ctx)
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        if not self._scopes:
            node.name = self._names.resolve(self._module, node.name)
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [one and self.visit(one) for one in node.args.kw_defaults]
        node.returns = None
        for argument in arguments(node.args):
            argument.annotation = None
        self._scopes.append({one.arg for one in arguments(node.args)} | bound(node.body))
        node.body = [kept for kept in map(self.visit, node.body[_is_documented(node) :]) if kept] or [
            ast.Pass()
        ]
        self._scopes.pop()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef):
        node.name = self._names.resolve(self._module, node.name)
        node.bases = [self.visit(base) for base in node.bases]
        self._scopes.append(set())
        node.body = [self.visit(one) for one in node.body[_is_documented(node) :]] or [ast.Pass()]
        self._scopes.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda):
        self._scopes.append({one.arg for one in arguments(node.args)})
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def _comprehension(self, node):
        self._scopes.append(
            {name.id for one in node.generators for name in ast.walk(one.target) if _is_name(name)}
        )
        self.generic_visit(node)
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def _in_order(trees: dict[str, ast.Module], last: str) -> list[str]:
    """Modules that ``last`` needs, each behind those it imports at top level."""
    order: list[str] = []

    def add(name: str) -> None:
        if name in order:
            return
        for node in ast.walk(trees[name]):
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                for wanted in [*inner, node.module]:
                    if wanted in trees:
                        add(wanted)
        if name not in order:
            order.append(name)

    add(last)
    return order


def _hoisted(names: Names, trees: dict[str, ast.Module]) -> list[ast.stmt]:
    """Imports from outside the bundle, each once."""
    seen: dict[str, ast.stmt] = {}
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.Import) or (
                isinstance(node, ast.ImportFrom) and not is_inner(node, names.modules)
            ):
                seen[ast.unparse(node)] = node
    return list(seen.values())


def _object_of(module: str) -> str:
    return module.replace(".", "_")


def _is_documented(node) -> bool:
    return ast.get_docstring(node, clean=False) is not None


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _is_left_out(node: ast.stmt) -> bool:
    """Docstrings, and what only a main program does."""
    if isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__"):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
