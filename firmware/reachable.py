"""Leaves out of a device's module what nothing on the device reaches: every function costs its heap some 170 bytes.

A function, class or plain assignment is reached where its name stands in something reached; a method where an attribute
or a text like its name does, or where it goes on to the one it overrides. That errs on the side of keeping. Host tool,
as `firmware.bundle` is.
"""

import ast
from typing import NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Used(NamedTuple):
    """``names`` of the module and ``members`` of anything that stand in what is reached."""

    names: set[str]
    members: set[str]


def reachable(body: list[ast.stmt], root: str) -> list[ast.stmt]:
    """The statements of a module that calling its ``root`` needs, in their order."""
    used, size = Used({root}, set()), (0, 0)
    while size != (len(used.names), len(used.members)):
        size = len(used.names), len(used.members)
        for node in body:
            if _is_kept(node, used):
                _note(node, used)
    return [_trimmed(node, used) for node in body if _is_kept(node, used)]


def _is_kept(node: ast.stmt, used: Used) -> bool:
    """Whether a statement is needed; all that is no definition does something when it runs."""
    if isinstance(node, Definition):
        return node.name in used.names
    if isinstance(node, ast.Assign):
        handed = _handed_on(node)
        if handed:
            return handed[0] in used.names and handed[1] in used.members
        targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return len(targets) < len(node.targets) or not used.names.isdisjoint(targets)
    return True


def _handed_on(node: ast.Assign) -> tuple[str, str] | None:
    """(object, member) of a module that is handed around as a value, where the statement sets one of those."""
    target = node.targets[0]
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return target.value.id, target.attr
    return None


def _note(node: ast.AST, used: Used) -> None:
    """Add every name and member in a node, without the methods that nobody calls yet."""
    if isinstance(node, ast.ClassDef):
        for part in (*node.bases, *[one for one in node.body if _is_needed(one, used)]):
            _note(part, used)
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            used.names.add(part.id)
        elif isinstance(part, ast.Attribute):
            used.members.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            used.members.add(part.value)  # for getattr


def _is_needed(node: ast.stmt, used: Used) -> bool:
    is_method = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return not is_method or node.name.startswith("__") or node.name in used.members or _overrides(node)


def _overrides(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it goes on to the method of its name above it, which somebody outside of these modules calls."""
    return any(
        isinstance(part, ast.Attribute)
        and part.attr == method.name
        and isinstance(part.value, ast.Call)
        and isinstance(part.value.func, ast.Name)
        and part.value.func.id == "super"
        for part in ast.walk(method)
    )


def _trimmed(node: ast.stmt, used: Used) -> ast.stmt:
    if isinstance(node, ast.ClassDef):
        node.body = [one for one in node.body if _is_needed(one, used)] or [ast.Pass()]
    return node
