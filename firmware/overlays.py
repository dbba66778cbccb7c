"""Parts of a device's program that are loaded when they are used, and forgotten after: a look for updates, a counter.

A part is what only its doors reach: functions or classes that the rest calls by name. Of a door the rest keeps a
function that imports the part, forgets it in ``sys.modules`` and goes on; the part lives as long as something of it is
in use.
Host tool, as `firmware.bundle` is.
"""

import ast

from firmware.scopes import Function, free

_DOOR = """
def {door}(*given):
    from {part} import {door} as door
    sys.modules.pop({part!r})
    return door(*given)
"""


def parted(
    body: list[ast.stmt], root: str, home: str, doors: dict[str, set[str]]
) -> dict[str, list[ast.stmt]]:
    """Module name -> statements, of a program that runs from ``root`` in the module ``home``; ``doors`` by part."""
    program = _Program(body)
    every = {door for names in doors.values() for door in names}
    parts: dict[str, set[str]] = {}
    shared: set[str] = set()
    while True:
        resident = program.reached({root, *program.anyway} | shared, every) - every
        parts = {
            part: program.reached(names, every - names) - resident - (every - names)
            for part, names in doors.items()
        }
        again = {
            name
            for part, names in parts.items()
            for name in names - every
            if _is_elsewhere(name, part, parts)
        }
        if not again:
            break
        shared |= again
    out = {home: program.module(resident, set())}
    for part, names in parts.items():
        out[part] = program.module(names, program.used(names) - names, home)
    stubs = [_DOOR.format(door=door, part=part) for part, names in doors.items() for door in sorted(names)]
    if stubs:
        out[home] = [*ast.parse("import sys").body, *out[home], *ast.parse("\n".join(stubs)).body]
    return out


def _is_elsewhere(name: str, part: str, parts: dict[str, set[str]]) -> bool:
    return any(name in names for other, names in parts.items() if other != part)


class _Program:
    """What each statement of a module defines and uses."""

    def __init__(self, body: list[ast.stmt]):
        self._body = body
        self._defines = [_defined(part) for part in body]
        everything = {name for names in self._defines for name in names}
        self._uses = [_used(part) & everything for part in body]
        self._imports = [isinstance(part, ast.Import | ast.ImportFrom) for part in body]
        rows = list(zip(self._defines, self._uses, strict=True))
        self.anyway = {name for defines, uses in rows if not defines for name in uses}

    def reached(self, names: set[str], closed: set[str]) -> set[str]:
        """All that ``names`` use, and what that uses, but nothing behind the ``closed`` ones."""
        found = set(names)
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            for defines, uses in zip(self._defines, self._uses, strict=True):
                if name in defines and name not in closed:
                    new = uses - found
                    found |= new
                    waiting += new
        return found

    def used(self, names: set[str]) -> set[str]:
        rows = zip(self._defines, self._uses, strict=True)
        return {name for defines, uses in rows if set(defines) & names for name in uses}

    def module(self, names: set[str], borrowed: set[str], home: str = "") -> list[ast.stmt]:
        """The statements that define ``names``; what is ``borrowed`` comes from ``home`` or is imported anew."""
        out: list[ast.stmt] = []
        lent = set(borrowed)
        for part, defines, is_import in zip(self._body, self._defines, self._imports, strict=True):
            wanted = set(defines) & (names | borrowed) if is_import else set(defines) & names
            if wanted and is_import:
                lent -= wanted
                out.append(_narrowed(part, wanted))
            elif wanted or (not defines and not home):
                out.append(part)
        if lent:
            out.insert(0, ast.ImportFrom(home, [ast.alias(name) for name in sorted(lent)], 0))
        return out


def _narrowed(part: ast.stmt, wanted: set[str]) -> ast.stmt:
    assert isinstance(part, ast.Import | ast.ImportFrom)
    aliases = [one for one in part.names if (one.asname or one.name).split(".")[0] in wanted]
    if isinstance(part, ast.ImportFrom):
        return ast.ImportFrom(part.module, aliases, part.level)
    return ast.Import(aliases)


def _defined(part: ast.stmt) -> list[str]:
    """The globals that a statement makes, or gives members to."""
    if isinstance(part, Function | ast.ClassDef):
        return [part.name]
    if isinstance(part, ast.Import | ast.ImportFrom):
        return [(one.asname or one.name).split(".")[0] for one in part.names]
    if isinstance(part, ast.Assign):
        nodes = [node for target in part.targets for node in ast.walk(target)]
        return [node.id for node in nodes if isinstance(node, ast.Name)]
    return []


def _used(part: ast.stmt) -> set[str]:
    if isinstance(part, ast.If):
        return set()  # names for the compiler: see `firmware.constants`
    return free(part)
