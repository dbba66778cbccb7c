"""Release keys of signers: a private key in a file that only its passphrase opens, the public one beside it."""

import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service import passwords, secret_files
from pricing_service.firmware_forms import CryptoSigner

_HEX = re.compile("[0-9a-f]{64}")


def make(file: Path, passphrase: str) -> str:
    """A new key in ``file`` and its public half in ``file``.pub; the public one in hex. Raises `Refused`."""
    passwords.check_new(passphrase, file.stem)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    ).decode()
    secret_files.make(file, pem)
    if file.read_text() != pem:
        raise OutOfTurn("key-exists", f"{file} is there already: nothing was changed.")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    _beside(file).write_text(public + "\n")
    return public


def signer(file: Path, passphrase: str) -> CryptoSigner:
    """The key in ``file``. Raises `Invalid`."""
    try:
        key = load_pem_private_key(file.read_bytes(), passphrase.encode())
    except (ValueError, TypeError) as error:
        raise Invalid("key-closed", f"{file} does not open: another passphrase, or no key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Invalid("key-form", f"{file} holds no Ed25519 key.")
    return CryptoSigner(key)


def public(told: str) -> str:
    """A public key in hex, told as such or as the file that has it. Raises `Invalid`, `Unknown`."""
    text = told
    if not _HEX.fullmatch(told) and os.path.isfile(told):
        text = Path(told).read_text().strip()
    if not _HEX.fullmatch(text):
        if not os.path.exists(told):
            raise Unknown(
                "no-key", f"There is no file {told}; `rung firmware keys` writes one beside each key."
            )
        raise Invalid(
            "key-form", f"{told} is no public key: 64 hexadecimal digits, or the .pub file beside a key."
        )
    return text


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".pub")
