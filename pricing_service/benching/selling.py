"""A till of the benchmarks: it writes sealed records of the contract's basket, and hands them in signed, over HTTP."""

import http.client
import json
import time

from pricing_service.benching.recorded import Recorder
from pricing_service.security import device_key, signed_now
from pricing_service.settings import Settings

DEVICE, EPOCH, EVENTS = "till-1", 1, "/v1/events"


class Till:
    """Sells to ``customers`` in turn; ``handed_in`` and ``reactions`` count what was acknowledged."""

    def __init__(self, settings: Settings, port: int, customers: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._key = device_key(settings.master_key, DEVICE, EPOCH)
        self._recorder = Recorder(settings, DEVICE, EPOCH, customers)
        self.handed_in = self.reactions = 0

    def sell(self, records: int) -> float:
        """Hand in so many new records at once; the seconds until they were acknowledged."""
        written = list(self._recorder.lines(self.handed_in + 1, records))
        body = b"\n".join(line for line, _ in written)
        began = time.perf_counter()
        told = json.loads(self.ask("POST", EVENTS, body))
        seconds = time.perf_counter() - began
        self.handed_in = told["acknowledged"]
        self.reactions += sum(reactions for _, reactions in written)
        return seconds

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer to a signed request. Raises RuntimeError where it is no success."""
        headers = signed_now(self._key, DEVICE, EPOCH, method, path, body)
        self._http.request(method, path, body, {**headers, "Content-Type": "application/x-ndjson"})
        answer = self._http.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(told.decode())
        return told
