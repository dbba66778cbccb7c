"""What the till uses of microdot, for devices: the same names and answers in a third of the room.

The build puts it in microdot's place. A till PC runs microdot itself; the tests of the till's HTTP API run over both.
"""

import sys


def urldecode(text: str) -> str:
    """Without percent-encoding; raises `ValueError`."""
    first, *others = text.replace("+", " ").encode().split(b"%")
    out = [first]
    for part in others:
        out.append(bytes([int(part[:2], 16)]) + part[2:] if part else b"%")
    return b"".join(out).decode()


class Headers:
    """Names in any case."""

    def __init__(self):
        self._values = {}

    def put(self, name: str, value: str) -> None:
        self._values[name.lower()] = value

    def get(self, name: str):
        """None where there is none."""
        return self._values.get(name.lower())


class Request:
    """``args`` is the query, ``body`` empty where it is too large; what is left of it is in ``stream``."""

    max_content_length = 16384
    max_body_length = 16384
    max_readline = 2048

    def __init__(self, method: str, target: str, headers: Headers, body: bytes, stream):
        self.method = method
        self.path, _, query = target.partition("?")
        self.args = {}
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            self.args.setdefault(urldecode(name), urldecode(value))
        self.headers = headers
        self.content_length = int(headers.get("Content-Length") or "0")
        self.body = body
        self.stream = stream

    @staticmethod
    async def create(app, reader, writer, address):
        """The next request; None where there is none, an error of any kind where it is no HTTP."""
        line = await _line(reader)
        if not line:
            return None
        method, target, version = line.split()
        version.split("/", 1)[1]
        headers = Headers()
        while True:
            line = await _line(reader)
            if not line:
                break
            name, value = line.split(":", 1)
            headers.put(name, value.strip())
        length = int(headers.get("Content-Length") or "0")
        body = b""
        if 0 < length <= Request.max_body_length:
            body = await reader.readexactly(length)
        return Request(method, target, headers, body, reader)


async def _line(reader) -> str:
    line = await reader.readline()
    if len(line) > Request.max_readline:
        raise ValueError("line too long")
    return line.strip().decode()


class Response:
    """``body``: bytes, a file, or an asynchronous iterator with ``aclose``."""

    send_file_buffer_size = 1024

    def __init__(self, body, status_code: int = 200, headers=None, reason: str = ""):
        self.body = body
        self.status_code = status_code
        self.headers = headers or {}
        self.reason = reason
        self.is_head = False

    def complete(self) -> None:
        if type(self.body) is bytes and "Content-Length" not in self.headers:
            self.headers["Content-Length"] = str(len(self.body))
        if "Content-Type" not in self.headers:
            self.headers["Content-Type"] = "text/plain; charset=UTF-8"

    async def write(self, stream) -> None:
        self.complete()
        lines = ["HTTP/1.0 " + str(self.status_code) + " " + (self.reason or "OK")]
        lines += [name + ": " + value for name, value in self.headers.items()]
        body = self.body
        try:
            await stream.awrite("\r\n".join(lines).encode() + b"\r\n\r\n")
            if self.is_head:
                return
            if type(body) is bytes:
                await stream.awrite(body)
            elif hasattr(body, "read"):
                await _copied(body, self.send_file_buffer_size, stream)
            else:
                async for piece in body:
                    await stream.awrite(piece)
        finally:
            await _closed(body)


async def _closed(body) -> None:
    if hasattr(body, "aclose"):
        await body.aclose()
    elif hasattr(body, "close"):
        body.close()


async def _copied(file, size: int, stream) -> None:
    piece = file.read(size)
    while piece:
        await stream.awrite(piece)
        piece = file.read(size)


class Microdot:
    """Routes like ``/v1/checkouts/<name>``, tried in the order in which they were made."""

    def __init__(self):
        self._routes = []
        self._errors = {}
        self._before = []

    def route(self, url_pattern: str, methods=None):
        def decorated(handler):
            self._routes.append((methods[0] if methods else "GET", url_pattern, handler))
            return handler

        return decorated

    def get(self, url_pattern: str):
        return self.route(url_pattern, methods=["GET"])

    def post(self, url_pattern: str):
        return self.route(url_pattern, methods=["POST"])

    def put(self, url_pattern: str):
        return self.route(url_pattern, methods=["PUT"])

    def before_request(self, handler):
        self._before.append(handler)
        return handler

    def errorhandler(self, status_or_class):
        """For a status, of the request; for a class of errors, of the request and the error."""

        def decorated(handler):
            self._errors[status_or_class] = handler
            return handler

        return decorated

    def default_options_handler(self, request) -> dict:
        allowed = []
        for method, pattern, _ in self._routes:
            if _matched(pattern, request.path) is not None:
                allowed.append(method)
        return {"Allow": ", ".join(allowed + (["HEAD"] if "GET" in allowed else []) + ["OPTIONS"])}

    async def dispatch_request(self, request):
        """The answer to a request, whatever happens."""
        try:
            answer = await self._answered(request)
        except Exception as error:
            _noted(error)
            kind = MemoryError if isinstance(error, MemoryError) else Exception
            answer = await self._errors[kind](request, error)
        answer.is_head = request.method == "HEAD"
        return answer

    async def _answered(self, request):
        if request.content_length > Request.max_content_length:
            return await self._errors[413](request)
        if request.method == "OPTIONS":
            return Response(b"", 200, self.default_options_handler(request))
        status = 404
        for method, pattern, handler in self._routes:
            given = _matched(pattern, request.path)
            if given is not None:
                if method == ("GET" if request.method == "HEAD" else request.method):
                    for before in self._before:
                        refused = await before(request)
                        if refused:
                            return refused
                    return await handler(request, **given)
                status = 405
        return await self._errors[status](request)


def _noted(error) -> None:
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)  # pyright: ignore[reportAttributeAccessIssue] MicroPython's
    else:
        print(repr(error), file=sys.stderr)


def _matched(pattern: str, path: str):
    """What a path has in place of the names of a pattern; None where it does not fit."""
    if path.count("/") != pattern.count("/") or not path.startswith(pattern[: (pattern + "<").find("<")]):
        return None
    given = {}
    for part, wanted in zip(path.split("/"), pattern.split("/")):
        if wanted.startswith("<") and part:
            given[wanted[1:-1]] = part
        elif part != wanted:
            return None
    return given
