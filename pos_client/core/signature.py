"""Signed messages between a till and its service: HMAC-SHA256, written as HTTP message signatures (RFC 9421) are.

A till signs method, path, query and the body's digest (RFC 9530) with its time, its name and a counter that only
grows. The service signs its answer over status, digest and the request's signature: an answer fits one request alone.
"""

import binascii
import hashlib

from pos_client.core.mac import equal, hmac_sha256

_ASKED = '("@method" "@path" "@query" "content-digest")'
_TOLD = '("@status" "content-digest" "signature";req;key="rung")'


def keyid(device: str, epoch: int) -> str:
    """What an enrolment is called in signatures and in a snapshot's ``through``."""
    return device + "/" + str(epoch)


def request(key: bytes, method: str, target: str, body, created: int, name: str, counter: int) -> dict:
    """The headers that sign a request for ``target`` (path and query) by ``name``; ``created`` is Unix seconds.

    ``body`` is bytes or a list of its pieces.
    """
    digest = content_digest(body)
    told = asked(created, name, counter)
    headers = _signed(key, request_base(method, target, digest, told), told)
    headers["Content-Digest"] = digest
    return headers


def answer(key: bytes, status: int, body: bytes, request_signature: str, created: int, name: str) -> dict:
    """The headers that sign the answer to the request whose ``Signature`` header is given."""
    digest = content_digest(body)
    told = _TOLD + ";created=" + str(created) + ';keyid="' + name + '";alg="hmac-sha256"'
    headers = _signed(key, answer_base(status, digest, request_signature, told), told)
    headers["Content-Digest"] = digest
    return headers


def is_answer(key: bytes, status: int, headers: dict, body: bytes, request_signature: str) -> bool:
    """Whether the service that holds ``key`` gave this answer to this request; ``headers`` by lower-case name."""
    told = headers.get("signature-input", "")
    if not told.startswith("rung=" + _TOLD + ";"):
        return False
    base = answer_base(status, content_digest(body), request_signature, told[5:])
    return equal(headers.get("signature", "").encode(), signature_of(key, base).encode())


def asked(created: int, name: str, counter: int) -> str:
    """The parameters of a request's signature."""
    return _ASKED + ";created=%d" % created + ';keyid="' + name + '";nonce="%d";alg="hmac-sha256"' % counter


def request_base(method: str, target: str, digest: str, told: str) -> bytes:
    """The signature base of a request (RFC 9421, 2.5)."""
    path, _, query = target.partition("?")
    parts = [
        '"@method": ' + method,
        '"@path": ' + path,
        '"@query": ?' + query,
        '"content-digest": ' + digest,
        '"@signature-params": ' + told,
    ]
    return "\n".join(parts).encode()


def answer_base(status: int, digest: str, request_signature: str, told: str) -> bytes:
    """The signature base of an answer, tied to the ``Signature`` header of its request."""
    parts = [
        '"@status": ' + str(status),
        '"content-digest": ' + digest,
        '"signature";req;key="rung": ' + request_signature[5:],
        '"@signature-params": ' + told,
    ]
    return "\n".join(parts).encode()


def content_digest(body) -> str:
    """The ``Content-Digest`` header of a body, bytes or a list of its pieces."""
    whole = hashlib.sha256()
    for piece in body if type(body) is list else [body]:
        whole.update(piece)
    return "sha-256=:" + _base64(whole.digest()) + ":"


def signature_of(key: bytes, base: bytes) -> str:
    """The ``Signature`` header over a signature base."""
    return "rung=:" + _base64(hmac_sha256(key, base)) + ":"


def wrapped(secret: bytes, purpose: str, request_signature: str, value: bytes) -> bytes:
    """32 bytes made unreadable to who lacks ``secret``, or readable again; the request's signature makes it unique.

    A one-time pad from HMAC-SHA256; that nobody changed it is what the answer's signature is for.
    """
    pad = hmac_sha256(secret, ("rung " + purpose + "\n" + request_signature).encode())
    return bytes([a ^ b for a, b in zip(pad, value)])


def _signed(key: bytes, base: bytes, told: str) -> dict:
    return {"Signature-Input": "rung=" + told, "Signature": signature_of(key, base)}


def _base64(value: bytes) -> str:
    return binascii.b2a_base64(value).decode().strip()
