"""A new epoch for a till whose history forked, or whose enrolment the service forgot; rare, and done without a person.

An image set back, or used in two machines, writes other records under numbers the service has already; a service set
back to a copy may not know an epoch at all. The till then asks for a new epoch that begins after the last number both
agree on. Its journal numbers on, and a record that the service has already under an earlier epoch is known by its hash.
"""

from binascii import hexlify, unhexlify

from pos_client.core.event import canonical, opened, seal
from pos_client.core.record import Damaged, Refused
from pos_client.core.signature import wrapped

PATH = "/v1/enrolments/renewals"
_FILE = "renewed"


def recall(identity: dict, storage) -> dict:
    """The identity as it was renewed last, if it was; ``storage`` is that of the enrolment it began with."""
    identity = dict(identity)
    try:
        identity.update(opened(storage.read(_FILE)))
    except (OSError, Refused):
        pass
    return identity


def wish(identity: dict, resume: int, history: str) -> bytes:
    """The body of the request for an epoch that begins after the number ``resume``, agreed on under ``history``."""
    return canonical({"store": identity["store"], "resume": resume, "history": history})


def take(identity: dict, storage, journal, resume: int, told: dict, sent: str) -> None:
    """Go on under the epoch of the answer ``told`` to the request with the signature ``sent``.

    The journal is set back first: after a power cut in between, the old epoch conflicts again and is renewed again.
    Raises `Damaged` for an answer that is none, `OSError` where the new epoch could not be kept.
    """
    epoch, key = told.get("epoch"), told.get("key")
    if type(epoch) is not int or type(key) is not str or len(key) != 64:
        raise Damaged("renewal-form", "the service's renewal is none; it is asked again")
    old = identity["key"]
    renewed = {"epoch": epoch, "old_key": old}
    renewed["key"] = hexlify(wrapped(unhexlify(old), "device key", sent, unhexlify(key))).decode()
    journal.rewind(resume)
    storage.replace(_FILE, seal(renewed))
    identity.update(renewed)
    journal.acknowledge(resume)
