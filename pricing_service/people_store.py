"""The table of people: who may sign in, as what, and for which store."""

import re
from typing import NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service import authority
from pricing_service.problem import Problem

NAME = "^[a-z0-9][a-z0-9._@-]{0,63}$"
# They mean something else.
NOT_NAMES = frozenset({"admin", "guard", "me", "oidc", "rung", "service", "unknown", "worker"})


class Account(NamedTuple):
    """A row of the table, as `tables.People` says it."""

    name: str
    role: str
    store: str | None
    hash: str | None
    temporary: bool
    created: int
    created_by: str
    password_changed: int | None
    disabled: int | None

    @property
    def scopes(self) -> frozenset[str]:
        """What they may do; nothing but choose their own password while theirs is somebody else's."""
        return frozenset() if self.temporary else authority.scopes(self.role, self.store)


COLUMNS = ", ".join(Account._fields)
GET = text(f"SELECT {COLUMNS} FROM people WHERE name = :name")
PAGE = text(f"SELECT {COLUMNS} FROM people WHERE name > :after ORDER BY name LIMIT :limit")
ENABLED = text(f"SELECT {COLUMNS} FROM people WHERE disabled IS NULL")
ADD = text(
    f"INSERT INTO people ({COLUMNS})"
    " VALUES (:name, :role, :store, :hash, :temporary, :created, :created_by, :password_changed, :disabled)"
)
WRITE = text(
    "UPDATE people SET role = :role, store = :store, hash = :hash, temporary = :temporary,"
    " password_changed = :password_changed, disabled = :disabled WHERE name = :name"
)
OTHER_ADMINS = text(
    "SELECT count(*) FROM people"
    " WHERE role = 'admin' AND store IS NULL AND disabled IS NULL AND NOT temporary AND name <> :name"
)


def find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(GET, {"name": name}).one_or_none()
    return None if row is None else _account(row)


def get(connection: Connection, name: str) -> Account:
    """Raises `Unknown`."""
    found = find(connection, name)
    if found is None:
        raise Unknown("unknown-person", f"There is nobody called {name}: GET /v1/people lists who there is.")
    return found


def page(connection: Connection, after: str, limit: int) -> list[Account]:
    """People by name, behind ``after``."""
    return [_account(row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def enabled(connection: Connection) -> list[Account]:
    """All who may sign in."""
    return [_account(row) for row in connection.execute(ENABLED)]


def add(connection: Connection, wanted: Account) -> Account:
    """Write down somebody new. Raises `Invalid` and `OutOfTurn`."""
    check_name(wanted.name)
    if find(connection, wanted.name):
        raise OutOfTurn(
            "person-exists",
            f"There is a {wanted.name} already; names are never used again. Choose another one.",
        )
    connection.execute(ADD, wanted._asdict())
    return wanted


def change(connection: Connection, wanted: Account) -> Account:
    """Put this in the place of what is known of them. The last administrator stays one. Raises `OutOfTurn`."""
    before = get(connection, wanted.name)
    if (
        _is_admin(before)
        and not _is_admin(wanted)
        and not connection.execute(OTHER_ADMINS, {"name": wanted.name}).scalar()
    ):
        raise OutOfTurn("last-admin", f"{wanted.name} is the last administrator: make another one first.")
    connection.execute(WRITE, wanted._asdict())
    return wanted


def check_name(name: str) -> None:
    """Raises `Invalid` for what cannot be a person's name."""
    if not re.fullmatch(NAME, name) or name in NOT_NAMES:
        raise Invalid(
            "person-name",
            "A name has 1 to 64 small letters, digits, dots, dashes, underscores or @, begins with a letter or digit,"
            f" and is none of {', '.join(sorted(NOT_NAMES))}.",
        )


def check_grant(holder: frozenset[str], role: str, store: str | None) -> None:
    """Refuse who would give, or act upon, a role with more scopes than their own. Raises `Problem`."""
    if more := sorted(authority.scopes(role, store) - holder):
        detail = (
            f"The role {role} holds {more[0]}, which you do not: you cannot give it or change who has it."
        )
        raise Problem(403, "more-than-yours", detail)


def _is_admin(account: Account) -> bool:
    return account.role == "admin" and account.store is None and account.disabled is None


def _account(row) -> Account:
    return Account(*row)._replace(temporary=bool(row.temporary))
