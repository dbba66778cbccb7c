"""A service in memory: it checks and gives signatures as RFC 9421 has them, with Python's own hmac and base64."""

import base64
import hashlib
import hmac
import json
import re

from pos_client.core.event import opened
from pos_client.core.record import Damaged
from pos_client.core.snapshot import encode, sign
from pos_client.link import LinkDown, TooLarge

KEY = bytes(range(32))
INPUT = re.compile(
    r'rung=(\("@method" "@path" "@query" "content-digest"\);created=(\d+);keyid="till-1/(\d+)";nonce="(\d+)"'
    r';alg="hmac-sha256")'
)

BEGUN = re.compile(r"first=(\d+)&history=(\w*)")
ASKED = re.compile(r"has=([^&]*)")


def coded(value):
    return ":" + base64.b64encode(value).decode() + ":"


def signed(key, lines):
    return "rung=" + coded(hmac.new(key, "\n".join(lines).encode(), "sha256").digest())


class Service:
    """Takes whole records in sequence, under one history, from one till whose keys are ``keys`` by epoch.

    ``begun`` has the first number and the history that each batch was sent with.

    ``answer`` (status, object) is given instead of what it would say, ``forged`` leaves out the signature.
    """

    def __init__(self, history="h1"):
        self.history = history
        self.keys = {2: KEY}
        self.lines = []
        self.snapshot = None
        self.requests = []
        self.begun = []
        self.counters = []
        self.times = []
        self.answer = None
        self.forged = False
        self.down = False

    async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes):
        path, _, query = path.partition("?")
        body = b"".join(body) if isinstance(body, list) else body
        epoch = self._arrived(method, path, headers, body, query)
        status, told = self.answer or self._told(epoch, path, headers, body, query)
        raw = told if isinstance(told, bytes) else json.dumps(told).encode()
        return status, {} if self.forged else self._signed(epoch, status, raw, headers["Signature"]), raw

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes):
        path, _, query = path.partition("?")
        epoch = self._arrived("GET", path, headers, b"", query)
        if self.answer and self.answer[0] != 200:
            raw = json.dumps(self.answer[1]).encode()
            return self.answer[0], self._signed(epoch, self.answer[0], raw, headers["Signature"]), raw
        if self.snapshot is None:
            return 404, {}, b"{}"
        content, name = self.snapshot
        if ASKED.match(query)[1] == name:
            return 204, self._signed(epoch, 204, b"", headers["Signature"]), b""
        if len(content) > most_bytes:  # as its head says
            raise TooLarge("the answer is too large")
        into.write(content)
        return 200, {}, b""

    def publish(self, version, **changed):
        meta = {
            "format": 1,
            "version": version,
            "built": 1000 + version,
            "history": self.history,
            "store": "sample",
        }
        meta.update(changed)
        key = self.keys[max(self.keys)]
        self.snapshot = sign(encode(meta, b"", []), key), f"{self.history}-{version}"

    def told(self, acknowledged):
        return {"history": self.history, "acknowledged": acknowledged, "quarantined": []}

    def _told(self, epoch, path, headers, body, query):
        if path == "/v1/enrolments/renewals":
            wish = json.loads(body)
            if wish["history"] not in ("", self.history):
                return 409, {"code": "history-changed", "history": self.history}
            return 200, self._renewed(epoch, wish, headers["Signature"])
        first, history = BEGUN.fullmatch(query).groups()
        self.begun.append((int(first), history))
        if history not in ("", self.history):
            return 409, {"code": "history-changed", "history": self.history}
        for line in body.split(b"\n"):
            self._take(line)
        return 200, self.told(len(self.lines))

    def _renewed(self, epoch, wish, signature):
        """A new epoch for what comes after ``resume``, which is all that this service has now."""
        self.keys[epoch + 1] = hashlib.sha256(b"key of %d" % (epoch + 1)).digest()
        self.lines = self.lines[: wish["resume"]]
        pad = hmac.new(self.keys[epoch], ("rung device key\n" + signature).encode(), "sha256").digest()
        wrapped = bytes(a ^ b for a, b in zip(pad, self.keys[epoch + 1], strict=True))
        return {"epoch": epoch + 1, "key": wrapped.hex()}

    def _arrived(self, method, path, headers, body, query=""):
        told, created, epoch, counter = INPUT.fullmatch(headers["Signature-Input"]).groups()
        digest = "sha-256=" + coded(hashlib.sha256(body).digest())
        lines = [
            f'"@method": {method}',
            f'"@path": {path}',
            f'"@query": ?{query}',
            f'"content-digest": {digest}',
        ]
        lines.append(f'"@signature-params": {told}')
        assert headers["Content-Digest"] == digest
        assert headers["Signature"] == signed(self.keys[int(epoch)], lines)
        self.requests.append((path, body))
        self.counters.append(int(counter))
        self.times.append(int(created))
        if self.down:
            raise LinkDown("unplugged")
        return int(epoch)

    def _signed(self, epoch, status, raw, request_signature):
        told = '("@status" "content-digest" "signature";req;key="rung");created=1'
        told += f';keyid="till-1/{epoch}";alg="hmac-sha256"'
        digest = "sha-256=" + coded(hashlib.sha256(raw).digest())
        lines = [f'"@status": {status}', f'"content-digest": {digest}']
        lines.append(f'"signature";req;key="rung": {request_signature.removeprefix("rung=")}')
        lines.append(f'"@signature-params": {told}')
        return {
            "signature-input": "rung=" + told,
            "signature": signed(self.keys[epoch], lines),
            "content-digest": digest,
        }

    def _take(self, line):
        try:
            sequence = opened(line)["sequence"]
        except Damaged:
            sequence = len(self.lines) + 1
        if sequence == len(self.lines) + 1:
            self.lines.append(line)
