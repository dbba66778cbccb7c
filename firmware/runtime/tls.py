"""The till's link over TLS: the service's certificate has to be signed by the shop's own authority, and by no other.

When a certificate is valid is judged by the machine's clock, which `FlooredClock` has set.
"""

import ssl

from pos_client import link


class TlsLink:
    """`pos_client.link` with every connection wrapped; ``authority`` is a certificate in DER.

    Raises `ValueError` for what is none.
    """

    def __init__(self, authority: bytes):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_verify_locations(cadata=authority)

    async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes) -> tuple:
        """See `pos_client.link.exchange`."""
        return await link.exchange(
            host, port, method, path, headers, body, deadline_ms, most_bytes, self._connected
        )

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes) -> tuple:
        """See `pos_client.link.download`."""
        return await link.download(host, port, path, headers, into, deadline_ms, most_bytes, self._connected)

    async def _connected(self, host: str, port: int):
        return await link.connected(host, port, self._wrapped)

    def _wrapped(self, connecting, host: str):
        """The handshake begins with the first byte that is written: nobody stands still for it."""
        return self._context.wrap_socket(connecting, server_hostname=host, do_handshake_on_connect=False)
