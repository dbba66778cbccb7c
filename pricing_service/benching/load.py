"""An honest load client: a process of its own, a few kept connections, each with one request under way.

Targets take turns of a tenth of a second, so that whatever else the machine does meets all of them alike.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from statistics import quantiles
from typing import NamedTuple

TURN_SECONDS = 0.1
WARM_TURNS = 2  # turns of every target before anything is counted


class Target(NamedTuple):
    port: int
    path: str
    body: str
    token: str = ""


def measure(targets: dict[str, Target], seconds: float, connections: int = 8) -> dict[str, dict]:
    """Run the client in a process of its own, ``seconds`` for each target.

    {name: {"per_second", "p50_ms", "p99_ms"}}; raises RuntimeError where a server answers anything but 200.
    """
    command = [sys.executable, "-m", "pricing_service.benching.load", str(seconds), str(connections)]
    ended = subprocess.run(command, input=json.dumps(targets), capture_output=True, check=False, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return json.loads(ended.stdout)


class _Connection:
    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request, self._buffer, self._began = request, b"", 0.0

    def send(self) -> None:
        self._began = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> float | None:
        """Seconds the answer took once it is whole, else None."""
        self._buffer += self.socket.recv(65536)
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return None
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server answered {self._buffer[:400]!r}")
        self._buffer = b""
        return time.perf_counter() - self._began


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


class _Load:
    """The connections to one target, and what was measured on them."""

    def __init__(self, target: Target, connections: int) -> None:
        head = f"POST {target.path} HTTP/1.1\r\nhost: rung\r\ncontent-length: {len(target.body.encode())}\r\n"
        head += f"authorization: Bearer {target.token}\r\ncontent-type: application/json\r\n\r\n"
        request = (head + target.body).encode()
        self._connections = [_Connection(target.port, request) for _ in range(connections)]
        self._selector = selectors.DefaultSelector()
        for connection in self._connections:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.took: list[float] = []
        self.spent = 0.0

    def turn(self) -> None:
        """Load for one turn and hear the last answers, which count with the time they took."""
        began = time.perf_counter()
        for connection in self._connections:
            connection.send()
        open_ = len(self._connections)
        while open_:
            for key, _ in self._selector.select(10):
                one = key.data.receive()
                if one is not None:
                    self.took.append(one)
                    if time.perf_counter() - began < TURN_SECONDS:
                        key.data.send()
                    else:
                        open_ -= 1
        self.spent += time.perf_counter() - began

    def forget(self) -> None:
        self.took, self.spent = [], 0.0

    def figures(self) -> dict:
        percent = quantiles(self.took, n=100)
        rate = round(len(self.took) / self.spent)
        return {
            "per_second": rate,
            "p50_ms": round(percent[49] * 1000, 3),
            "p99_ms": round(percent[98] * 1000, 3),
        }


def main() -> None:
    seconds, connections = float(sys.argv[1]), int(sys.argv[2])
    loads = {name: _Load(Target(*told), connections) for name, told in json.load(sys.stdin).items()}
    for number in range(WARM_TURNS + max(1, round(seconds / TURN_SECONDS))):
        for load in loads.values():
            if number == WARM_TURNS:
                load.forget()
            load.turn()
    print(json.dumps({name: load.figures() for name, load in loads.items()}))


if __name__ == "__main__":
    main()
