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


def free(node: ast.AST, around: frozenset[str] = frozenset()) -> set[str]:
    """The names in a node that no scope binds, neither one in it nor those ``around``: members of a class are none."""
    if isinstance(node, ast.Name):
        return {node.id} - around
    outer, inner = _parts(node)
    within = around | set(own(node) or [])
    return {name for part in outer for name in free(part, around)} | {
        name for part in inner for name in free(part, within)
    }


def _parts(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """What of a node is evaluated in the scope around it, and what in its own."""
    if isinstance(node, ast.ClassDef):
        members = [part.value if isinstance(part, ast.Assign) else part for part in node.body]
        return [*node.decorator_list, *node.bases, *members], []
    if isinstance(node, Function | ast.Lambda):
        given = [one for one in [*node.args.defaults, *node.args.kw_defaults] if one]
        if isinstance(node, ast.Lambda):
            return [*given], [node.body]
        return [*given, *node.decorator_list], [*node.body]
    if isinstance(node, Comprehension):
        first = node.generators[0].iter
        return [first], [one for one in _below(node) if one is not first]
    return [*ast.iter_child_nodes(node)], []


def _below(node: Comprehension) -> list[ast.AST]:
    """The parts of a comprehension, those of its loops one by one."""
    whole = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.comprehension)]
    return whole + [part for one in node.generators for part in ast.iter_child_nodes(one)]
