"""The link to the till's own service: requests signed as this till's, answers believed only where it signed them."""

from pos_client.link import LinkDown
from pos_client.signing import Signer, parsed


class SignedLink:
    """``link`` has `exchange` and `download`; ``identity`` may change while this lives. Raises `LinkDown` for an answer
    of anybody else that pretends success, and what `link` raises."""

    def __init__(self, identity, clock, link):
        self.host, self.port = address(identity.get("service", ""))
        self.deadline = 10000  # milliseconds of one exchange; a download gets six times as long
        self.told = 0  # Unix seconds at which our service last signed
        self.down = None  # why others than `Sync` do not reach it
        self._signer = Signer(identity, clock)
        self.corrects = self._signer.corrects
        self._link = link

    async def post(self, target: str, body, room: int, content: str = "") -> tuple:
        """(status, what our service says, the signature of the request), for an answer of ``room`` bytes at most."""
        sent = self._signer.headers("POST", target, body)
        if content:
            sent["Content-Type"] = content
        status, got, answer = await self._link.exchange(
            self.host, self.port, "POST", target, sent, body, self.deadline, room
        )
        return status, self._believed(sent, status, got, answer), sent["Signature"]

    async def fetch(self, target: str, file, most: int) -> tuple:
        """(status, what our service says); ``file`` gets the content of a 200, which must be signed itself."""
        sent = self._signer.headers("GET", target, b"")
        status, got, answer = await self._link.download(
            self.host, self.port, target, sent, file, 6 * self.deadline, most
        )
        return status, {} if status == 200 else self._believed(sent, status, got, answer)

    def _believed(self, sent: dict, status: int, got: dict, answer: bytes) -> dict:
        """What our own service says in an answer. Others may refuse as well, but acknowledge or correct nothing."""
        told = parsed(answer)
        if self._signer.is_ours(sent, status, got, answer):
            self.told = max(self.told, _created(got["signature-input"]))
            return told
        if status < 400:
            raise LinkDown("the answer is not signed by our service")
        return {"code": told.get("code") if told.get("code") == "unknown-device" else None}


def _created(signed: str) -> int:
    """When an answer was signed; 0 where it does not say."""
    digits = signed.partition(";created=")[2].partition(";")[0]
    return int(digits) if digits.isdigit() else 0


def address(service: str) -> tuple:
    """(host, port) of ``http://host:port`` or ``https://host:port``, or (None, 0) where a till has no service."""
    scheme, _, rest = service.partition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    port = port or ("443" if is_secure(service) else "80")
    if scheme not in ("http", "https") or not host or not port.isdigit():
        return None, 0
    return host, int(port)


def is_secure(service: str) -> bool:
    """Whether the service is to be spoken to by TLS: then by nothing else."""
    return service.startswith("https://")
