"""What MicroPython's WebAssembly port lacks of a device: settings, chance, sockets and streams (those of node, see
`wasm.mjs`). And `told`, which lines were run since this was imported. Runs under that port alone."""

import asyncio
import errno
import json
import os
import random
import sys
from binascii import hexlify, unhexlify

import wires

_LOOK = 1  # ms between two looks at a connection
_MISSING, _EMSCRIPTEN_MISSING = errno.ENOENT, 44
_seen = {}
_living = []


def _traced(frame, event, argument):
    if event == "line":
        name = frame.f_code.co_filename
        if name not in _seen:
            _seen[name] = set()
        _seen[name].add(frame.f_lineno)
    return _traced


def told() -> str:
    """File -> the lines that ran, as JSON."""
    return json.dumps({name.replace("/rung/", "").replace("./", ""): sorted(_seen[name]) for name in _seen})


def end() -> None:
    """Keep everything, and end the process."""
    sys.settrace(None)
    wires.ended(told())


def live(whole) -> None:
    """Run a coroutine, and the process ends with it."""

    async def lived():
        try:
            await whole
        except BaseException as error:
            sys.print_exception(error)
        end()

    _living.append(asyncio.create_task(lived()))


class Socket:
    """`socket.socket` as `pos_client.link` uses it, and the stream that asyncio makes of it."""

    def __init__(self, *kind, wire=None):
        self._wire = wire
        self._kept = b""

    def setblocking(self, blocks):
        pass

    def connect(self, address):
        self._wire = wires.connect(*address)
        raise OSError(errno.EINPROGRESS)

    def close(self):
        if self._wire:
            self._wire.close()

    async def read(self, most):
        if not self._kept:
            self._kept = await self._more()
        taken, self._kept = self._kept[:most], self._kept[most:]
        return taken

    async def readexactly(self, count):
        while len(self._kept) < count:
            self._kept += await self._more() or _cut_short()
        return await self.read(count)

    async def readline(self):
        while b"\n" not in self._kept:
            more = await self._more()
            if not more:
                break
            self._kept += more
        return await self.read(self._kept.find(b"\n") + 1 or len(self._kept))

    async def _more(self):
        while True:
            taken = self._wire.take(1024)
            if taken or self._wire.isOver():
                return unhexlify(taken)
            await asyncio.sleep_ms(_LOOK)

    def write(self, data):
        self._wire.send(hexlify(data).decode())

    async def drain(self):
        while not self._wire.isReady():
            await asyncio.sleep_ms(_LOOK)

    async def awrite(self, data):
        self.write(data)
        await self.drain()
        if self._wire.isOver():
            raise OSError(errno.ECONNRESET)

    async def wait_closed(self):
        self.close()

    async def aclose(self):
        self.close()


def _cut_short():
    raise EOFError


class Server:
    """What `asyncio.start_server` gives."""

    def __init__(self, listener, connected):
        self._listener = listener
        self._accepting = asyncio.create_task(self._accept(connected))

    def close(self):
        self._accepting.cancel()
        self._listener.close()

    async def _accept(self, connected):
        while True:
            wire = self._listener.accept()
            if wire:
                stream = Socket(wire=wire)
                _living.append(asyncio.create_task(connected(stream, stream)))
            await asyncio.sleep_ms(_LOOK)


async def _start_server(connected, host, port):
    return Server(wires.listen(host, port), connected)


def _told_as_posix(method):
    """Emscripten has numbers of its own for what goes wrong with a file."""

    def called(*arguments):
        try:
            return method(*arguments)
        except OSError as error:
            raise OSError(_MISSING if error.errno == _EMSCRIPTEN_MISSING else error.errno)

    return called


class _Sockets:
    SOCK_STREAM = 1
    socket = Socket

    @staticmethod
    def getaddrinfo(host, port, family, kind):
        return [(2, kind, 0, "", (host, port))]


async def _sleep(seconds):
    """As `asyncio.sleep`; a pause of nothing is one of JavaScript's turns, in which node looks at its sockets."""
    if seconds > 0:
        await asyncio.sleep_ms(int(1000 * seconds))
    else:
        await wires.turn()


def _settle() -> None:
    sys.modules["socket"] = _Sockets
    sys.modules["ssl"] = None  # there is none; what asks for one is imported all the same
    asyncio.StreamWriter = lambda stream: stream
    asyncio.start_server, asyncio.sleep = _start_server, _sleep
    os.getenv = wires.setting
    os.urandom = lambda count: bytes([random.getrandbits(8) for _ in range(count)])
    sys.settrace(_traced)
    from firmware import microserver

    sys.modules["microdot"] = sys.modules["microdot.microdot"] = microserver
    from firmware.board import host

    for name in ("open", "size", "remove"):
        setattr(host.FolderStorage, name, _told_as_posix(getattr(host.FolderStorage, name)))
    host.FolderStorage._sync_folder = lambda storage: None  # no folder can be opened here


_settle()
