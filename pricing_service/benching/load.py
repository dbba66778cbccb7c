"""An honest load client: a process of its own, a few kept connections, each with one request under way.

``python -m pricing_service.benching.load PORT PATH SECONDS CONNECTIONS < body`` prints requests a second and latencies.
"""

import json
import selectors
import socket
import subprocess
import sys
import time

WARM_SECONDS = 0.2


def measure(port: int, path: str, body: bytes, seconds: float, connections: int = 8) -> dict:
    """Run the client in a process of its own. {"per_second", "p50_ms", "p99_ms"}; raises RuntimeError."""
    command = [
        sys.executable,
        "-m",
        "pricing_service.benching.load",
        str(port),
        path,
        str(seconds),
        str(connections),
    ]
    ended = subprocess.run(command, input=body, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode())
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


def _drive(connections: list[_Connection], seconds: float) -> list[float]:
    selector = selectors.DefaultSelector()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send()
    took, start = [], time.perf_counter() + WARM_SECONDS
    while (now := time.perf_counter()) < start + seconds:
        for key, _ in selector.select(1):
            one = key.data.receive()
            if one is not None:
                if now >= start:
                    took.append(one)
                key.data.send()
    return took


def main() -> None:
    port, path, seconds, count = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    body = sys.stdin.buffer.read()
    head = f"POST {path} HTTP/1.1\r\nhost: rung\r\ncontent-length: {len(body)}\r\n"
    head += "content-type: application/json\r\n\r\n"
    connections = [_Connection(port, head.encode() + body) for _ in range(count)]
    took = sorted(_drive(connections, seconds))
    at = {"p50_ms": 0.5, "p99_ms": 0.99}
    figures = {name: round(took[int(len(took) * part)] * 1000, 3) for name, part in at.items()}
    print(json.dumps({"per_second": round(len(took) / seconds), **figures}))


if __name__ == "__main__":
    main()
