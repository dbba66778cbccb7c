"""Somebody else who says who people are (OpenID Connect): where they ask, with which keys they sign, what they said.

    provider.claims(provider.id_token(code, verifier, back), nonce)

Nothing that an ID token says of itself chooses how it is checked: the algorithms are three, and the key's type goes
with each.
"""

import hmac
import threading
import time
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import quote

import jwt
from jwt import PyJWK

from pricing_service import outgoing
from pricing_service.outgoing import Unanswered

KINDS = {"RS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "nonce"]
DOCUMENT_SECONDS = 3600
KEYS_SECONDS = 60  # at most so often are keys asked for
SKEW_SECONDS = 30  # that clocks may differ
OLDEST_SECONDS = 600  # of an ID token
SHORTEST_RSA = 2048


class Untrue(Exception):
    """An ID token that proves nothing; the text says why."""


class Client(NamedTuple):
    """What this service is at the provider; without a secret it is a public client."""

    issuer: str
    id: str
    secret: str | None


class Provider:
    """One provider. All methods are for threads."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._document: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None

    def endpoint(self, name: str) -> str:
        """An address of the discovery document. Raises `Unanswered`."""
        with self._lock:
            return outgoing.check(self._found().get(name))

    def id_token(self, code: str, verifier: str, back: str) -> str:
        """What the provider says of who came back with ``code``. Raises `Unanswered`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = {}
        if self.client.secret is None:
            form["client_id"] = self.client.id
        else:
            pair = f"{quote(self.client.id, safe='')}:{quote(self.client.secret, safe='')}"
            headers["authorization"] = "Basic " + b64encode(pair.encode()).decode()
        told = outgoing.ask(self.endpoint("token_endpoint"), form, headers).get("id_token")
        if not isinstance(told, str):
            raise Unanswered("no ID token")
        return told

    def claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What a true ID token of this sign-in claims. Raises `Untrue` and `Unanswered`."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in KINDS:
                raise Untrue("algorithm")
            key = self._key(algorithm, header.get("kid"))
            told = jwt.decode(
                token, key.key, [algorithm], audience=self.client.id, issuer=self.client.issuer,
                leeway=SKEW_SECONDS, options={"require": REQUIRED},
            )  # fmt: skip
            self._check(told, nonce)
        except (jwt.PyJWTError, ValueError, TypeError) as bad:
            raise Untrue(type(bad).__name__) from bad
        return told

    def _check(self, told: dict[str, Any], nonce: str) -> None:
        if (
            told["aud"] not in (self.client.id, [self.client.id])
            or told.get("azp", self.client.id) != self.client.id
        ):
            raise Untrue("audience")
        if not isinstance(told["nonce"], str) or not hmac.compare_digest(
            told["nonce"].encode(), nonce.encode()
        ):
            raise Untrue("nonce")
        if told["iat"] < time.time() - OLDEST_SECONDS:
            raise Untrue("age")
        if not isinstance(told["sub"], str) or not 0 < len(told["sub"]) <= 255:
            raise Untrue("subject")

    def _key(self, algorithm: str, kid: object) -> PyJWK:
        """The one key for this algorithm and name. Asks for the keys again, but not often, if it is not known."""
        with self._lock:
            found = _fitting(self._keys[1], algorithm, kid) if self._keys else []
            if not found and (self._keys is None or time.monotonic() - self._keys[0] >= KEYS_SECONDS):
                given = outgoing.ask(outgoing.check(self._found().get("jwks_uri"))).get("keys")
                known = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
                self._keys = (time.monotonic(), known)
                found = _fitting(known, algorithm, kid)
        if len(found) != 1:
            raise Untrue("key")
        key = PyJWK(found[0], algorithm)
        if algorithm == "RS256" and key.key.key_size < SHORTEST_RSA:
            raise Untrue("short key")
        return key

    def _found(self) -> dict[str, Any]:
        """The discovery document, which must be this issuer's own."""
        if self._document is None or time.monotonic() - self._document[0] > DOCUMENT_SECONDS:
            place = self.client.issuer.rstrip("/") + "/.well-known/openid-configuration"
            document = outgoing.ask(place)
            if document.get("issuer") != self.client.issuer:
                raise Unanswered("a document of another issuer")
            self._document = (time.monotonic(), document)
        return self._document[1]


def _fitting(keys: list[dict[str, Any]], algorithm: str, kid: object) -> list[dict[str, Any]]:
    """The public keys that may check this algorithm, all of them where the token names none."""
    kind, curve = KINDS[algorithm]
    return [
        each
        for each in keys
        if (each.get("kty"), each.get("crv")) == (kind, curve)
        and "d" not in each  # a private key is nobody's to show
        and each.get("use", "sig") == "sig"
        and each.get("alg", algorithm) == algorithm
        and (kid is None or each.get("kid") == kid)
    ]
