"""Tables that are made each time they are asked for and thrown away after, instead of once for ever.

The readers of what only a snapshot or a return brings take 14 KB of a device's heap, and are used once a day. Host
tool, as `firmware.bundle` is.
"""

import ast


def deferred(body: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements of a module with its global ``names`` as functions. Raises `ValueError` where one is missing."""
    asked = _Asked(names)
    out = [_made(asked.visit(part), names) for part in body]
    missing = names - {part.name for part in out if isinstance(part, ast.FunctionDef)}
    if missing:
        raise ValueError("no such globals: " + ", ".join(sorted(missing)))
    return out


class _Asked(ast.NodeTransformer):
    def __init__(self, names: set[str]):
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._names:
            return ast.Call(node, [], [])
        return node


def _made(part: ast.stmt, names: set[str]) -> ast.stmt:
    if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and part.targets[0].id in names:
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        made: list[ast.stmt] = [ast.Return(part.value)]
        return ast.FunctionDef(part.targets[0].id, nothing, made, [], type_params=[])
    return part
