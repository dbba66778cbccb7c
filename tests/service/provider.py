"""A small OpenID Connect provider on this machine, with its own keys: it speaks the protocol, and lies where asked."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

CLIENT, SECRET = "rung-shop", "a secret of the client"
KEYS: dict[str, tuple[Any, Any]] = {
    "RS256": (rsa.generate_private_key(65537, 2048), RSAAlgorithm),
    "ES256": (ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm),
}


class FakeProvider:
    """``claims`` and ``forge`` change the next ID tokens; ``codes`` are its sign-ins under way."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.document: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/keys",
        }
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.forge: Callable[[dict[str, Any]], str] = signed
        self.asked: list[str] = []
        self.elsewhere = ""

    def signs_in(self, asked: dict[str, str]) -> str:
        """The code for who was sent here with these parameters and proved who they are."""
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code

    def keys(self) -> dict[str, Any]:
        found = [
            {**json.loads(kind.to_jwk(key.public_key())), "kid": name} for name, (key, kind) in KEYS.items()
        ]
        return {"keys": found}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        if (
            asked is None
            or authorization != expected
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        ):
            return None
        now = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT, "sub": "248289", "exp": now + 300, "iat": now}
        told |= {"nonce": asked["nonce"], "groups": ["all", "rung-analysts"], **self.claims}
        return {"access_token": "x", "id_token": self.forge({k: v for k, v in told.items() if v is not None})}


def signed(told: dict[str, Any], algorithm: str = "RS256", key: Any = None, kid: str | None = None) -> str:
    """An ID token as a good provider signs it."""
    return jwt.encode(told, key or KEYS[algorithm][0], algorithm, headers={"kid": kid or algorithm})


def public_pem() -> bytes:
    """The public RSA key, which everybody has."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return KEYS["RS256"][0].public_key().public_bytes(serialization.Encoding.PEM, form)


@contextmanager
def at_work() -> Iterator[FakeProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if provider.elsewhere:
                self.send_response(302)
                self.send_header("location", provider.elsewhere)
                self.end_headers()
                return
            self.tell(provider.keys() if self.path == "/keys" else provider.document)

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
            self.tell(provider.token(form, self.headers.get("authorization", "")))

        def tell(self, told: dict[str, Any] | None) -> None:
            self.send_response(400 if told is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(told or {"error": "invalid_grant"}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
