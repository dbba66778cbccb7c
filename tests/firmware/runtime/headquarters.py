"""A service as devices see it, over HTTP on this machine: records, snapshots, reports and a signed repository."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.firmware.peripherals.tills import RULES
from tests.firmware.repository import Repository, root, signed
from tests.till.signed_service import KEY, Service

FAR = 2_100_000_000  # when nothing of this repository has expired yet
IDENTITY = {
    "device": "till-1",
    "epoch": 2,
    "store": "sample",
    "key": KEY.hex(),
    "tenant_key": "22" * 32,
    "language": "en",
}


ANY = 1 << 30  # bytes: how large an answer may be is the till's to judge, by its head


class Published(Repository):
    """A repository that does not expire while these tests are run."""

    def __init__(self):
        super().__init__()
        self.roots = [root(1, self.keys, FAR)]
        self.files["1.root.json"] = signed(self.roots[0], self.keys["root"][:2])

    def publish(self, **expires):
        super().publish(**{"timestamp": FAR, "snapshot": FAR, "targets": FAR, **expires})


class Headquarters(Service):
    """``wanted`` is the target it names in every answer to a report; ``reports`` are those that came."""

    def __init__(self):
        super().__init__()
        self.repository = Published()
        self.wanted = ""
        self.reports: list[dict] = []
        self.fetched: list[str] = []
        self.publish(1, model=None, discounts=RULES, policy={"most_stacked": 1, "most_climbs": 2}, through={})

    def _told(self, epoch, path, headers, body, query):
        if path != "/v1/firmware/reports":
            return super()._told(epoch, path, headers, body, query)
        import json

        self.reports.append(json.loads(body))
        assert len(body) <= 4096 and body.isascii()
        return 200, {"target": self.wanted, "after": 60}

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes):
        if not path.startswith("/v1/firmware/"):
            return await super().download(host, port, path, headers, into, deadline_ms, most_bytes)
        epoch = self._arrived("GET", path, headers, b"")
        name = path.rsplit("/", 1)[1]
        self.fetched.append(name)
        if name not in self.repository.files:
            return 404, self._signed(epoch, 404, b"{}", headers["Signature"]), b"{}"
        into.write(self.repository.files[name])
        return 200, {}, b""


class Served:
    """A `Headquarters` that listens on ``port`` while the block lasts; ``faults`` are what went wrong in it."""

    def __init__(self, service: Headquarters):
        self.service = service
        self.faults: list[BaseException] = []
        self._lock = threading.Lock()
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, format, *args):
                """Nobody reads it."""

            def do_GET(self):
                self._answer("GET", b"")

            def do_POST(self):
                self._answer("POST", self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, method, body):
                status, headers, content = served.answered(method, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def answered(self, method, path, headers, body):
        """(status, headers, content) of one request; one at a time."""
        with self._lock:
            try:
                return asyncio.run(self._exchanged(method, path, headers, body))
            except BaseException as fault:
                self.faults.append(fault)
                return 500, {}, b"{}"

    async def _exchanged(self, method, path, headers, body):
        if method == "POST":
            return await self.service.exchange("", 0, method, path, headers, body, 0, ANY)
        into = _Kept()
        status, told, other = await self.service.download("", 0, path, headers, into, 0, ANY)
        return status, told, other if status != 200 else into.content

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *ended):
        self._server.shutdown()
        self._server.server_close()


class _Kept:
    content = b""

    def write(self, block: bytes) -> None:
        self.content += block
