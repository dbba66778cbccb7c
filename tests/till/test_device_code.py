"""What the build does to the code of a device changes nothing that it does: order, conditions, errors and all."""

import ast
import io
import os
import subprocess
import sys
import textwrap
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from firmware.build import _compile
from firmware.frequent import begun
from firmware.gathered import gathered
from firmware.overlays import parted
from firmware.small import small, small_parts

# Each program prints what it does, in its order.
PROGRAMS = {
    "a function called once, with a return in the middle": """
        def sign(n):
            note("sign", n)
            if n < 0:
                return "minus"
            if n == 0:
                return "zero"
            return "plus"

        def main():
            for n in (-1, 0, 1):
                word = sign(n)
                note(word)
    """,
    "a function that ends without a value": """
        def seen(n):
            if n > 1:
                return n

        def main():
            for n in (1, 2):
                found = seen(n)
                note(found)
    """,
    "a return out of a loop": """
        def first(items, wanted):
            for place, item in enumerate(items):
                note("looks at", item)
                if item == wanted:
                    return place
            note("not there")
            return -1

        def main():
            for wanted in "bx":
                note("found", first("abc", wanted) * 2)
    """,
    "a return out of a try": """
        def number(text):
            try:
                return int(text)
            except ValueError as error:
                note(type(error) is ValueError)
                return None
            finally:
                note("read", text)

        def main():
            for text in ("7", "x"):
                note(number(text))
    """,
    "what stands before a call is evaluated before it": """
        def loud(n):
            note("loud", n)
            total = 0
            for i in range(n):
                total += i
            return total

        def quiet(n):
            note("quiet", n)
            return n

        def main():
            items = [3]
            note(quiet(1) + loud(4), quiet(2))
            note(items[0], change(items))

        def change(items):
            before = items[0]
            items[0] = 9
            if before:
                return before
            return 0
    """,
    "what stands behind a condition stays behind it": """
        def costly(n):
            note("costly", n)
            for i in range(n):
                if i == 2:
                    return True
            return False

        def other(n):
            note("other", n)
            for i in range(n):
                if i:
                    return i
            return 0

        def third(n):
            note("third")
            if n:
                return [n]
            return []

        def main():
            for n in (0, 1, 5):
                if n and costly(n) and n > 1:
                    note("yes")
                elif n == 1 or other(n):
                    note("or")
                note(third(n) if n != 1 else None)
    """,
    "comprehensions with conditions, in each other and in a sum": """
        def main():
            rows = [[1, 2], [3, 4], []]
            n = "outside"
            note([n * 2 for row in rows for n in row if n != 2], n)
            note([[n for n in row] for row in rows if row])
            note(sum([n for row in rows for n in row]), sum([note("x") or 1 for row in rows if len(row)]))
            note(sorted({n: [m for m in range(n)] for n in (1, 2)}.items()))
            note(max([0] + [n for n in rows[0]]), [n for n in ()] or "none", n)
    """,
    "a comprehension raises where it stood": """
        def main():
            try:
                note(note("before"), [int(text) for text in ("1", "x")], note("after"))
            except ValueError:
                note("failed")
    """,
    "arguments that the function changes are its own": """
        def halved(n, times=2):
            while times:
                n = n // 2
                times -= 1
            note(n)
            return n

        def main():
            n = 20
            result = halved(n)
            note(n, result)
    """,
    "classes that hold, classes that do, and a name they share": """
        class Box:
            def __init__(self, items, limit=3):
                self.items = items
                if not items:
                    self.label = "empty"
                    return
                self.label = str(limit)

        class Counter:
            def __init__(self):
                self._count = 0

            def step(self, by=1):
                self._count += by
                return self._noted()

            def _noted(self):
                note("counter", self._count)
                return self._count

            def __len__(self):
                return self._count

        class Lamp:
            def __init__(self, counter):
                self.counter = counter

            def shine(self):
                return self._noted() + self.counter.step(by=2)

            def _noted(self):
                note("lamp")
                return 0

        class Paper:
            def __init__(self, noted):
                self._noted = noted

            def seen(self):
                return self._noted

        def main():
            lamp = Lamp(Counter())
            note(lamp.shine(), lamp.shine(), len(lamp.counter), Paper("paper").seen())
            note(Box([]).label, Box([1], limit=4).label, Box([2]).items)
    """,
    "a method that is handed around stays a method": """
        class Till:
            def __init__(self):
                self.sold = 0

            def sell(self, amount):
                self.sold += amount
                return self.sold

        def main():
            sell = Till().sell
            note([sell(n) for n in (1, 2)], Till().sell(5))
    """,
    "classes that can be one and such as cannot": """
        class Door:
            def __init__(self, word):
                self.word = word
                if not word:
                    return
                self.wide = 2

            def shut(self):
                note("door", self.word)
                return self.shut

            def turn(self, by=1):
                return by

        class Key:
            def turn(self, by=2):
                self.wide = by
                return self

            def name(self):
                return "key"

        class Lid:
            def __init__(self):
                self.shut = "a member called like a method of another class"
                self.name = None

            def shown(self):
                return [self.shut, self.name]

            def weigh(self):
                return 1

        class Wheel:
            def turn(self, by):
                return by + self.weigh()

            def weigh(self):
                return 2

        class _Base:
            def turn(self, by=7):
                return by

        class Above(_Base):
            pass

        class Asked:
            def quiet(self):
                return 0

            def turn(self):
                return "asked"

        def main():
            door, lid = Door("in"), Lid()
            note(door.shut()() == door.shut, door.turn(by=3), door.wide, hasattr(Door(""), "wide"))
            note(Key().turn().wide, Key().name(), lid.shown(), lid.weigh())
            note(Wheel().turn(1), Above().turn(), Asked().turn(), hasattr(lid, "quiet"))
            for one in (Key(), Asked(), door):
                note(hasattr(one, "quiet"))
    """,
    "long texts": """
        def main():
            wanted = {"seconds_since": 1, "what nobody can have as a name": "größer als zehn Zeichen"}
            for name in sorted(wanted):
                note(name, wanted[name], len("what has a \\0 in its middle") + len("in its middle"))
            try:
                raise ValueError("a text of more than ten letters: " + "not so long")
            except ValueError as error:
                note(error.args[0])
    """,
    "coroutines that are awaited once": """
        async def asked(n):
            note("asked", n)
            if n:
                return await answered(n)
            return "nobody"

        async def answered(n):
            note("answered")
            return n + 1

        async def talk():
            for n in (0, 1):
                told = await asked(n)
                note(told)
            note([n for n in (1, 2)], await asked(5))

        def main():
            talking = talk()
            try:
                talking.send(None)
            except StopIteration:
                note("over")
    """,
}
NOTE = "def note(*said):\n    print(*said)\n\n\n"


def told(source: str, interpreter: str) -> str:
    """What a program prints."""
    if interpreter == "cpython":
        out = io.StringIO()
        with redirect_stdout(out):
            module: dict = {}
            exec(compile(source, "one", "exec"), module)
            module["main"]()
        return out.getvalue()
    micropython = str(Path(sys.executable).with_name("micropython"))
    command = [micropython, "-c", source + "\nmain()\n"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("interpreter", ["cpython", "micropython"])
def test_a_program_does_the_same_as_before(name, interpreter):
    source = NOTE + textwrap.dedent(PROGRAMS[name])
    changed, _ = small(source, "main", "")
    expected = told(source, interpreter)
    assert expected.strip(), "a program that says nothing tests nothing"
    assert told(changed, interpreter) == expected


def test_a_private_method_becomes_a_function_although_other_classes_have_its_name():
    shared = PROGRAMS["classes that hold, classes that do, and a name they share"]
    changed, _ = small(NOTE + textwrap.dedent(shared), "main", "")
    classes = [node for node in ast.walk(ast.parse(changed)) if isinstance(node, ast.ClassDef)]
    methods = [one for node in classes for one in node.body if isinstance(one, ast.FunctionDef)]
    assert len(methods) == 2, changed  # __init__ and __len__ of Counter; all others are functions


def test_classes_without_a_method_of_one_name_become_one_and_others_stay():
    changed, _ = small(
        NOTE + textwrap.dedent(PROGRAMS["classes that can be one and such as cannot"]), "main", ""
    )
    classes = [node for node in ast.walk(ast.parse(changed)) if isinstance(node, ast.ClassDef)]
    assert len(classes) == 6, changed  # Thing, two for four classes, _Base and Above, and Asked


def test_a_class_that_holds_the_methods_of_others_is_small_enough_to_be_searched():
    classes = "".join([f"class C{n}:\n    def m{n}(self):\n        return {n}\n\n\n" for n in range(30)])
    told = "def main():\n    return [" + ", ".join([f"C{n}().m{n}()" for n in range(30)]) + "]\n"
    body = gathered(ast.parse(classes + told).body, {f"C{n}": "home" for n in range(30)})
    module: dict = {}
    exec(compile(ast.fix_missing_locations(ast.Module(body, [])), "one", "exec"), module)
    assert module["main"]() == list(range(30))
    assert [len(one.body) for one in body if isinstance(one, ast.ClassDef)] == [12, 12, 6]


def test_what_is_called_once_is_put_where_it_is_called():
    source = NOTE + textwrap.dedent(PROGRAMS["a return out of a loop"])
    changed = ast.parse(small(source, "main", "")[0])
    functions = [node for node in ast.walk(changed) if isinstance(node, ast.FunctionDef)]
    assert len(functions) == 3  # main, note, which several places call, and what cuts texts out of flash


PARTS = """
    import json
    from binascii import hexlify

    LIMIT = {"most": 3}

    class Shelf:
        def __init__(self, items):
            self.items = items

        def counted(self):
            return len(self.items)

    def shared(n):
        return n * LIMIT["most"]

    def _inside(n):
        note("inside", n, hexlify(b"a"))
        return [shared(one) for one in range(n)]

    def visit(n, shelf):
        note("visit", shelf.counted())
        return _inside(n) + _inside(1)

    async def later(n):
        note("later", n)
        return Shelf(_other(n)).counted()

    def _other(n):
        return ["a text that is longer than ten"] * shared(n)

    def main():
        shelf = Shelf([1, 2])
        note(visit(2, shelf), visit(1, shelf), shared(4), json.dumps([shelf.counted()]))
        try:
            later(2).send(None)
        except StopIteration as over:
            note(over.value)
"""


def test_a_part_behind_doors_is_loaded_when_it_is_used_and_forgotten_after(tmp_path):
    source = NOTE + textwrap.dedent(PARTS)
    doors = {"visits": {"visit"}, "nights": {"later"}, "nobody": {"not_there"}}
    modules, _ = small_parts(source, "main", "", "home", doors)
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    script = (
        "import sys; sys.path.insert(0, '.'); import home; print(sorted(dir(home))); home.main();"
        "print('visits' in sys.modules, 'nights' in sys.modules)"
    )
    expected = told(source, "cpython")
    assert modules["nobody"] == ""
    assert "hexlify" not in modules["home"] and "hexlify" in modules["visits"]
    for interpreter in (sys.executable, str(Path(sys.executable).with_name("micropython"))):
        ran = subprocess.run([interpreter, "-c", script], cwd=tmp_path, capture_output=True, text=True)
        names, *said, left = ran.stdout.splitlines()
        assert said == expected.splitlines(), ran.stderr
        assert left == "False False"
        assert "hexlify" not in names


GATE = """
    class Gate:
        def __init__(self, word):
            self.word = word

        def opened(self, times):
            return helper(self.word) * times

    def helper(word):
        note("helper")
        return word + "!"

    class Yard:
        def __init__(self):
            self.gate = Gate("in")

    def main():
        note(Yard().gate.opened(2))
"""


def test_what_only_a_door_class_needs_stays_behind_it(tmp_path):
    source = NOTE + textwrap.dedent(GATE)
    modules, table = small_parts(source, "main", "", "home", {"gates": {"Gate"}})
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert "helper" in modules["gates"] and "helper" not in modules["home"], table
    script = "import sys; sys.path.insert(0, '.'); import home; home.main()"
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout == told(source, "cpython")


MEMBERS = """
    class Box:
        wide = 3

        def __init__(self, high=7, low=lambda deep: deep):
            self.high = [high for high in (high, low(1))]

    def wide():
        return high() + deep()

    def high():
        return 1

    def deep():
        return 2

    def visit():
        return wide()

    def main():
        return Box().wide + visit()
"""


def test_a_member_or_a_local_with_a_functions_spelling_takes_nothing_out_of_its_part():
    body = ast.parse(textwrap.dedent(MEMBERS)).body
    parts = parted(body, "main", "home", {"visits": {"visit"}})
    defined = {part: {str(getattr(one, "name", "")) for one in body} - {""} for part, body in parts.items()}
    assert defined == {"home": {"Box", "main", "visit"}, "visits": {"visit", "wide", "high", "deep"}}


def test_the_names_a_module_uses_most_take_a_byte_a_use(tmp_path):
    rare = "".join([f"def rare{n}():\n    return {n}\n\n\n" for n in range(300)])
    often = "def often():\n    return 2\n\n\ndef main():\n    note(" + " + ".join(["often()"] * 200) + ")\n"
    source = NOTE + rare + often
    changed = ast.unparse(ast.Module(begun(ast.parse(source).body), []))
    sizes = []
    for text in (source, changed):
        assert told(text, "cpython") == told(text, "micropython") == "400\n"
        _compile(text, "one.py", tmp_path / "one.mpy")
        sizes.append((tmp_path / "one.mpy").stat().st_size)
    assert sizes[1] < sizes[0] + 2 * 128 + 20 - 200  # the loop in front, and a byte less for each of the 200
