"""How a till gets its identity: by a one-time code, typed once. The code's secret half is never sent."""

from binascii import hexlify, unhexlify

from pos_client.core import code, signature
from pos_client.core.event import canonical
from pos_client.core.record import Damaged, Refused
from pos_client.core.signature import wrapped
from pos_client.link import LinkDown
from pos_client.signing import parsed

PATH = "/v1/enrolments/redeem"
_DEADLINE = 30000
_MOST = 4096


class NotEnrolled(Refused):
    """The service refused the code; ``code`` and ``detail`` are its words."""


async def redeem(link, host: str, port: int, typed: str, proof: str) -> dict:
    """The identity that the code ``typed`` stands for, still without the service's address.

    ``proof`` is any text of this machine's own: with the same one a lost answer can be asked for again while the code
    is fresh. Raises `Invalid` for what is no code, `NotEnrolled`, `LinkDown`.
    """
    code_id, secret = code.read(typed)
    body = canonical({"proof": proof})
    sent = signature.request(secret, "POST", PATH, body, 0, hexlify(code_id).decode() + "/0", 0)
    status, got, answer = await link.exchange(host, port, "POST", PATH, sent, body, _DEADLINE, _MOST)
    told = parsed(answer)
    if status == 200 and signature.is_answer(secret, status, got, answer, sent["Signature"]):
        return _identity(told, secret, sent["Signature"])
    if 400 <= status < 500 and type(told.get("code")) is str:
        raise NotEnrolled(told["code"], str(told.get("detail", "")))
    raise LinkDown("the service did not answer as ours does")


def _identity(told: dict, secret: bytes, sent: str) -> dict:
    try:
        identity = {name: told[name] for name in ("device", "epoch", "store", "language")}
        for name, purpose in (("key", "device key"), ("tenant_key", "tenant key")):
            identity[name] = hexlify(wrapped(secret, purpose, sent, unhexlify(told[name]))).decode()
    except (KeyError, ValueError, TypeError):
        raise Damaged("identity-form", "the service sent no identity; update this till")
    return identity
