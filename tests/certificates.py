"""Authorities, the certificates they sign, and a server that has one."""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


class Authority:
    """Signs certificates; ``der`` is its own."""

    _signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)

    def __init__(self, name: str):
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), named(name)
        own = self._signing(self._name, self._key.public_key(), NOW - DAY, NOW + 365 * DAY)
        own = own.add_extension(x509.BasicConstraints(True, None), True)
        own = own.add_extension(self._signs, True).add_extension(self._key_id(), False)
        self.der = own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def issued(self, folder: Path, host: str, begins=NOW - DAY, ends=NOW + DAY) -> Path:
        """A certificate for a host with its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host[0].isdigit():
            names = [x509.IPAddress(ipaddress.ip_address(host))]
        made = self._signing(named(host), key.public_key(), begins, ends)
        made = made.add_extension(x509.SubjectAlternativeName(names), False)
        made = made.sign(self._key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = folder / f"{host}.pem"
        path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
        return path

    def _key_id(self) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())

    def _signing(self, subject, key, begins, ends) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        made = made.serial_number(x509.random_serial_number())
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
        )
        return made.not_valid_before(begins).not_valid_after(ends)


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(20 * len(body)))
        self.end_headers()
        self.wfile.write(20 * body)

    def log_message(self, format, *args):
        """Nobody reads it."""


class Listening:
    """A server on this machine with a certificate, or without TLS."""

    def __init__(self, certificate: Path | None):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.handle_error = lambda *told: None  # pyright: ignore[reportAttributeAccessIssue]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *ended):
        self._server.shutdown()
        self._server.server_close()
