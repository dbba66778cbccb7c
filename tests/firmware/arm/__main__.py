"""`python -m tests.firmware.arm [--json]`: how long a cashier waits, counted in instructions of a Pico's processor.

By the rule of `rung bench device`, whose program this runs: work is counted in loops of a hundred thousand rounds of
``s += i & 7``, 562 ms each on a Pico. What differs is the processor: its instructions, its words of 32 bits and its
floating point, not those of a PC. What its flash makes it wait for is not in it.
"""

import json
import sys
import tempfile
from pathlib import Path

from pricing_service.benching import device
from tests.firmware.arm import processor

ROWS = {
    "key_to_display_board_ms": "from a key's contact to the 20x4 display",
    "key_to_oled_board_ms": "the same to an OLED",
    "plan_board_ms": "the plan",
    "offer_board_ms": "the decision about a basket of one line",
    "ten_lines_offer_board_ms": "... of ten lines, 15 rungs",
    "basket_board_ms": "from a basket in memory to its answer, one line",
    "ten_lines_basket_board_ms": "... ten lines",
    "key_told_board_ms": "what was pressed, taken to the till",
    "idle_keypad_board_ms": "a look at the keypad",
}
_LIMITS = {"key_to_display_board_ms": 50, "key_to_oled_board_ms": 50, "offer_board_ms": 20}
_MEASURES = "import program; program.main('/rom/case.json', '/rom/snapshot', '/journal')"


def measured() -> dict:
    """Milliseconds on the board, as `counter_figures` names them."""
    with tempfile.TemporaryDirectory(prefix="rung-arm-") as folder:
        device.prepare(Path(folder))
        return device.counter_figures(json.loads(processor.run(_MEASURES, Path(folder))))


def main(arguments: list[str]) -> int:
    """The command; its exit status, 1 where something takes longer than it may."""
    if processor.MISSING:
        print(processor.MISSING, file=sys.stderr)
        return 1
    figures = measured()
    if arguments == ["--json"]:
        print(json.dumps(figures))
    else:
        for name, row in ROWS.items():
            print(f"{row:50} {figures[name]:6} ms" + (f"  of {_LIMITS[name]}" if name in _LIMITS else ""))
    return int(any(figures[name] > limit for name, limit in _LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
