"""Access tokens: a signed statement of who signed in, good for a quarter of an hour and only while the session is."""

import secrets
from typing import NamedTuple

import jwt

SECONDS = 15 * 60
ALGORITHM = "HS256"  # the only one; what a token says of itself is not believed
ISSUER = AUDIENCE = "rung"
CLAIMS = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]


class Claim(NamedTuple):
    """Of a token whose signature is right: its session and when it ends, Unix seconds."""

    session: str
    expires: int


def issue(key: bytes, person: str, session: str, now: int) -> str:
    """A new token for a session."""
    told = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": person,
        "sid": session,
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + SECONDS,
    }
    return jwt.encode(told, key, ALGORITHM)


def read(key: bytes, token: str) -> Claim | None:
    """What a token claims; None where it is not ours, was changed, or has ended."""
    try:
        told = jwt.decode(
            token, key, [ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": CLAIMS}
        )
        return Claim(str(told["sid"]), int(told["exp"]))
    except (jwt.InvalidTokenError, ValueError, TypeError):
        return None
