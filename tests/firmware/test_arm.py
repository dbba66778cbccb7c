"""A Pico's processor in QEMU: it runs MicroPython for a Cortex-M0+, counts instructions, and tells what went wrong."""

import pytest

from tests.firmware.arm import processor

pytestmark = pytest.mark.skipif(bool(processor.MISSING), reason=processor.MISSING)
_LOOP = """
import time
def took(rounds):
    total = 0
    began = time.ticks_us()
    for i in range(rounds):
        total += i & 7
    return time.ticks_diff(time.ticks_us(), began)
took(1)
print(took(1000), took(3000), took(1000))
"""


def test_its_integers_and_floats_are_a_picos(tmp_path):
    program = "import sys; print(sys.maxsize, 16777216.0 + 1 == 16777216.0, 'M0+' in sys.implementation[2])"
    assert processor.run(program, tmp_path).split() == ["2147483647", "True", "True"]


def test_time_is_a_count_of_instructions(tmp_path):
    first, thrice, again = map(int, processor.run(_LOOP, tmp_path).split())
    assert abs(again - first) < 0.05 * first
    assert 2.8 < thrice / first < 3.2
    instructions = first * 125 / 1000  # 8 ns each; of one round
    assert 702 / 3 < instructions < 702  # of a Pico's cycles, which are one to three an instruction


def test_a_program_that_raises_is_told(tmp_path):
    with pytest.raises(processor.Failed, match="ZeroDivisionError"):
        processor.run("1 / 0", tmp_path)


def test_files_lie_in_rom_and_others_are_kept(tmp_path):
    (tmp_path / "word").write_text("shelf")
    program = """
with open("/own", "w") as own:
    own.write(open("/rom/word").read() * 300)
print(len(open("/own").read()))
"""
    assert processor.run(program, tmp_path).strip() == "1500"
