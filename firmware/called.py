"""What the top-level names of a device's modules are called in its one module. Host tool, as `firmware.bundle` is."""

import ast
from typing import TypeGuard

from firmware.scopes import Function, bound

Scope = set[str]


def door(dotted: str) -> str:
    """What a door ``module.name`` is called in a bundle."""
    return dotted.replace(".", "_")


class Names:
    """What each module's top-level names are called in the bundle."""

    def __init__(self, trees: dict[str, ast.Module]):
        self.modules = set(trees)
        self.own = {name: bound(tree.body) for name, tree in trees.items()}
        self.functions = {
            (name, node.name) for name, tree in trees.items() for node in tree.body if _is_function(node)
        }
        owners: dict[str, list[str]] = {}
        for module in sorted(trees):
            for name in self.own[module]:
                owners.setdefault(name, []).append(module)
        foreign = {
            alias.asname or alias.name for tree in trees.values() for alias in _foreign(tree, self.modules)
        }
        foreign.update(name for tree in trees.values() for name in _local(tree))
        self.called = {}
        for name, modules in owners.items():
            unique = len(modules) == 1 and name not in foreign
            for number, module in enumerate(modules):
                self.called[module, name] = name if unique else f"{name}{number}"
        self.imported = {name: self._imports(tree) for name, tree in trees.items()}
        self.values = {module for name, tree in trees.items() for module in self._values(name, tree)}

    def _imports(self, tree: ast.Module) -> dict[str, tuple[str, str | None]]:
        """Local name -> (module, name there), or (module, None) for a module itself."""
        out: dict[str, tuple[str, str | None]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    local, inner = alias.asname or alias.name, f"{node.module}.{alias.name}"
                    if inner in self.modules:
                        out[local] = inner, None
                    elif node.module in self.modules:
                        out[local] = node.module, alias.name
        return out

    def _values(self, name: str, tree: ast.Module) -> set[str]:
        """The modules of the bundle that a module uses other than for one of their names."""
        parts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        loose = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in parts]
        return {module for module in (self.module_behind(name, one) for one in loose) if module}

    def source(self, module: str, name: str) -> tuple[str, str | None]:
        """(module, name there) of a global, imports followed to where it is made; (module, None) where it is none."""
        if name in self.own[module]:
            return module, name
        source, there = self.imported[module].get(name, (module, None))
        return (module, None) if there is None else self.source(source, there)

    def resolve(self, module: str, name: str) -> str:
        """What a global ``name`` of ``module`` is called in the bundle."""
        source, there = self.source(module, name)
        return name if there is None else self.called[source, there]

    def module_behind(self, module: str, name: str) -> str | None:
        """The module that ``name`` stands for in ``module``, if it stands for one."""
        source, there = self.imported[module].get(name, (None, None))
        return source if there is None else None


def _local(tree: ast.Module) -> Scope:
    """Every name that some function or comprehension of a module binds for itself."""
    out: Scope = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            out |= bound(node.body)
        if isinstance(node, ast.arg):
            out.add(node.arg)
        if isinstance(node, ast.comprehension):
            out |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
    return out


def _foreign(tree: ast.Module, modules: set[str]) -> list[ast.alias]:
    """What a module imports at top level from outside the bundle."""
    out = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            out += node.names
        elif isinstance(node, ast.ImportFrom) and not is_inner(node, modules):
            out += node.names
    return out


def is_inner(node: ast.ImportFrom, modules: set[str]) -> bool:
    """Whether something is imported from within the bundle."""
    return node.module in modules or any(f"{node.module}.{alias.name}" in modules for alias in node.names)


def _is_function(node: ast.AST) -> TypeGuard[Function]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
