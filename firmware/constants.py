"""Writes constants where they are used: each global name costs a device two words of heap, each long text five.

A global that is bound once, to a number, a text or bytes, is replaced by its value. Long texts in functions move into
one constant, which stays in flash, and are cut out of it when they are used, up to the zero behind them; those that
could be names become names, which take a third of a text. Short ones that could be none and are used once go with the
long: each would be a name for ever. Host tool, as `firmware.bundle` is.
"""

import ast
from collections import Counter

from firmware.scopes import Function

_SHORT = 10  # bytes of UTF-8 up to which MicroPython keeps a text as a name, which is cheaper
_FOLDED = ast.Constant | ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop
_CUT = "def text_in_flash(at):\n    return str(TEXTS[at : TEXTS.find(b'\\0', at)], 'utf-8')"


def inlined(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements without global constants, every use replaced by the value."""
    named = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Name)]
    bound = [node.id for node in named if isinstance(node.ctx, ast.Store)]
    values: dict[str, object] = {}
    kept = []
    for part in body:
        for single in _one_by_one(_Inlined(values).visit(part)):
            found = _constant(single)
            if found and bound.count(found[0]) == 1:
                values[found[0]] = _value(found[1])
            else:
                kept.append(single)
    return kept


def texts_apart(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements with the long texts of every function in one constant, and what stands in one place alone."""
    texts = _Texts(body)
    body = [texts.visit(part) for part in body]
    if texts.names:
        body = [*ast.parse("if 0:\n    " + ", ".join(sorted(texts.names))).body, *body]
    if not texts.together:
        return body
    constant = ast.Assign([ast.Name("TEXTS", ast.Store())], ast.Constant(bytes(texts.together)))
    return [constant, *ast.parse(_CUT).body, *body]


class _Inlined(ast.NodeTransformer):
    def __init__(self, values: dict):
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return ast.Constant(self._values[node.id])
        return node


class _Texts(ast.NodeTransformer):
    """``names`` are texts that MicroPython's compiler takes as names once it has seen such a name."""

    def __init__(self, body: list[ast.stmt]):
        nodes = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Constant)]
        self._often = Counter([node.value for node in nodes if isinstance(node.value, str)])
        self.together = bytearray()
        self.names: set[str] = set()
        self._is_inside = False

    def visit_FunctionDef(self, node: Function) -> ast.AST:
        was, self._is_inside = self._is_inside, True
        node.body = [self.visit(part) for part in node.body]
        self._is_inside = was
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str) or self._is_name(node.value):
            return node
        if node.value.isidentifier() and node.value.isascii():
            self.names.add(node.value)
            return node
        if not self._is_inside or "\0" in node.value:
            return node
        text = node.value.encode() + b"\0"
        at = self.together.find(text)
        if at < 0:
            at = len(self.together)
            self.together += text
        called = ast.Name("text_in_flash", ast.Load())
        return ast.Call(called, [ast.Constant(at)], [])

    def _is_name(self, text: str) -> bool:
        """Whether a short text stays one: it is used in several places, or may be spelling for a name of ours."""
        if len(text.encode(errors="surrogatepass")) > _SHORT:
            return False
        return len(text) < 2 or (text.isidentifier() and text.isascii()) or self._often[text] > 1


def _constant(part: ast.stmt) -> tuple[str, ast.expr] | None:
    """The name that a statement gives to a constant, and the constant; None for any other statement."""
    if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and _is_constant(part.value):
        return part.targets[0].id, part.value
    return None


def _one_by_one(part: ast.stmt) -> list[ast.stmt]:
    """``A, B = 1, 2`` and ``A, B = range(2)`` as one statement for each name; any other statement as it is."""
    if not isinstance(part, ast.Assign) or not isinstance(part.targets[0], ast.Tuple):
        return [part]
    names, value = part.targets[0].elts, part.value
    values = value.elts if isinstance(value, ast.Tuple) else []
    if isinstance(value, ast.Call) and ast.unparse(value) == f"range({len(names)})":
        values = [ast.Constant(number) for number in range(len(names))]
    if len(values) != len(names) or not all(map(_is_constant, values)):
        return [part]
    return [ast.Assign([name], one) for name, one in zip(names, values, strict=True)]


def _is_constant(value: ast.expr) -> bool:
    return all(isinstance(node, _FOLDED) for node in ast.walk(value))


def _value(value: ast.expr) -> object:
    return eval(compile(ast.fix_missing_locations(ast.Expression(value)), "constant", "eval"))
