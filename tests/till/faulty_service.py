"""A service gone wrong, as a process: ``python -m tests.till.faulty_service PORT silent|dripping|garbage``."""

import asyncio
import random
import sys

GARBAGE = (
    b"",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 40,
    b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": NaN',
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\n\r\n<html>Please log in to the hotel's network</html>",
    b'HTTP/1.1 200 OK\r\n\r\n{"history": "x", "acknowledged": 999999999, "quarantined": []}',
    b'HTTP/1.1 200 OK\r\n\r\n{"history": "x", "acknowledged": -3, "quarantined": []}',
    b'HTTP/1.1 500 Oops\r\nContent-Type: application/problem+json\r\n\r\n{"code": ' + b"[" * 3000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"x" * 5000,
    b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 2000,
)


async def silent(reader, writer) -> None:
    """Takes the connection and never says a word."""
    await asyncio.sleep(3600)


async def dripping(reader, writer) -> None:
    """A byte now and then, of an answer that never ends."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b" " * 100000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def garbage(reader, writer) -> None:
    await reader.read(100)
    writer.write(random.choice(GARBAGE))
    await writer.drain()


async def main(port: int, behave) -> None:
    async def serve(reader, writer) -> None:
        try:
            await behave(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), globals()[sys.argv[2]]))
