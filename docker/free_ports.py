"""Prints two ports that nobody listens on at this moment."""

import socket

with socket.socket() as one, socket.socket() as other:
    for each in (one, other):
        each.bind(("127.0.0.1", 0))
    print(one.getsockname()[1], other.getsockname()[1])
