"""Settings from the environment (prefix ``RUNG_``); secrets only ever come from files."""

import secrets
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pricing_service import secret_files

SHORTEST = 16  # characters of a secret


class Settings(BaseSettings):
    """What a process of the service needs to know; every field is ``RUNG_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    data: Path = Path("var")
    service_host: str = "127.0.0.1"
    service_port: int = Field(default=8000, ge=0, le=65535)
    till_port: int = Field(default=8080, ge=0, le=65535)
    store: str = "sample"
    """The store this service decides for where there is no till; tills name their own."""
    most_body: int = Field(default=8 << 20, ge=2 << 20, le=1 << 30)
    """Bytes of the largest request body; a full batch of a till is far below it, and what is larger than a MiB alone
    and refused for it, a till gives up."""
    requests_per_second: int = Field(default=100, ge=1, le=1_000_000)
    """Of one person, in the long run; five times as many at once after a pause. Decisions and tills are not counted."""
    refit_at: str | None = Field(default=None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    """When the worker asks for the night's fit, as HH:MM in UTC; None: never by itself."""
    second_person: str = Field(
        default="", pattern=r"^((priors|policies|releases)(,(priors|policies|releases))*)?$"
    )
    """What one person alone cannot publish: some of `priors`, `policies` and `releases`, with commas between."""
    oidc_issuer: str | None = None
    """The OpenID Connect provider whose people may sign in, exactly as its discovery document names it; None: none."""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_scope: str = "openid"
    oidc_claim: str = "groups"
    """The claim of the ID token that says which groups somebody is in."""
    oidc_roles: str = ""
    """`GROUP=ROLE,...`: the first that somebody is in counts."""
    admin_token_file: Path | None = None
    master_key_file: Path | None = None
    tenant_key_file: Path | None = None
    audit_key_file: Path | None = None
    token_key_file: Path | None = None
    firmware_key_file: Path | None = None
    audit_anchors_file: Path | None = None
    """Where the anchors of the audit trail are appended; on another disk than the database they prove more."""

    @property
    def second_person_for(self) -> frozenset[str]:
        return frozenset(self.second_person.split(",")) - {""}

    @property
    def database(self) -> Path:
        return self.data / "rung.db"

    @property
    def admin_token(self) -> str:
        """The bearer token that opens everything: for the first start, and for when nobody else gets in."""
        return secret(self.admin_token_file or self._secret_path("admin_token"))

    @property
    def master_key(self) -> bytes:
        """The key all device keys are derived from."""
        return bytes.fromhex(secret(self.master_key_file or self._secret_path("master_key")))

    @property
    def tenant_key(self) -> bytes:
        """The key that turns a loyalty card into a token."""
        return bytes.fromhex(secret(self.tenant_key_file or self._secret_path("tenant_key")))

    @property
    def token_key(self) -> bytes:
        """The key that signs access tokens and forms; replacing it ends every token at once."""
        return bytes.fromhex(secret(self.token_key_file or self._secret_path("token_key")))

    @property
    def audit_key(self) -> bytes:
        """The key of the audit trail's anchors, and of the names it has for customers."""
        return bytes.fromhex(secret(self.audit_key_file or self._secret_path("audit_key")))

    @property
    def firmware_keys(self) -> list[bytes]:
        """The key that says which firmware is the newest; after it the one that follows, where one is prepared."""
        present = self.firmware_key_file or self._secret_path("firmware_key")
        following = present.with_name(present.name + "_next")
        return [
            bytes.fromhex(secret(path)) for path in (present, following) if path == present or path.exists()
        ]

    @property
    def audit_anchors(self) -> Path:
        return self.audit_anchors_file or self.data / "audit" / "anchors.jsonl"

    @property
    def secrets(self) -> Path:
        """The folder of secrets: keys, tombstones, what no backup of the database ever holds."""
        return self.data / "secrets"

    def _secret_path(self, name: str) -> Path:
        return self.secrets / name


def port_taken(port: int, name: str) -> str:
    """What to tell the operator when ``port``, set by ``name``, is somebody else's."""
    return f"Port {port} is taken: stop what uses it, or set {name} to another one."


def secret(path: Path) -> str:
    """The text of a secret file; an absent or empty one stops the start with words a person can act on."""
    if not path.is_file():
        raise SystemExit(f"No secret at {path}: create it, or let `rung serve --migrate` do so.")
    text = path.read_text().strip()
    if len(text) < SHORTEST:
        raise SystemExit(f"The secret at {path} is shorter than {SHORTEST} characters: replace it.")
    return text


def create_secrets(data: Path) -> None:
    """Make the secrets that do not exist yet, readable by the owner only."""
    folder = data / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("admin_token", "master_key", "tenant_key", "audit_key", "token_key", "firmware_key"):
        path = folder / name
        if not path.exists():
            secret_files.make(path, secrets.token_hex(32) + "\n")
