"""``micropython tls_on_micropython.py HOST PORT CA.der``: one exchange over TLS; prints its status, or why not."""

import asyncio
import sys

sys.path.insert(0, ".")

from firmware.runtime.named_link import NamedLink
from firmware.runtime.tls import wrapping
from pos_client.link import LinkDown


async def exchanged(host, port, authority):
    with open(authority, "rb") as file:
        link = NamedLink(lambda: "", lambda: 0, lambda below: 0, wrapping(file.read()))
    try:
        status, _, body = await link.exchange(host, port, "POST", "/", {}, b"x" * 3000, 20000, 100000)
        print("status", status, len(body))
    except LinkDown as down:
        print("down", down)


asyncio.run(exchanged(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
