"""An exchange ends in time and within its memory whatever the other side does."""

import asyncio
import io

import pytest

from pos_client.link import LinkDown, TooLarge, download, exchange

DEADLINE = 120_000  # milliseconds: whatever should be answered is, however busy the machine
IMPATIENT = 400  # of who should give up
LONGER = 3600  # seconds


async def _served(behave, use):
    async def serve(reader, writer):
        try:
            await behave(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        return await use(server.sockets[0].getsockname()[1])
    finally:
        server.close()


def talk(behave, method="GET", body=b"", most=1000, headers=None, deadline=DEADLINE):
    """What one exchange with a server that does `behave(reader, writer)` gives."""

    async def use(port):
        return await exchange("127.0.0.1", port, method, "/x", headers or {}, body, deadline, most)

    return asyncio.run(_served(behave, use))


def fetch(behave, into, most=1000):
    async def use(port):
        return await download("127.0.0.1", port, "/x", {}, into, DEADLINE, most)

    return asyncio.run(_served(behave, use))


def answering(raw):
    async def behave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    return behave


def test_an_answer_with_a_length_is_read_to_its_end_and_no_further():
    status, headers, body = talk(
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: abc\r\n\r\nhello, more")
    )
    assert (status, headers["etag"], body) == (200, "abc", b"hello")


def test_chunks_are_put_together_as_a_proxy_may_cut_them():
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=1\r\n, world\r\n0\r\n\r\n"
    assert talk(answering(raw))[2] == b"hello, world"


def test_a_body_without_length_lasts_until_the_connection_closes():
    assert talk(answering(b"HTTP/1.0 503 No\r\n\r\nlater"))[::2] == (503, b"later")


def test_an_unchanged_answer_has_no_body_to_wait_for():
    async def behave(reader, writer):
        writer.write(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n")
        await asyncio.sleep(LONGER)

    assert talk(behave)[0] == 304


def test_the_request_arrives_as_it_was_meant():
    seen = []

    async def behave(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head + await reader.readexactly(3))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    talk(behave, "POST", b"abc", headers={"Rung-Device": "till-1"})
    assert seen[0].startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nContent-Length: 3\r\n" in seen[0]
    assert b"\r\nRung-Device: till-1\r\n\r\nabc" in seen[0]


GARBAGE = [
    b"",
    b"\r\n\r\n",
    b"\x00\xff" * 3000,
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1e999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 9000,
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 90000,
    b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
    b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
]


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_a_link_that_is_down(raw):
    with pytest.raises(LinkDown):
        talk(answering(raw))


def assert_given_up(behave, **request):
    """Long before the other side does anything: it waits longer than a test may take."""
    with pytest.raises(LinkDown):
        talk(behave, deadline=IMPATIENT, **request)


def test_a_service_that_accepts_and_says_nothing_is_given_up_in_time():
    async def behave(reader, writer):
        await asyncio.sleep(LONGER)

    assert_given_up(behave)


def test_a_service_that_drips_is_given_up_although_every_byte_is_new():
    async def behave(reader, writer):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    assert_given_up(behave)


def test_a_service_that_never_reads_is_given_up_in_time():
    async def behave(reader, writer):
        writer.transport.pause_reading()
        await asyncio.sleep(LONGER)

    assert_given_up(behave, method="POST", body=b"x" * 20_000_000)


def test_nobody_listening_is_a_link_that_is_down():
    with pytest.raises(LinkDown):
        asyncio.run(exchange("127.0.0.1", 9, "GET", "/", {}, b"", DEADLINE, 1000))


def test_a_download_goes_straight_into_the_file():
    into = io.BytesIO()
    status, headers, other = fetch(
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nETag: v7\r\n\r\n" + b"s" * 900), into
    )
    assert (status, headers["etag"], into.getvalue(), other) == (200, "v7", b"s" * 900, b"")


def test_what_a_refusing_service_says_never_reaches_the_file():
    into = io.BytesIO()
    status, _, other = fetch(answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"), into)
    assert (status, into.getvalue(), other) == (404, b"", b"hello")


def test_a_refusal_too_long_to_be_one_is_a_link_that_is_down():
    with pytest.raises(LinkDown):
        fetch(
            answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000), io.BytesIO()
        )


def test_of_what_is_too_large_by_its_head_nothing_is_written():
    into = io.BytesIO()
    with pytest.raises(TooLarge):
        fetch(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001), into)
    assert into.getvalue() == b""


def test_a_file_that_cannot_be_written_is_told_from_a_broken_link():
    class Full:
        def write(self, block):
            raise OSError(28, "no space")

    with pytest.raises(OSError, match="no space"):
        fetch(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), Full())
