"""The inside of a process that does one job for another: it tells how far it is, and ends when its starter does.

One JSON object a line goes to standard output; the last one has a member ``ended``.
"""

import json
import os
import threading
from collections.abc import Callable
from typing import Any

ABANDONED = 3  # exit status


def begin() -> Callable[[dict[str, Any]], None]:
    """Be such a process; the answer tells one object. Whatever else prints goes to standard error from now on."""
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_starter, daemon=True).start()

    def tell(what: dict[str, Any]) -> None:
        print(json.dumps(what), file=lines, flush=True)

    return tell


def _end_with_starter() -> None:
    """The starter holds our standard input open; when that closes, nobody waits for the answer any more."""
    while os.read(0, 1024):  # not through sys.stdin: Python dies if it ends while a thread is in there
        pass
    os._exit(ABANDONED)
