"""One HTTP/1.1 exchange with a deadline for the whole of it, on either interpreter.

Whatever the other side does (silence, a byte a second, no end, nonsense), the caller gets an answer within its limits
or `LinkDown`. One connection per exchange: a till talks rarely and a device has few sockets.
"""

import asyncio
import sys
from errno import EINPROGRESS

_MOST_HEAD = 4096
_BLOCK = 1024
_BROKEN = (OSError, ValueError)  # ValueError: a certificate that is not to be trusted, on MicroPython
_ON_DEVICE = sys.implementation.name == "micropython"


class LinkDown(Exception):
    """No usable answer in time; the argument says why, in a few words for a health page."""


def _plain(connecting, host: str):
    return connecting


async def connected(host: str, port: int, wrapped=_plain):
    """(reader, writer). On a device still connecting, so that a cancelled exchange leaves no socket behind;
    ``wrapped(socket, host)`` is what is spoken through there."""
    try:
        if not _ON_DEVICE:
            return await asyncio.open_connection(host, port)
        import socket

        address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        connecting = socket.socket(address[0], address[1])
        connecting.setblocking(False)
        stream = asyncio.StreamWriter(wrapped(connecting, host))
        try:
            connecting.connect(address[-1])
        except OSError as error:
            if error.errno != EINPROGRESS:
                connecting.close()
                raise
        return stream, stream
    except OSError as error:
        raise LinkDown("no connection: " + str(error))


class TooLarge(LinkDown):
    """The answer has more bytes than there is room for; where its head says so, nothing of it was taken."""


async def exchange(
    host, port, method, path, headers, body, deadline_ms, most_bytes, connect=connected
) -> tuple:
    """(status, headers by lower-case name, body of at most `most_bytes`). Raises `LinkDown`.

    `body` is bytes, or a list of its pieces; `await connect(host, port)` gives a reader and a writer.
    """
    kept = _Kept(most_bytes)
    pieces = body if type(body) is list else [body]
    request = [_head_of(host, port, method, path, headers, sum([len(piece) for piece in pieces]))] + pieces
    status, got = await _timed(
        _talk(connect(host, port), request, kept.write, kept.write, most_bytes), deadline_ms
    )
    return status, got, bytes(kept.body)


async def download(host, port, path, headers, into, deadline_ms, most_bytes, connect=connected) -> tuple:
    """GET whose body goes to `into.write` block by block when the status is 200: (status, headers, other body).

    Raises `LinkDown`, and whatever `into.write` raises; `into` may then hold a part.
    """
    kept = _Kept(_MOST_HEAD)
    request = [_head_of(host, port, "GET", path, headers, 0)]
    status, got = await _timed(
        _talk(connect(host, port), request, into.write, kept.write, most_bytes), deadline_ms
    )
    return status, got, bytes(kept.body)


class _Kept:
    """A body in RAM; one growing array, because a peer may send it a byte at a time."""

    def __init__(self, most: int):
        self.body = bytearray()
        self._most = most

    def write(self, block):
        _within(len(self.body) + len(block), self._most)
        self.body.extend(block)


async def _timed(talk, deadline_ms: int):
    try:
        return await asyncio.wait_for(talk, deadline_ms / 1000)
    except asyncio.TimeoutError:
        raise LinkDown("no answer in time")


async def _talk(connecting, request, write_good, write_other, most_bytes):
    reader, writer = await connecting
    try:
        await _send(writer, request)
        source = _Source(reader)
        status, got = await _head(source)
        if status not in (204, 304):
            await _body(source, got, write_good if status == 200 else write_other, most_bytes)
        return status, got
    finally:
        await _hang_up(writer)


async def _send(writer, pieces: list) -> None:
    """One after the other: on a device a piece that has to wait for the connection is copied."""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    except _BROKEN as error:
        raise LinkDown("no connection: " + str(error))


async def _hang_up(writer) -> None:
    """At once: a peer that does not read must not keep unsent bytes alive."""
    if _ON_DEVICE:
        await writer.wait_closed()
    else:
        writer.transport.abort()


class _Source:
    """What the peer sends, by lines and blocks."""

    def __init__(self, reader):
        self._reader = reader
        self._buffer = b""

    async def some(self, most: int) -> bytes:
        """1 to `most` bytes; none at the end."""
        if not self._buffer:
            return await self._read(most)
        out, self._buffer = self._buffer[:most], self._buffer[most:]
        return out

    async def line(self, most: int) -> str:
        while b"\n" not in self._buffer:
            block = await self._read(_BLOCK)
            if not block or len(self._buffer) > most:
                raise LinkDown("the answer is cut short or not HTTP")
            self._buffer += block
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            return line.decode().strip()
        except ValueError:
            raise LinkDown("the answer is not HTTP")

    async def _read(self, most: int) -> bytes:
        try:
            return await self._reader.read(min(most, _BLOCK))
        except _BROKEN as error:
            raise LinkDown("the connection broke: " + str(error))


async def _head(source: _Source):
    line = await source.line(_MOST_HEAD)
    if not line.startswith("HTTP/1."):
        raise LinkDown("the answer is not HTTP")
    status = _number(line[9:12], 10)
    headers = {}
    room = _MOST_HEAD - len(line)
    while True:
        line = await source.line(_MOST_HEAD)
        if not line:
            return status, headers
        room -= len(line)
        if room < 0:
            raise LinkDown("the answer's head is too large")
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()


async def _body(source: _Source, headers: dict, write, most: int) -> None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        await _chunks(source, write, most)
    elif "content-length" in headers:
        length = _number(headers["content-length"], 10)
        _within(length, most)
        await _copy(source, write, length)
    else:
        await _until_closed(source, write, most)


async def _copy(source: _Source, write, left: int) -> None:
    while left:
        block = await source.some(left)
        if not block:
            raise LinkDown("the answer is cut short")
        write(block)
        left -= len(block)


async def _chunks(source: _Source, write, most: int) -> None:
    while True:
        size = _number((await source.line(_BLOCK)).partition(";")[0], 16)
        if not size:
            return
        most -= size
        _within(0, most)
        await _copy(source, write, size)
        await source.line(_BLOCK)


async def _until_closed(source: _Source, write, most: int) -> None:
    while True:
        block = await source.some(_BLOCK)
        if not block:
            return
        most -= len(block)
        _within(0, most)
        write(block)


def _within(length: int, most: int) -> None:
    if length > most:
        raise TooLarge("the answer is too large")


def _number(digits: str, base: int) -> int:
    try:
        number = int(digits, base)
    except ValueError:
        number = -1
    if number < 0:
        raise LinkDown("the answer is not HTTP")
    return number


def _head_of(host, port, method, path, headers, length) -> bytes:
    lines = [method + " " + path + " HTTP/1.1", "Host: " + host + ":" + str(port), "Connection: close"]
    if length:
        lines.append("Content-Length: " + str(length))
    for name in headers:
        lines.append(name + ": " + headers[name])
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
