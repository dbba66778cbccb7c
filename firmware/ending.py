"""The body of a function as statements that run to their end, instead of returning from wherever they are."""

import ast
from collections.abc import Callable

Give = Callable[[ast.expr | None], list[ast.stmt]]


class CannotEnd(Exception):
    """It returns from a place that nothing but a return leaves."""


def falls(body: list[ast.stmt]) -> bool:
    """Whether statements may run to their end."""
    if not body:
        return True
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return False
    if isinstance(last, ast.If):
        return falls(last.body) or falls(last.orelse)
    if isinstance(last, ast.Try) and not last.finalbody:
        tried = falls(last.orelse) if last.orelse else falls(last.body)
        return tried or any(falls(one.body) for one in last.handlers)
    if isinstance(last, ast.While) and isinstance(last.test, ast.Constant) and last.test.value:
        return _has(last.body, ast.Break)
    return True


def ended(body: list[ast.stmt], give: Give) -> list[ast.stmt]:
    """The same with what ``give`` makes of a value in place of every return, and None where there is none.

    Changes nothing in ``body``. Raises `CannotEnd`.
    """
    out: list[ast.stmt] = []
    for at, statement in enumerate(body):
        rest = body[at + 1 :]
        if not _has([statement], ast.Return):
            out.append(statement)
        elif isinstance(statement, ast.Return):
            return out + give(statement.value)
        elif isinstance(statement, ast.If):
            return [*out, *_branches(statement, rest, give)]
        elif isinstance(statement, ast.For):
            return [*out, _left(statement, rest, give)]
        elif isinstance(statement, ast.Try):
            return [*out, _tried(statement, rest, give)]
        else:
            raise CannotEnd
    return out + give(None) if falls(body) else out


def _branches(statement: ast.If, rest: list[ast.stmt], give: Give) -> list[ast.stmt]:
    """The rest moves into the one branch that reaches it."""
    through, other = falls(statement.body), falls(statement.orelse)
    if through and other and rest:
        raise CannotEnd
    then = ended([*statement.body, *(rest if through else [])], give)
    otherwise = ended([*statement.orelse, *(rest if other and not through else [])], give)
    return [ast.If(statement.test, then or [ast.Pass()], otherwise)]


def _left(statement: ast.For, rest: list[ast.stmt], give: Give) -> ast.stmt:
    """A loop is left by a break, the rest is what follows where it was not."""
    if statement.orelse or _breaks(statement.body):
        raise CannotEnd
    inner = _broken(statement.body, give)
    return ast.For(statement.target, statement.iter, inner, ended(rest, give))


def _broken(body: list[ast.stmt], give: Give) -> list[ast.stmt]:
    out: list[ast.stmt] = []
    for statement in body:
        if not _has([statement], ast.Return):
            out.append(statement)
        elif isinstance(statement, ast.Return):
            return [*out, *give(statement.value), ast.Break()]
        elif isinstance(statement, ast.If):
            out.append(ast.If(statement.test, _broken(statement.body, give), _broken(statement.orelse, give)))
        else:
            raise CannotEnd
    return out


def _tried(statement: ast.Try, rest: list[ast.stmt], give: Give) -> ast.stmt:
    if rest or statement.orelse or _has(statement.finalbody, ast.Return):
        raise CannotEnd
    handlers = [
        ast.ExceptHandler(one.type, one.name, ended(one.body, give) or [ast.Pass()])
        for one in statement.handlers
    ]
    return ast.Try(ended(statement.body, give) or [ast.Pass()], handlers, [], statement.finalbody)


def _has(body: list[ast.stmt], kind: type[ast.AST]) -> bool:
    return any(isinstance(node, kind) for part in body for node in ast.walk(part))


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a loop with this body is left by a break of its own."""
    for part in body:
        if isinstance(part, ast.Break):
            return True
        if not isinstance(part, ast.For | ast.While):
            inner = [getattr(part, field, []) for field in ("body", "orelse", "finalbody")]
            inner += [one.body for one in getattr(part, "handlers", [])]
            if any(_breaks(one) for one in inner):
                return True
    return False
