"""One decision after another, at even times: what a till-less shop asks for while something else goes on.

    with probed(port, token) as answers:
        ...

Each answer is when it was due (seconds of the monotonic clock) and how long after that it was whole: a decision that
had to wait for the one before it has waited. The client is a process of its own.
"""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pricing_service.benching import baskets

DECIDE = "/v1/decisions"
EVERY_MS = 10

Answers = list[tuple[float, float]]


@contextmanager
def probed(port: int, token: str) -> Iterator[Answers]:
    """A list that grows as long as the block runs."""
    answers: Answers = []
    command = [sys.executable, "-m", __name__, str(port), str(EVERY_MS), token]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout

        def listen() -> None:
            for line in said:
                due, took = line.split()
                answers.append((float(due), float(took)))

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield answers
        finally:
            process.kill()
            listener.join()


def main(port: int, every: float, token: str) -> None:
    body = baskets.body(baskets.CONTRACT).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    due = time.monotonic()
    while True:
        time.sleep(max(due - time.monotonic(), 0))
        connection.request("POST", DECIDE, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"a decision was answered with {answer.status}")
        print(f"{due:.6f} {time.monotonic() - due:.6f}", flush=True)
        due += every


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]) / 1000, sys.argv[3])
