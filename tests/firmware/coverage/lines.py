"""Which statements of a source can run, and which did."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

_TELLS_NOTHING = (ast.Global, ast.Nonlocal)  # no instruction is made of these


class Measured(NamedTuple):
    """Of one file: how many statements can run, and the first lines of those that did not."""

    statements: int
    missed: list[int]

    @property
    def percent(self) -> int:
        """Never 100 while one is missed."""
        return 100 * (self.statements - len(self.missed)) // (self.statements or 1)


def measured(source: str, ran: set[int]) -> Measured:
    """A statement ran if any line of it did, of a compound one any line of its head: an interpreter names the line on
    which an expression goes on as well. MicroPython calls what stands
    last in a loop, or before a ``finally``, run in any case."""
    heads = [_head(one) for one in _statements(ast.parse(source))]
    return Measured(len(heads), sorted(head.start for head in heads if not ran.intersection(head)))


def spans(lines: list[int]) -> str:
    """As a person writes them: "3-5 9". Missed statements that follow each other are one span."""
    written = []
    for place, line in enumerate(lines):
        if place and line - lines[place - 1] == 1:
            written[-1][1] = line
        else:
            written.append([line, line])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in written)


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, _TELLS_NOTHING) and not _is_silent(node):
            yield node


def _is_silent(node: ast.stmt) -> bool:
    """Whether an interpreter has nothing to say of it: docstrings, annotations, ``while True``, ``try``, ``pass``."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None) | ast.Try() | ast.Pass():
            return True
        case ast.While(test=ast.Constant()):
            return True
    return False


def _head(node: ast.stmt) -> range:
    """Its lines, up to the statements inside it."""
    body = getattr(node, "body", None)
    decorated = getattr(node, "decorator_list", [])
    first = min([node.lineno] + [one.lineno for one in decorated])
    last = (node.end_lineno or node.lineno) if not body else max(first, body[0].lineno - 1)
    return range(first, last + 1)
