"""A device's one module does what the many do, and its image holds what was put into it."""

import os
import subprocess
import sys
from pathlib import Path

from firmware.bundle import bundle
from firmware.romfs import image

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


def written(folder: Path) -> dict[str, Path]:
    """The modules above as files."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    paths = {}
    for name, source in MODULES.items():
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
