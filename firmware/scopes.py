"""Which names a piece of Python binds in its own scope: shared by what rewrites a device's module."""

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def arguments(given: ast.arguments) -> list[ast.arg]:
    """All of a function, in the order MicroPython keeps them."""
    starred = [one for one in (given.vararg, given.kwarg) if one]
    return [*given.args, *given.kwonlyargs, *starred]


def bound(body: list[ast.stmt]) -> set[str]:
    """The names that statements bind in their own scope, imports aside."""
    out: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            out.add(node.name)
            continue
        if isinstance(node, ast.Lambda | Comprehension):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            out.add(node.id)
        if isinstance(node, ast.ExceptHandler) and node.name:
            out.add(node.name)
        waiting.extend(ast.iter_child_nodes(node))
    return out


def own(node: ast.AST) -> list[str] | None:
    """The names of the scope that a node opens, arguments first; None where it opens none."""
    if isinstance(node, Function):
        named = [one.arg for one in arguments(node.args)]
        return named + sorted(bound(node.body) - set(named))
    if isinstance(node, ast.Lambda):
        return [one.arg for one in arguments(node.args)]
    if isinstance(node, Comprehension):
        targets = [name for one in node.generators for name in ast.walk(one.target)]
        return sorted({name.id for name in targets if isinstance(name, ast.Name)})
    return None
