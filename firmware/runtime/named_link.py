"""The till's link to a service that is called by a name: its address is asked of the shop's DNS, and nobody waits.

MicroPython's `getaddrinfo` stands still for seven seconds for each DNS server that says nothing (lwIP asks four times),
and so does all else: no key is answered, and nobody feeds the watchdog, which bites after 8.3. RFC 1035.
"""

import asyncio
import socket

from pos_client import link
from pos_client.link import LinkDown

_TRIES, _LOOKS, _LOOK = 3, 100, 0.02  # questions; looks for the answer to each, and seconds between two
_GOOD = 300000  # milliseconds; an address is gone by for longer where nobody knows a newer one
_MOST = 512  # bytes of an answer
_ADDRESS = b"\0\1\0\1"  # type A, class IN


class NamedLink:
    """As `pos_client.link`. ``server()`` is the address of the DNS server, "" where the machine finds names by itself;
    ``wrapped(socket, host)`` is what is spoken through, None for the socket itself. ``ticks_ms()`` never goes back."""

    def __init__(self, server, ticks_ms, chance, wrapped=None, port: int = 53, sleep=asyncio.sleep):
        self._server, self._ticks_ms, self._chance = server, ticks_ms, chance
        self._wrapped = wrapped
        self._port, self._sleep = port, sleep
        self._known = ("", "", 0)  # name, its address, and when it was told

    async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes) -> tuple:
        """See `pos_client.link.exchange`."""
        return await link.exchange(
            host, port, method, path, headers, body, deadline_ms, most_bytes, self._connected
        )

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes) -> tuple:
        """See `pos_client.link.download`."""
        return await link.download(host, port, path, headers, into, deadline_ms, most_bytes, self._connected)

    async def _connected(self, host: str, port: int):
        address, wrapped = await self._found(host), self._wrapped
        if wrapped is None:
            return await link.connected(address, port)
        return await link.connected(address, port, lambda connecting, _: wrapped(connecting, host))

    async def _found(self, host: str) -> str:
        server = self._server()
        if not server or is_address(host):
            return host
        name, known, told = self._known
        is_known = name == host
        if is_known and self._ticks_ms() - told < _GOOD:
            return known
        for _ in range(_TRIES):
            found = await self._asked(server, question(self._chance(65536), host))
            if found:
                self._known = host, found, self._ticks_ms()
                return found
        if is_known:  # a shop whose DNS is gone has its service still
            return known
        raise LinkDown("nobody knows the address of " + host)

    async def _asked(self, server: str, asking: bytes) -> str:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            line.setblocking(False)
            line.connect(socket.getaddrinfo(server, self._port)[0][-1])
            line.send(asking)
            for _ in range(_LOOKS):
                await self._sleep(_LOOK)
                found = answer(_heard(line), asking)
                if found:
                    return found
        except OSError:  # nobody is there to be asked
            pass
        finally:
            line.close()
        return ""


def _heard(line) -> bytes:
    try:
        return line.recv(_MOST)
    except OSError:  # nothing yet
        return b""


def is_address(host: str) -> bool:
    """Whether it is four numbers, and no name."""
    return host.replace(".", "").isdigit()


def question(number: int, host: str) -> bytes:
    """Who asks for the address of a name, in the words of RFC 1035."""
    labels = b"".join([bytes([len(part)]) + part.encode() for part in host.split(".")])
    return number.to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0" + _ADDRESS


def answer(data: bytes, asking: bytes) -> str:
    """The first address in the answer to a question; "" where it is none, or another question's."""
    at = len(asking)
    if data[:2] != asking[:2] or data[12:at] != asking[12:] or data[2] < 128 or data[3] & 15:
        return ""
    while at < len(data):
        at = _past_name(data, at)
        kind, size = data[at : at + 4], int.from_bytes(data[at + 8 : at + 10], "big")
        at += 10
        if kind == _ADDRESS and size == 4 and at + 4 <= len(data):
            return ".".join([str(byte) for byte in data[at : at + 4]])
        at += size
    return ""


def _past_name(data: bytes, at: int) -> int:
    """Labels, each behind its length, up to an empty one or to a pointer of two bytes."""
    while at < len(data) and data[at]:
        if data[at] >= 192:
            return at + 2
        at += 1 + data[at]
    return at + 1
