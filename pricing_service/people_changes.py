"""What is done to people: added, given another role, disabled, given another password. Each leaves an entry in the
audit trail, and each that takes something away ends the sessions it would live on in.

``by`` is who does it, ``holder`` the scopes they hold: nobody gives a role with more than their own, nor touches who
has one. `EVERYTHING` is for the commands, whose user can read every secret of the service anyway.
"""

from sqlalchemy import Connection

from pos_client.core.record import Invalid
from pricing_service import audit_store, authority, people_store, sessions
from pricing_service.people_store import Account

EVERYTHING = frozenset(authority.SCOPES)
OIDC = "oidc"  # who adds and changes people as their provider says, and how all their names begin


def add(connection: Connection, by: str, holder: frozenset[str], wanted: Account) -> Account:
    """Somebody new. Raises `Invalid`, `OutOfTurn` and `Problem`."""
    if by != OIDC and wanted.name.startswith(OIDC + "-"):
        raise Invalid("person-name", "Names that begin with oidc- belong to who signs in by the provider.")
    _check_role(holder, wanted)
    made = people_store.add(connection, wanted)
    audit_store.append(connection, by, "person-added", made.name, _said(made))
    return made


def change(
    connection: Connection, by: str, holder: frozenset[str], name: str, now: int, **to: str | int | None
) -> Account:
    """Another ``role``, ``store`` or ``disabled`` (when, or None); their sessions end if anything changes."""
    before = people_store.get(connection, name)
    if before.disabled is not None and to.get("disabled"):
        to = {**to, "disabled": before.disabled}
    wanted = before._replace(**to)
    if wanted == before:
        return before
    _check_role(holder, before)
    _check_role(holder, wanted)
    people_store.change(connection, wanted)
    sessions.end_all(connection, name, f"changed by {by}", now)
    audit_store.append(connection, by, "person-changed", name, f"{_said(before)} -> {_said(wanted)}")
    return wanted


def reset(
    connection: Connection, by: str, holder: frozenset[str], name: str, hash_: str, now: int, temporary: bool
) -> Account:
    """A password that somebody else chose; ``temporary``: good for choosing one's own and nothing else."""
    before = people_store.get(connection, name)
    _check_role(holder, before)
    if before.created_by == OIDC:
        raise Invalid(
            "person-of-provider",
            f"{name} signs in by the provider and has no password here: change it there.",
        )
    wanted = before._replace(hash=hash_, temporary=temporary, password_changed=now)
    people_store.change(connection, wanted)
    sessions.end_all(connection, name, f"password reset by {by}", now)
    audit_store.append(connection, by, "password-reset", name)
    return wanted


def choose(connection: Connection, name: str, hash_: str, now: int, session: str) -> Account:
    """One's own new password; all sessions but this one end."""
    before = people_store.get(connection, name)
    wanted = before._replace(hash=hash_, temporary=False, password_changed=now)
    people_store.change(connection, wanted)
    sessions.end_all(connection, name, "password changed", now, but=session)
    audit_store.append(connection, name, "password-changed", name)
    return wanted


def _check_role(holder: frozenset[str], account: Account) -> None:
    """Raises `Problem` where the role holds more than its giver, `Invalid` where it is none."""
    if account.role not in authority.ROLES:
        raise Invalid("unknown-role", f"A role is one of {', '.join(authority.ROLES)}.")
    people_store.check_grant(holder, account.role, account.store)


def _said(account: Account) -> str:
    where = f" of store {account.store}" if account.store else ""
    return f"{account.role}{where}{', disabled' if account.disabled is not None else ''}"
