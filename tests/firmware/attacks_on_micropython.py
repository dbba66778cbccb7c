"""Judges attacks under MicroPython: ``micropython ... FILE``, a JSON object in each line, bytes in base64.

Prints a line for each that was not refused for a reason it may have, then how many were judged.
"""

import json
import sys
from binascii import a2b_base64

sys.path.insert(0, ".")

from tests.firmware.judge import judged


def bytes_of(files):
    return {name: a2b_base64(files[name]) for name in files}


def main(path):
    count = 0
    with open(path) as file:
        for line in file:
            case = json.loads(line)
            case["files"], case["stored"] = bytes_of(case["files"]), bytes_of(case["stored"])
            code, folder, _, _ = judged(case)
            if code not in case["reasons"]:
                print("WRONG", case["title"], code)
            elif code != "accepted" and folder.files["pointer"] != case["stored"]["pointer"]:
                print("POINTED", case["title"])
            count += 1
    print(count, "judged")


if __name__ == "__main__":
    main(sys.argv[1])
