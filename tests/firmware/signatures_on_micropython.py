"""Judges the cases of a file under MicroPython: ``micropython ... CASES``, a JSON object with a case in each line.

Prints a line for each wrong verdict, then how many were judged, the longest judgement in ms and the heap of the code.
"""

import gc
import json
import sys
import time
from binascii import unhexlify

sys.path.insert(0, ".")


def main(path):
    gc.collect()
    before = gc.mem_alloc()
    from firmware.update.ed25519 import verify

    gc.collect()
    held = gc.mem_alloc() - before
    judged = longest = 0
    with open(path) as file:
        for line in file:
            case = json.loads(line)
            key, message, signature = [unhexlify(case[name]) for name in ("key", "message", "signature")]
            begun = time.ticks_us()
            verdict = verify(key, [message], signature)
            longest = max(longest, time.ticks_diff(time.ticks_us(), begun))
            judged += 1
            if verdict != case["holds"]:
                print("WRONG", case["name"])
    print(judged, "judged, longest", longest // 1000, "ms, code", held, "bytes of heap")


if __name__ == "__main__":
    main(sys.argv[1])
