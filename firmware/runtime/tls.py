"""TLS for the till's link: the service's certificate has to be signed by the shop's own authority, and by no other.

When a certificate is valid is judged by the machine's clock, which `FlooredClock` has set.
"""

import ssl


def wrapping(authority: bytes):
    """``wrapped(socket, host)`` for `NamedLink`; ``authority`` is a certificate in DER. Raises `ValueError` for what is
    none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority)

    def wrapped(connecting, host: str):
        """The handshake begins with the first byte that is written: nobody stands still for it."""
        return context.wrap_socket(connecting, server_hostname=host, do_handshake_on_connect=False)

    return wrapped
