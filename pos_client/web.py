"""HTTP as a till speaks it: microdot with deadlines, problem+json, guarded headers and small files from flash."""

import asyncio
import hashlib
import json
import os

from microdot.microdot import Microdot, Request, Response, urldecode

from pos_client.core.record import Invalid, OutOfTurn, Refused, Unknown
from pos_client.ports import StorageFailed
from pos_client.stream import Streams

PATIENCE = 10  # seconds in which a whole request must have arrived
_PIECE = 256  # bytes of a file at a time: a browser asks for eight at once, and a device's heap is in small pieces then
_ANYONE = ("", 0)  # a till answers whoever reaches it alike, so it does not ask who that is

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_REASONS = {
    200: "OK",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    500: "Internal Server Error",
    507: "Insufficient Storage",
}
_STATUSES = ((Invalid, 400), (Unknown, 404), (OutOfTurn, 409), (StorageFailed, 507))
_GUARDS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Answer(Response):
    """A response whose head goes out in one piece: each write is a packet on a device."""

    send_file_buffer_size = _PIECE

    def __init__(self, body, status: int, headers: dict):
        headers.update(_GUARDS)
        super().__init__(body, status, headers, _REASONS[status])

    async def write(self, stream) -> None:
        if self.is_head or not isinstance(self.body, bytes):
            await super().write(stream)
            return
        self.complete()
        lines = ["HTTP/1.0 " + str(self.status_code) + " " + self.reason]
        for name, value in self.headers.items():
            lines.append(name + ": " + value)
        await stream.awrite("\r\n".join(lines).encode() + b"\r\n\r\n")
        await stream.awrite(self.body)


def told(value, status: int = 200, kind: str = "application/json") -> Answer:
    """``value`` as JSON, which no cache may keep."""
    return Answer(json.dumps(value).encode(), status, {"Content-Type": kind, "Cache-Control": "no-store"})


def problem(status: int, code: str, detail: str) -> Answer:
    """The RFC 9457 answer to a request that was not done."""
    value = {"type": "urn:rung:problem:" + code, "title": _REASONS[status], "status": status, "code": code}
    value["detail"] = detail
    return told(value, status, "application/problem+json")


def unknown_path() -> Answer:
    return problem(404, "unknown-path", "see the till's API for the paths there are")


def refusal(refused: Refused) -> Answer:
    """The status of a refusal says what the caller should do: 400 change it, 404 forget it, 409 read again."""
    for kind, status in _STATUSES:
        if isinstance(refused, kind):
            return problem(status, refused.code, refused.detail)
    return problem(500, refused.code, refused.detail)


def sent(request):
    """The JSON body. The core's readers refuse what JSON allows and the contract does not, NaN included."""
    try:
        return json.loads(request.body.decode())
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than the interpreter goes
        raise Invalid("malformed-json", "send JSON in UTF-8 with a Content-Length")


def decoded(segment: str) -> str:
    """A segment of a path without its percent-encoding."""
    try:
        return urldecode(segment.replace("+", "%2B"))
    except ValueError:  # a UnicodeError is one as well
        raise Invalid("malformed-path", "percent-encode the checkout id in UTF-8")


class TillServer(Microdot):
    """Microdot with a deadline for every request, and a way to stop while displays are connected."""

    def __init__(self, most_displays: int, largest_body: int):
        super().__init__()
        self.streams = Streams(most_displays)
        self._listener = None
        self._tags = {}  # of files; digests take a device a while
        Request.max_content_length = largest_body
        Request.max_body_length = largest_body
        _answer_errors(self)

    def route(self, url_pattern, methods=None):
        """As microdot's, for handlers that may raise `Refused`: an answer like any other, not a fault to be logged."""
        register = super().route(url_pattern, methods=methods)  # by name, as microdot calls this one

        def decorated(handler):
            async def handled(request, **segments):
                try:
                    return await handler(request, **segments)
                except Refused as refused:
                    return refusal(refused)
                except OSError:  # of the storage: answers are written elsewhere
                    return problem(507, "storage-failed", "the till's storage does not obey: try again")

            return register(handled)

        return decorated

    async def listen(self, host: str, port: int):
        """Accept connections from now on; answers asyncio's server object."""
        self._listener = await asyncio.start_server(self._connected, host, port)
        return self._listener

    def stop(self) -> None:
        """Accept no more, and end the streams, for which asyncio's server would wait for ever."""
        if self._listener:
            self._listener.close()
        self.streams.end()

    async def _connected(self, reader, writer) -> None:
        if not hasattr(writer, "awrite"):
            writer = _Writer(writer)
        try:
            answer = await self._answer(reader, writer)
            if answer:
                await answer.write(writer)  # pyright: ignore[reportArgumentType]
        except (OSError, MemoryError):  # the other side has gone, or must ask again when there is room
            pass
        finally:
            try:
                await writer.aclose()
            except OSError:
                pass

    async def _answer(self, reader, writer):
        """The answer to the request that is arriving; None where it never arrives."""
        try:
            request = await asyncio.wait_for(Request.create(self, reader, writer, _ANYONE), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError):
            return None
        except MemoryError:
            return problem(413, "out-of-memory", "send a smaller basket")
        except Exception:  # whatever microdot's parser stumbles over
            return problem(400, "malformed-request", "send an HTTP request")
        return await self.dispatch_request(request) if request else None

    def file(self, request, path: str) -> Answer:
        """The file at ``path``; a browser asks every time, and is sent only what changed since it last asked."""
        kind = _TYPES[path.rsplit(".", 1)[1]] + "; charset=UTF-8"
        packing, path = _stored(path)
        if path not in self._tags:
            self._tags[path] = _tag(path)
        headers = {"ETag": self._tags[path], "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == self._tags[path]:
            return Answer(b"", 304, headers)
        headers["Content-Type"] = kind
        headers.update(packing)
        headers["Content-Length"] = str(os.stat(path)[6])
        return Answer(b"" if request.method == "HEAD" else open(path, "rb"), 200, headers)


class _Writer:
    """CPython's StreamWriter with the two calls that MicroPython's has and microdot uses."""

    def __init__(self, writer):
        self._writer = writer

    async def awrite(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def aclose(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def _answer_errors(app: TillServer) -> None:
    """Every error in one form, and no change by a web page of another origin."""

    @app.before_request
    async def same_origin(request):
        origin = request.headers.get("Origin")
        if request.method in ("GET", "HEAD") or origin is None:
            return None
        if origin.split("://", 1)[-1] == request.headers.get("Host"):
            return None
        return problem(403, "foreign-origin", "a page of " + origin[:80] + " may not use this till")

    @app.errorhandler(MemoryError)
    async def full(request, error):
        return problem(413, "out-of-memory", "send a smaller basket")

    @app.errorhandler(Exception)
    async def fault(request, error):
        return problem(500, "till-fault", "a fault of the till, see its log; sell without a discount")

    @app.errorhandler(404)
    async def nothing(request):
        return unknown_path()

    @app.errorhandler(405)
    async def wrong_method(request):
        answer = problem(405, "method-not-allowed", request.method + " does nothing here")
        answer.headers["Allow"] = app.default_options_handler(request)["Allow"]
        return answer

    @app.errorhandler(413)
    async def too_large(request):
        await _discard(request)
        return problem(413, "body-too-large", "send at most " + str(Request.max_content_length) + " bytes")


async def _discard(request) -> None:
    """Read what was sent, within reason: a socket closed over unread bytes takes the answer down with it."""
    left = min(request.content_length, 4 * Request.max_content_length)
    try:
        while left > 0:
            left -= len(await asyncio.wait_for(request.stream.read(min(left, _PIECE)), 1)) or left
    except (OSError, asyncio.TimeoutError):
        pass


def _stored(path: str) -> tuple:
    """(headers, path) of a file as it is stored: packed where flash is small, which every browser undoes."""
    try:
        os.stat(path)
        return {}, path
    except OSError:
        return {"Content-Encoding": "gzip"}, path + ".gz"


def _tag(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as content:
        piece = content.read(_PIECE)
        while piece:
            digest.update(piece)
            piece = content.read(_PIECE)
    return '"' + "".join(["%02x" % byte for byte in digest.digest()[:8]]) + '"'
