"""A source that a device's build would change without a word is refused by file and line, or does what it did."""

import importlib
import sys
import textwrap
from pathlib import Path

import pytest

from firmware.bundle import bundle
from firmware.small import small_parts

# Each has a ``main``; what it returns is what it returns before.
SAME = {
    "a method called like what is built in": """
        class Line:
            def __init__(self, waiting): self.waiting = waiting
            def any(self): return self.waiting + any([False, True])
        def main(): return Line(2).any()
        """,
    "a constant of a class that objects of another class set": """
        class Shelf:
            limit = 3
            def ask(self): return self.limit, Shelf.limit
        class Box:
            def __init__(self): self.limit = 5
            def ask(self): return self.limit * 2
        def main(): return Shelf().ask(), Box().ask()
    """,
    "a constant of a class that each object counts on from": """
        class Count:
            now = 0
            def more(self):
                self.now += 1
                return self.now
        def main():
            one, other = Count(), Count()
            one.more()
            return one.more(), one.now, other.now
    """,
    "a constant that a class below has another value for": """
        class Small:
            size = 1
            def area(self): return self.size * self.size
        class Big(Small):
            size = 5
        class Other:
            def __init__(self): self.size = 100
            def area(self): return self.size
        def main(): return Small().area(), Big().area(), Big.size, Other().area()
    """,
    "a constant called like what a method has for itself": """
        MOST = [5]
        class Shelf:
            def ask(self):
                MOST = 3
                return MOST + self.limit[0]
            limit = MOST
        def main(): return Shelf().ask()
    """,
    "constants with their types": """
        LONG: list = [1, 2]
        class Shelf:
            limit: list = LONG
            empty: int
            def ask(self):
                here: int = 4
                return self.limit, here
        class Box:
            def __init__(self): self.limit = 5
        def main(): return Shelf().ask(), Box().limit
    """,
    "an argument by name alone, with a global in its place": """
        LONG = [1, 2, 3]
        def ask(one, *, other=LONG): return one, other
        def main(): return ask(1), ask(1, other=3)
    """,
    "a function that keeps the number of its turn": """
        def main(): return [each(10) for each in [lambda one, n=n: one + n for n in range(3)]]
    """,
    "keys and values that are told in turn": """
        seen = []
        def told(n):
            seen.append(n)
            return n
        def main(): return {told(n): told(n * 10) for n in (1, 2)}, seen
    """,
    "a name in a comprehension that is another one around it": """
        def main():
            n = 3
            return [[n for n in range(n)] for n in range(n)], n, [n for n in (n, 1)]
    """,
    "conditions in front of loops": """
        seen = []
        def told(n):
            seen.append(n)
            return n
        def main():
            one = told(0) and [told(n) for n in (2, 3)]
            two = [told(n) for n in (6,)] if told(0) else [told(n) for n in (7,)]
            return one, two, told(1) + sum([told(n) for n in (4, 5)]) + told(8), seen
    """,
    "arguments that act, given out of their order": """
        seen = []
        def told(n):
            seen.append(n)
            return n
        def less(one, other): return one - other
        def main(): return less(other=told(1), one=told(2)), seen
    """,
    "an argument that changes after it was given": """
        class Box:
            def __init__(self): self.n = 1
            def more(self):
                self.n += 1
            def ask(self): return self.n
        def late(before, box):
            box.more()
            return before, box.n
        def main():
            box = Box()
            return late(box.n, box), box.ask()
    """,
    "a member asked for by text": """
        class Shelf:
            def __init__(self): self.left, self.right = 1, 2
            def ask(self, side): return getattr(self, side)
        def main(): return Shelf().ask("left"), Shelf().ask("ri" + "ght"), hasattr(Shelf(), "up")
    """,
    "a constant whose name a function has for itself": """
        LIMIT = 5
        def own(LIMIT): return LIMIT
        def caught():
            try: raise ValueError("y")
            except ValueError as LIMIT: return str(LIMIT)
        def main(): return own(2), caught(), [LIMIT for LIMIT in (1,)], (lambda LIMIT: LIMIT)(3), LIMIT
    """,
    "returns out of what must be left": """
        class Door:
            def __init__(self): self.log = []
            def __enter__(self): self.log.append("in")
            def __exit__(self, *ended): self.log.append("out")
        def through(door, n):
            with door:
                try:
                    if n: return 10 // (n - 1)
                except ZeroDivisionError:
                    return "none"
                finally:
                    door.log.append(n)
            return "on"
        def main():
            door = Door()
            return [through(door, n) for n in range(3)], door.log
    """,
}

# Each is refused at this line, for this reason.
REFUSED = {
    "names are given others": (
        4,
        """
        count = 0
        def more():
            global count
            count += 1
        def main(): return more(), count
        """,
    ),
    "keep what changes in an object": (
        5,
        """
        def main():
            n = 0
            def more():
                nonlocal n
                n += 1
            return more(), n
        """,
    ),
    "a module only defines": (
        3,
        """
        import sys
        if sys.maxsize > 5:
            KIND = "large"
        def main(): return KIND
        """,
    ),
    "the others would be lost": (2, "\nONE = OTHER = 3\ndef main(): return ONE, OTHER\n"),
    "a class has methods and constants": (
        3,
        """
        class Shelf:
            for limit in (1, 2): pass
        def main(): return Shelf.limit
        """,
    ),
    "one constant of a class a line": (
        3,
        """
        class Shelf:
            left, right = 1, 2
        def main(): return Shelf.left
        """,
    ),
    "is no name in it on a device": (
        4,
        """
        class Shelf:
            limit = 3
            double = limit * 2
        def main(): return Shelf.double
        """,
    ),
    "keep a text": (
        3,
        """
        class Shelf:
            def ask(self): return type(self).__name__
        def main(): return Shelf().ask()
        """,
    ),
    "compare a type with one that Python brings": (
        6,
        """
        class One:
            def ask(self): return 1
        class Other:
            def tell(self): return 1
        def main(): return type(One()) is type(Other())
        """,
    ),
    "sum is taken for the built-in one": (
        2,
        "\ndef sum(n): return 'mine'\ndef main(): return sum([n for n in (1,)])\n",
    ),
    "json would be what the module calls so": (
        4,
        """
        json = 5
        def main():
            import json
            return json.dumps([1])
        """,
    ),
}


def written(folder: Path, source: str) -> dict[str, Path]:
    """The modules of a program: one file."""
    file = folder / "program.py"
    file.write_text(textwrap.dedent(source))
    return {"program": file}


def told_before(folder: Path):
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module("program").main()
    finally:
        sys.path.remove(str(folder))
        del sys.modules["program"]


@pytest.mark.parametrize("name", SAME)
def test_a_device_does_what_the_source_does(name, tmp_path):
    modules = written(tmp_path, SAME[name])
    built = small_parts(bundle(modules, "program"), "main", "", "home", {})[0]["home"]
    space: dict = {}
    exec(compile(built, "built", "exec"), space)
    assert repr(space["main"]()) == repr(told_before(tmp_path)), built


@pytest.mark.parametrize("why", REFUSED)
def test_what_it_would_do_otherwise_is_refused_by_file_and_line(why, tmp_path):
    line, source = REFUSED[why]
    modules = written(tmp_path, source)
    with pytest.raises(SystemExit) as refused:
        bundle(modules, "program")
    assert f"{modules['program']}:{line}: " in str(refused.value) and why in str(refused.value)
