"""Locals that share a name do what they did apart: programs by chance, run before and after."""

import ast
import random
import textwrap

from firmware.scopes import own
from firmware.slots import shared

_PARTS = ("acde", "acfgh", "abij")


class _Program:
    """Statements by chance over ten locals and ``told``, a list of what was seen; every loop ends."""

    def __init__(self, seed: int):
        self._chance = random.Random(seed)
        self._temporaries = 0

    def source(self) -> str:
        return "def program(a, b, told):\n" + textwrap.indent("".join(map(self._part, _PARTS)), "    ")

    def _part(self, names: str) -> str:
        """What uses these locals, and no more than these of what came before."""
        self._names = names
        begun = [f"{name} = a + {self._chance.randint(0, 9)}\n" for name in names if name > "b"]
        return "".join(begun) + self._body(3, False) + f"told.append({names[0]})\n"

    def _body(self, depth: int, is_in_loop: bool) -> str:
        return "".join([self._statement(depth, is_in_loop) for _ in range(self._chance.randint(1, 4))])

    def _statement(self, depth: int, is_in_loop: bool) -> str:
        if self._chance.random() < 0.06:
            leaving = ["return told\n", "raise ValueError\n"] + ["break\n", "continue\n"] * is_in_loop
            return f"if {self._value()} % 3 == 0:\n    " + self._chance.choice(leaving)
        if depth and self._chance.random() < 0.4:
            nested = [self._if, self._for, self._while, self._try, self._finally, self._with]
            return self._chance.choice(nested)(depth - 1, is_in_loop)
        plain = [self._assignment, self._pair, self._added, self._seen, self._captured]
        return self._chance.choice(plain + 4 * [self._temporary])()

    def _name(self) -> str:
        return self._chance.choice(self._names)

    def _value(self) -> str:
        return self._chance.choice([self._name(), self._name(), str(self._chance.randint(0, 9))])

    def _assignment(self) -> str:
        return f"{self._name()} = {self._value()} + {self._value()}\n"

    def _pair(self) -> str:
        return f"{self._name()}, {self._name()} = {self._value()}, {self._value()}\n"

    def _added(self) -> str:
        return f"{self._name()} += {self._value()}\n"

    def _temporary(self) -> str:
        """One that lives for two lines, on the place of whatever is not alive in between."""
        self._temporaries += 1
        name = f"once{self._temporaries}"
        return f"{name} = {self._value()} * 3\ntold.append({name} // ({self._value()} % 4))\n"

    def _seen(self) -> str:
        return f"told.append({self._value()})\n"

    def _captured(self) -> str:
        return f"told += [i + {self._name()} for i in range({self._value()} % 3)]\n"

    def _block(self, head: str, depth: int, is_in_loop: bool) -> str:
        return head + "\n" + textwrap.indent(self._body(depth, is_in_loop), "    ")

    def _if(self, depth: int, is_in_loop: bool) -> str:
        then = self._block(f"if {self._value()} % 2:", depth, is_in_loop)
        return then + (self._block("else:", depth, is_in_loop) if self._chance.random() < 0.5 else "")

    def _for(self, depth: int, is_in_loop: bool) -> str:
        loop = self._block(f"for {self._name()} in range({self._value()} % 3):", depth, True)
        return loop + (self._block("else:", depth, is_in_loop) if self._chance.random() < 0.3 else "")

    def _while(self, depth: int, is_in_loop: bool) -> str:
        return self._block(f"while {self._value()} % 5 and len(told) < 40:\n    told.append(0)", depth, True)

    def _try(self, depth: int, is_in_loop: bool) -> str:
        tried = self._block("try:", depth, is_in_loop)
        handler = self._block("except (ZeroDivisionError, ValueError) as error:", depth, is_in_loop)
        otherwise = self._block("else:", depth, is_in_loop) if self._chance.random() < 0.3 else ""
        return tried + handler + otherwise

    def _finally(self, depth: int, is_in_loop: bool) -> str:
        return self._block("try:", depth, is_in_loop) + self._block("finally:", depth, False)

    def _with(self, depth: int, is_in_loop: bool) -> str:
        return self._block(f"with Swallowing() as {self._name()}:", depth, is_in_loop)


class Swallowing:
    def __enter__(self):
        return 3

    def __exit__(self, kind, error, trace):
        return kind is ValueError


def _outcome(tree: ast.Module, given: tuple[int, int]) -> tuple[list, str]:
    module: dict = {"Swallowing": Swallowing}
    exec(compile(ast.fix_missing_locations(tree), "program", "exec"), module)
    told: list = []
    try:
        module["program"](*given, told)
    except (ValueError, ZeroDivisionError) as error:
        return told, type(error).__name__
    return told, ""


def test_programs_by_chance_do_the_same_with_fewer_locals():
    fewer = 0
    for seed in range(100):
        source = _Program(seed).source()
        before, after = ast.parse(source), ast.parse(source)
        shared(after.body)
        for given in ((0, 1), (5, 2)):
            assert _outcome(after, given) == _outcome(before, given), source + "\n" + ast.unparse(after)
        fewer += len(own(after.body[0]) or []) < len(own(before.body[0]) or [])
    assert fewer > 90, fewer


def test_what_lives_side_by_side_stays_apart_and_what_follows_shares():
    source = """
    def told(given):
        first = given + 1
        second = first + 1
        third = second + 1
        def inner():
            return third
        for one in range(third):
            last = one
        return inner() + last
    """
    tree = ast.parse(textwrap.dedent(source))
    shared(tree.body)
    module: dict = {}
    exec(compile(ast.fix_missing_locations(tree), "told", "exec"), module)
    assert module["told"](1) == 4 + 3
    left = own(tree.body[0]) or []
    assert len(left) == 4 and {"inner", "third"} < set(left)
