"""Built-ins that a device's code uses often are found in its own module."""

import io
import textwrap
from ast import parse, unparse
from contextlib import redirect_stdout

from firmware.small import small

MANY = """
    def sizes(words, min):
        return [len(word) for word in words] + [len(words), len(str(words)), min, min, min, min]

    def main():
        print(sizes(["a", "bc"], len("def")), len(str(1)), abs(-1))
"""


def told(source: str) -> str:
    module: dict = {}
    with redirect_stdout(io.StringIO()) as said:
        exec(source, module)
        module["main"]()
    return said.getvalue()


def test_a_built_in_that_is_used_often_is_found_in_the_module_itself():
    source = textwrap.dedent(MANY)
    written, _ = small(source, "main", "")
    first = [unparse(part) for part in parse(written).body[:1]]
    assert first == ["len = len"], "five places; of `min` an argument, of `abs` and `str` too few"
    assert " = min" not in written and "abs = " not in written and "str = " not in written
    assert told(written) == told(source) == "[1, 2, 2, 11, 3, 3, 3, 3] 1 1\n"
