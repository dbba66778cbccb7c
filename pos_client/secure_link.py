"""The link of a till PC over TLS: the service's certificate has to be good for its name and for this day.

way = secure(None)              # signed by one of the authorities that this machine trusts
way = secure("shop-ca.pem")     # signed by the shop's own authority, and by no other
"""

import asyncio
import ssl
from functools import partial
from types import SimpleNamespace

from pos_client import link
from pos_client.claim import Unusable


def secure(authority: str | None) -> SimpleNamespace:
    """What speaks as `link` does. Raises `Unusable` for a file that holds no certificate."""
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(
            f"RUNG_CA is {authority!r}: set it to a file of PEM certificates ({error})."
        ) from error
    connect = partial(_connected, context)
    return SimpleNamespace(
        exchange=partial(link.exchange, connect=connect), download=partial(link.download, connect=connect)
    )


async def _connected(context: ssl.SSLContext, host: str, port: int):
    try:
        return await asyncio.open_connection(host, port, ssl=context)
    except OSError as error:  # SSLError is one
        raise link.LinkDown("no connection: " + str(error)) from error
