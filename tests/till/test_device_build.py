"""A device's one module does what the many do, and its image holds what was put into it."""

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from firmware.bundle import bundle
from firmware.heap import Heap, grown, weighed
from firmware.romfs import image
from firmware.small import small
from tests.firmware import of_32_bits

MODULES = {
    "shop.money": """
        def _half(amount):
            return amount // 2

        def split(amount):
            '''Two parts.'''
            first = _half(amount)
            return first, amount - first
    """,
    "shop.words": """
        from shop import money
        from shop.money import split

        def _half(word):
            return word[: len(word) // 2]

        class Label:
            size = 3

            def __init__(self, split):
                self.split = split

            def text(self):
                return _half(self.split) + str(money.split(self.size))

        def told(word, amounts):
            return [Label(word).text()] + [split(money) for money in amounts]
    """,
    "shop.main": """
        import json
        from shop import money
        from shop.words import told

        def parts(module):
            return module.split(9)

        def main():
            return json.dumps([told("hello", [3, 4]), parts(money)])
    """,
}


def written(folder: Path, modules: dict[str, str] = MODULES) -> dict[str, Path]:
    """Modules as files."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    paths = {}
    for name, source in modules.items():
        paths[name] = folder / (name.replace(".", "/") + ".py")
        paths[name].write_text("\n".join(line[8:] for line in source.split("\n")))
    return paths


def test_one_module_does_what_many_do_although_they_share_names(tmp_path):
    paths = written(tmp_path)
    script = "from shop.main import main; print(main())"
    many = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.strip()
    one: dict = {}
    exec(compile(bundle(paths, "shop.main"), "one", "exec"), one)
    assert one["main"]() == many == '[["he(1, 2)", [1, 2], [2, 2]], [4, 5]]'


TRICKY = """
    import json

    LIMIT = 3
    WIDE = LIMIT * 4
    FIRST, SECOND = range(2)
    NAME, _SIZE = "n", LIMIT + 1
    PAIR, OTHER = [1, 2], 3
    _WORDS = {"width": "a width of more than ten letters"}

    class Fault(Exception):
        def __init__(self, code, detail):
            super().__init__(code, detail)
            self.code = code
            self._detail = detail

    class _Shelf:
        def __init__(self, items, append=None):
            self._items = items
            self.total = sum([len(item) for item in items])

        def _find(self, wanted):
            return [item for item in self._items if item.find(wanted) >= 0]

        def __len__(self):
            return self.total

    def _checked(items, width=WIDE):
        def read(item):
            if len(item) > width:
                raise Fault("too-long", item + " is longer than " + str(width) + " letters, größer")
            return {item: len(other) for other in items if other == item}

        return [read(item) for item in items]

    def noted(shelf, order):
        shelf.order = [order(item) for items in (shelf._items,) for item in items]
        return getattr(shelf, "order")

    def main():
        shelf = _Shelf(["width", "code", "append"])
        try:
            _checked(["append", "a" * 13])
        except Fault as fault:
            told = [fault.code, fault._detail]
        told += [_checked(shelf._items, width=9), shelf._find("d"), len(shelf), _WORDS[shelf._items[0]]]
        told += [FIRST, SECOND, NAME, _SIZE, PAIR, OTHER]
        return json.dumps(told + [noted(shelf, lambda item, total=LIMIT: item[:total])])
"""


def test_a_table_that_is_made_when_asked_for_is_the_same_table(tmp_path):
    paths = written(tmp_path)
    paths["shop.words"].write_text(paths["shop.words"].read_text() + "\n_TABLE = {'a': split(5)}\n")
    paths["shop.main"].write_text(
        "from shop.words import _TABLE\n\ndef main():\n    return [_TABLE, _TABLE['a'], _TABLE is _TABLE]\n"
    )
    told = []
    for later in ((), ("shop.words._TABLE",)):
        one: dict = {}
        exec(compile(bundle(paths, "shop.main", later), "one", "exec"), one)
        told.append(one["main"]())
    assert told == [[{"a": (2, 3)}, (2, 3), True], [{"a": (2, 3)}, (2, 3), False]]
    with pytest.raises(ValueError, match="_NOWHERE"):
        bundle(paths, "shop.main", ("shop.words._NOWHERE",))


def test_shorter_names_and_constants_in_place_change_nothing_that_is_told():
    source = textwrap.dedent(TRICKY)
    written, spellings = small(source, "main", "def other(shelf): return shelf.order")
    told = []
    for text in (source, written):
        module: dict = {}
        exec(compile(text, "one", "exec"), module)
        told.append(module["main"]())
    assert told[0] == told[1]
    assert not [name for name in ("LIMIT", "SECOND", "NAME", "_SIZE") if name in written]
    assert "longer than" in written and "_find" not in written
    assert "_checked" in spellings.split() and "._items" in spellings.split()


RARE = """
def main():
    said = "no: " + str(3)
    return said + ("a b" if said else "b a") + "b a" + "letters" + ";"
"""


def test_a_short_text_that_is_used_once_and_could_be_no_name_is_cut_out_of_flash():
    """MicroPython would keep it as a name from its first use on."""
    written, _ = small(RARE, "main", "")
    module: dict = {}
    exec(compile(written, "one", "exec"), module)
    assert module["main"]() == "no: 3a bb aletters;"
    texts = {node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)}
    assert {"b a", "letters", ";"} <= texts and not {"no: ", "a b"} & texts


BOARDS = {
    "shop.plain": """
        PLACE = "here"

        class Clock:
            def now(self):
                return 7

        def port():
            return 80

        def unused():
            return port()
    """,
    "shop.board": """
        from shop.plain import PLACE as PLACE
        from shop.plain import Clock as Clock
        from shop.plain import port as port

        NAME = "board " + PLACE
    """,
    "shop.main": """
        import json
        from shop import board

        class Link:
            def __init__(self, board):
                self.port = board.port() + 1

        def told(one):
            return [one.NAME, one.PLACE, one.Clock().now(), one.port(), Link(one).port]

        def main():
            return json.dumps(told(board))
    """,
}


def test_a_module_that_is_handed_around_has_all_that_it_had(tmp_path):
    paths = written(tmp_path, BOARDS)
    one = bundle(paths, "shop.main")
    short, _ = small(one, "main", "")
    for text in (one, short):
        module: dict = {}
        exec(compile(text, "one", "exec"), module)
        assert module["main"]() == '["board here", "here", 7, 80, 81]'
    assert "unused" not in one


def test_micropython_finds_in_an_image_what_was_put_into_it(tmp_path):
    folder = tmp_path / "files"
    (folder / "page").mkdir(parents=True)
    content = {"a.txt": b"", "page/b.bin": bytes(range(256)) * 300}
    for name, value in content.items():
        (folder / name).write_bytes(value)
    (tmp_path / "image").write_bytes(image(folder))
    script = (
        "import vfs, hashlib, binascii; vfs.mount(vfs.VfsRom(open('image', 'rb').read()), '/rom');"
        "print([len(open('/rom/' + name, 'rb').read()) for name in ('a.txt', 'page/b.bin')]);"
        "print(open('/rom/page/b.bin', 'rb').read()[700:703])"
    )
    micropython = str(Path(sys.executable).with_name("micropython"))
    ran = subprocess.run(
        [micropython, "-c", script], cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert ran.stdout.split("\n")[:2] == ["[0, 76800]", repr(content["page/b.bin"][700:703])], ran.stderr


def test_a_device_takes_no_more_heap_and_flash_than_it_did(flash):
    """A failure names what grew. ``python -m firmware.heap FOLDER --json`` writes the budget anew."""
    budget = json.loads(Path(__file__).with_name("device_budget.json").read_text())
    heap = weighed(flash.parent)
    more = grown(heap, budget)
    assert heap.imported <= budget["imported"] + 3000, more
    assert sum(heap.code.values()) <= sum(budget["code"].values()) + 4000, more
    assert heap.names <= 440, heap  # parts and the letters of a day bring 130 more, see test_counter_heap.py


def test_on_32_bits_it_takes_no_more_heap_than_it_did_either(flash):
    budget = json.loads(Path(__file__).with_name("device_budget.json").read_text())
    heap = weighed(flash.parent, of_32_bits.needed())
    assert heap.imported <= budget["imported_32"] + 1500, heap


def test_what_grew_is_named():
    budget = {"globals": {"Till": 900, "Sync": 900}, "code": {"rung.mpy": 80000}}
    heap = Heap(
        70000, 500, [(1000, "Till"), (900, "Sync"), (64, "Lamp")], {"rung.mpy": 80500, "lamp.mpy": 30}
    )
    assert grown(heap, budget).split("\n") == ["+500 rung.mpy", "+100 Till", "+64 Lamp", "+30 lamp.mpy"]


def test_the_image_fits_into_a_slot_of_the_smallest_board(flash):
    board = Path(__file__).parents[2] / "firmware" / "micropython" / "RUNG_PICO_W" / "mpconfigboard.cmake"
    slot = int(board.read_text().split("MICROPY_HW_ROMFS_BYTES ")[1].split(")")[0]) // 2
    assert flash.stat().st_size <= slot * 9 // 10  # the next release wants to grow
