"""``micropython named_on_micropython.py HOST PORT SERVER DNS_PORT``: one exchange with a service called by name; prints
its status, or why not, and how often another task ran meanwhile."""

import asyncio
import sys

sys.path.insert(0, ".")

from firmware.runtime.named_link import NamedLink
from pos_client.link import LinkDown

turns = 0


async def others():
    global turns
    while True:
        turns += 1
        await asyncio.sleep(0.01)


async def exchanged(host, port, server, dns_port):
    link = NamedLink(lambda: server, lambda: 0, lambda below: 4711, None, dns_port)
    running = asyncio.create_task(others())
    try:
        status, _, body = await link.exchange(host, port, "POST", "/", {}, b"x", 60000, 100000)
        print("status", status, len(body))
    except LinkDown as down:
        print("down", down)
    running.cancel()
    print(turns)


asyncio.run(exchanged(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
