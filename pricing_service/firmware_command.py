"""`rung firmware`: signers make keys, draft, sign and publish; the service's operator says whose keys count."""

import getpass
import secrets
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pricing_service.settings import Settings

out = Console(highlight=False)
firmware = typer.Typer(
    help="Build, sign and publish what devices run (docs/updates.md).",
    no_args_is_help=True,
    add_completion=False,
)
FolderPath = Annotated[
    Path, typer.Argument(help="The signers' folder: metadata, images, bills of materials.")
]
Keys = Annotated[list[str] | None, typer.Option(help="Public keys: .pub files, or 64 hexadecimal digits.")]
TokenFile = Annotated[Path | None, typer.Option(help="A file with an access token; else that of RUNG_DATA.")]


@firmware.command("keys")
def _keys(file: Annotated[Path, typer.Argument(help="A new file, on a medium of the signer's own.")]) -> None:
    """Make a release key. The passphrase is asked for, or is the first line of standard input."""
    from pricing_service import firmware_keys

    if file.exists():
        raise SystemExit(f"{file} is there already: nothing was changed.")
    passphrase = _passphrase(file)
    if sys.stdin.isatty() and getpass.getpass("Again: ") != passphrase:
        raise SystemExit("Those were two passphrases: nothing was changed.")
    public = firmware_keys.make(file, passphrase)
    out.print(f"{file} opens with the passphrase alone; hand around {file}.pub:\n{public}", soft_wrap=True)


@firmware.command("key")
def _key(
    following: Annotated[
        bool, typer.Option("--next", help="Make the key that follows, for the next root to name.")
    ] = False,
) -> None:
    """The service's own public keys, on its own machine: a root names the first one, or the next."""
    from pricing_service import firmware_publishing, provisioning, secret_files

    settings = Settings()
    provisioning.require(settings)
    if following:
        secret_files.make(settings.secrets / "firmware_key_next", secrets.token_hex(32) + "\n")
    for public in firmware_publishing.public_keys(settings):
        print(public)


@firmware.command("root")
def _root(
    folder: FolderPath,
    root: Keys = None,
    release: Keys = None,
    service: Annotated[str, typer.Option(help="The service's public key: `rung firmware key` there.")] = "",
) -> None:
    """Draft the first root, or the next one: what is left out stays. Two who sign roots sign it then."""
    from pricing_service import firmware_drafting, firmware_keys
    from pricing_service.firmware_folder import Folder

    groups = {"root": root or [], "targets": release or [], "online": [service] if service else []}
    public = {role: [firmware_keys.public(one) for one in told] for role, told in groups.items()}
    name = firmware_drafting.next_root(Folder(folder), public, int(time.time()))
    out.print(f"{folder}/metadata/{name} waits for signatures: rung firmware sign {folder} --key FILE")


@firmware.command("build")
def _build(
    folder: FolderPath,
    version: Annotated[int, typer.Option(min=1, help="Higher than all before.")],
    hardware: Annotated[list[str], typer.Option(help="What it is for; several times.")],
    commit: Annotated[str, typer.Option(help="What is built: not the working copy.")] = "HEAD",
    checkout: Annotated[Path, typer.Option(help="A checkout of the source.")] = Path(),
    device: Annotated[list[str] | None, typer.Option(help="For these devices alone; several times.")] = None,
) -> None:
    """Build images of a commit and draft the metadata that two signers sign."""
    from pricing_service import firmware_building, firmware_drafting
    from pricing_service.firmware_folder import Folder
    from pricing_service.firmware_release import SLOTS

    if unknown := set(hardware) - SLOTS.keys():
        raise SystemExit(f"There is no hardware {', '.join(sorted(unknown))}: {', '.join(SLOTS)}.")
    firmware_drafting.check_root(Folder(folder))  # before minutes of work
    source = firmware_building.found(checkout, commit)
    built = {}
    for one in hardware:
        with out.status(f"{one}: {source.digest[:12]}"):
            built[f"rung-{one}-{version}.romfs"] = firmware_building.built(checkout, source, one, version)
    name = firmware_drafting.next_targets(Folder(folder), built, int(time.time()), device)
    for release, made in built.items():
        out.print(f"{release}: {len(made.image)} bytes")
    if others := sorted(set(firmware_drafting.waiting(Folder(folder), name)) - built.keys()):
        out.print(f"Drafted before, and still in it: {', '.join(others)}", soft_wrap=True)
    out.print(f"{folder}/metadata/{name} waits for signatures: rung firmware sign {folder} --key FILE")


@firmware.command("renew")
def _renew(
    folder: FolderPath,
    without: Annotated[
        list[str] | None, typer.Option(help="A release that is withdrawn; several times.")
    ] = None,
) -> None:
    """Draft the same releases anew: before what is signed expires, for keys that a new root names, or without some."""
    from pricing_service import firmware_drafting
    from pricing_service.firmware_folder import Folder

    gone = tuple(without or ())
    name = firmware_drafting.next_targets(Folder(folder), {}, int(time.time()), without=gone)
    out.print(f"{folder}/metadata/{name} waits for signatures.")


@firmware.command("sign")
def _sign(
    folder: FolderPath,
    key: Annotated[Path, typer.Option(help="The signer's key.")],
    rebuild: Annotated[
        Path | None,
        typer.Option(help="A checkout: build every new release from its commit here, and compare."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; for programs.")] = False,
) -> None:
    """Show what waits for a signature, and sign it. The passphrase is asked for, or is read from standard input."""
    from pricing_service import firmware_drafting, firmware_keys, firmware_signing
    from pricing_service.firmware_folder import Folder

    at = Folder(folder)
    public = firmware_keys.public(f"{key}.pub")
    question = firmware_signing.asked(at, _trusted(at, key, yes), public)
    out.print(f"{question.file} says:")
    for line in question.says:
        out.print(f"  {line}", soft_wrap=True)
    if rebuild is not None:
        with out.status("building again"):
            firmware_signing.check_rebuilt(at, question, rebuild)
        out.print("  built again here: the same bytes")
    if not yes and not typer.confirm("Sign it?"):
        raise SystemExit("Nothing was signed.")
    count = firmware_signing.sign(at, question.file, firmware_keys.signer(key, _passphrase(key)))
    done = firmware_drafting.is_signed(at, question.file)
    out.print(f"{question.file} has {count} signatures{': enough' if done else ', and needs another one'}.")


@firmware.command("trust")
def _trust(
    file: Annotated[Path, typer.Argument(help="The signed 1.root.json.", exists=True, dir_okay=False)],
) -> None:
    """Say on the service's own machine whose signatures count: of the first root and of those that follow from it."""
    from pricing_service import audit_store, firmware_publishing, provisioning
    from pricing_service.audit_anchors import anchored

    settings, data = Settings(), file.read_bytes()
    with closing(provisioning.opened(settings)) as database, anchored(settings, database) as connection:
        is_new = firmware_publishing.trust(connection, data, int(time.time()))
        if is_new:
            audit_store.append(connection, audit_store.cli_actor(), "trust-firmware-root", file.name)
    out.print(f"{file} is {'trusted from now on' if is_new else 'trusted already'}.")


@firmware.command("publish")
def _publish(
    folder: FolderPath,
    service: Annotated[str, typer.Option(help="http://HOST:PORT of the service.")],
    token_file: TokenFile = None,
) -> None:
    """Send what is signed to the service, which looks at every signature itself."""
    from models.service_api import ServiceApi, ServiceGone, ServiceRefused
    from pricing_service import firmware_sending
    from pricing_service.firmware_folder import Folder

    if not service.startswith(("http://", "https://")):
        raise typer.BadParameter("an address is http://HOST:PORT", param_hint="--service")
    settings = Settings()
    token = token_file.read_text().strip() if token_file else settings.admin_token
    try:
        new = firmware_sending.publish(Folder(folder), ServiceApi(service, token))
    except (ServiceGone, ServiceRefused) as trouble:
        raise SystemExit(str(trouble)) from trouble
    out.print(f"Published: {', '.join(new) or 'metadata alone'}.")


def _passphrase(file: Path) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"Passphrase of {file}: ")
    return sys.stdin.readline().rstrip("\n")


def _trusted(folder, key: Path, yes: bool) -> str:
    """The fingerprint that a signer keeps beside their key; asked for at the first time."""
    from pricing_service import firmware_signing

    kept = key.with_name(key.name + ".trusts")
    if kept.is_file():
        return kept.read_text().strip()
    digest = firmware_signing.fingerprint(folder)
    out.print(
        f"You have not signed with this key. The fingerprint of the first root is\n  {digest}", soft_wrap=True
    )
    if not yes and not typer.confirm("Do the other signers read the same, by telephone?"):
        raise SystemExit("Nothing was signed: find out who has which root.")
    kept.write_text(digest + "\n")
    return digest
