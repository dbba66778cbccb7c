"""Who may speak: tills by a signature under their own key, administrators by a bearer token."""

import base64
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
    scheme, given = _credentials(authorization)
    name = _holder(administrators, given.encode())
    if scheme != "bearer" or name is None:
        detail = "Send `Authorization: Bearer` with the token from the service's admin_token file."
        raise Problem(401, "admin-token-needed", detail, {"www-authenticate": "Bearer"})
    return name


def require_reader(administrators: dict[str, str], authorization: str | None) -> str:
    """The same for what is only read, where a browser asks: the token may also be the password of HTTP Basic."""
    scheme, given = _credentials(authorization)
    token = _password(given) if scheme == "basic" else given.encode()
    name = _holder(administrators, token)
    if scheme not in ("basic", "bearer") or name is None:
        detail = "The password is the token from the service's admin_token file; any name will do."
        raise Problem(
            401, "admin-token-needed", detail, {"www-authenticate": 'Basic realm="Rung", charset="UTF-8"'}
        )
    return name


def _credentials(authorization: str | None) -> tuple[str, str]:
    scheme, _, given = (authorization or "").partition(" ")
    return scheme.lower(), given.strip()


def _password(given: str) -> bytes:
    """Of Basic credentials (RFC 7617); empty, which nobody's is, where they are none."""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _holder(administrators: dict[str, str], told: bytes) -> str | None:
    """Whose token it is. Every token is compared, so that the time taken tells nothing."""
    names = [name for name, token in administrators.items() if hmac.compare_digest(told, token.encode())]
    return names[0] if names else None
