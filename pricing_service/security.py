"""Who may speak: tills by a signature under their own key, administrators by a bearer token."""

import hashlib
import hmac

from pricing_service.errors import Problem


def device_key(master: bytes, device: str, epoch: int) -> bytes:
    """The key of one enrolment, derived so that a copy of the database opens no till."""
    return hmac.digest(master, f"rung device\n{device}\n{epoch}".encode(), "sha256")


def customer_token(tenant_key: bytes, card: str) -> str:
    """A card as the service knows it: 64 hexadecimal characters that lead back to nobody."""
    return hmac.digest(tenant_key, card.encode(), "sha256").hex()


def signature(key: bytes, method: str, path: str, body: bytes, device: str, epoch: int) -> str:
    """What a till puts into ``Rung-Signature``."""
    text = "\n".join((method, path, hashlib.sha256(body).hexdigest(), device, str(epoch)))
    return hmac.digest(key, text.encode(), "sha256").hex()


def require_admin(administrators: dict[str, str], authorization: str | None) -> str:
    """The name of the administrator (name to token) who holds this token. Raises `Problem` for anybody else."""
    scheme, _, given = (authorization or "").partition(" ")
    told = given.strip().encode()
    # Every token is compared, so that the time taken tells nothing.
    names = [name for name, token in administrators.items() if hmac.compare_digest(told, token.encode())]
    if scheme.lower() != "bearer" or not names:
        detail = "Send `Authorization: Bearer` with the token from the service's admin_token file."
        raise Problem(401, "admin-token-needed", detail, {"www-authenticate": "Bearer"})
    return names[0]
