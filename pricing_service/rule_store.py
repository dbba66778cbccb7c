"""Discounts and policies: versioned JSON that the core has read before anybody can depend on it.

A write is checked as part of the whole shop, in its transaction: what a till could not read is never stored.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import discount, policy, shop
from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service import disclosures, standing
from pricing_service.json_body import read_alone
from pricing_service.problem import Stale

NAME = re.compile("[A-Za-z0-9._-]{1,64}")
POSITION = re.compile(r"discounts\[[0-9]+\]")
DEFAULT = "default"  # the policy of every store that has none under its own name


class Rule(NamedTuple):
    id: str
    version: int
    body: dict[str, Any]
    changed: int
    retired: int | None


class Book:
    """The rules of one kind; ``table`` is where they are, ``noun`` what people call one, ``read`` the tills' reader.

    Every rule is sent with an ``id``; ``keeps_id`` says whether it stays a member of what tills read.
    """

    def __init__(self, table: str, noun: str, read: Callable[[Any], object], keeps_id: bool) -> None:
        self.table, self.noun, self._read, self._keeps_id = table, noun, read, keeps_id
        columns = f"SELECT id, version, body, changed, retired FROM {table}"
        self._get = text(f"{columns} WHERE id = :id")
        self._page = text(f"{columns} WHERE id > :after ORDER BY id LIMIT :limit")
        self._in_force = text(f"{columns} WHERE retired IS NULL ORDER BY id")
        self._create = text(f"INSERT INTO {table} (id, version, body, changed) VALUES (:id, 1, :body, :now)")
        self._replace = text(
            f"UPDATE {table} SET version = version + 1, body = :body, changed = :now, retired = :retired"
            " WHERE id = :id AND version = :version"
        )

    def page(self, connection: Connection, after: str, limit: int) -> list[Rule]:
        """Up to ``limit`` rules with ids behind ``after``, retired ones too."""
        return [_rule(row) for row in connection.execute(self._page, {"after": after, "limit": limit})]

    def in_force(self, connection: Connection) -> list[Rule]:
        return [_rule(row) for row in connection.execute(self._in_force)]

    def get(self, connection: Connection, rule_id: str) -> Rule:
        """The rule of this id. Raises `Unknown`."""
        row = connection.execute(self._get, {"id": rule_id}).one_or_none()
        if row is None:
            raise Unknown(
                f"unknown-{self.noun}",
                f"There is no {self.noun} {rule_id}: GET /v1/{self.table} lists those there are.",
            )
        return _rule(row)

    def has(self, connection: Connection, rule_id: str) -> bool:
        """Whether the id is taken, be it by a retired rule."""
        return connection.execute(self._get, {"id": rule_id}).one_or_none() is not None

    def create(self, connection: Connection, given: dict[str, Any]) -> Rule:
        """Add a rule. Raises `OutOfTurn` if its id is taken, `Invalid` if a till could not read it."""
        rule_id, body = self._split(given)
        if self.has(connection, rule_id):
            raise OutOfTurn(f"{self.noun}-exists", self._taken(self.get(connection, rule_id)))
        connection.execute(self._create, {"id": rule_id, "body": _text(body), "now": int(time.time())})
        return self._settled(connection, rule_id)

    def replace(self, connection: Connection, rule_id: str, version: int, given: dict[str, Any]) -> Rule:
        """Put ``given`` in place of version ``version``; brings a retired rule back."""
        named, body = self._split({"id": rule_id, **given})
        if named != rule_id:
            raise Invalid(
                "another-id", f"This is the {self.noun} {rule_id}: leave out its id or send the same."
            )
        return self._write(connection, rule_id, version, body, None)

    def retire(self, connection: Connection, rule_id: str, version: int) -> Rule:
        """Take a rule out of force; it stays readable, for old records name it."""
        return self._write(connection, rule_id, version, self.get(connection, rule_id).body, int(time.time()))

    def _split(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        rule_id = given.get("id")
        if type(rule_id) is not str or not NAME.fullmatch(rule_id):
            raise Invalid("rule-id", "`id` needs 1 to 64 letters, digits, dots, dashes or underscores.")
        body = {name: value for name, value in given.items() if self._keeps_id or name != "id"}
        read_alone(self._read, body, self.noun)
        return rule_id, body

    def _taken(self, rule: Rule) -> str:
        put = f'PUT /v1/{self.table}/{rule.id} and If-Match: "{rule.version}"'
        if rule.retired is None:
            return f"There is a {self.noun} {rule.id} already: to replace it, send {put}."
        return (
            f"The {self.noun} {rule.id} was retired at {rfc3339(rule.retired)}: to bring it back, send {put}."
        )

    def _write(
        self, connection: Connection, rule_id: str, version: int, body: dict, retired: int | None
    ) -> Rule:
        self.get(connection, rule_id)
        values = {
            "id": rule_id,
            "version": version,
            "body": _text(body),
            "retired": retired,
            "now": int(time.time()),
        }
        if connection.execute(self._replace, values).rowcount == 0:
            raise Stale(f"{self.noun}-changed", "Somebody changed it meanwhile: read it again.")
        return self._settled(connection, rule_id)

    def _settled(self, connection: Connection, rule_id: str) -> Rule:
        check(connection)
        standing.touch(connection)
        return self.get(connection, rule_id)


def _read_policy(given: Any) -> policy.Policy:
    """As a till reads it, and by the texts that only the service has."""
    read = policy.read(given)
    disclosures.check(given)
    return read


DISCOUNTS = Book("discounts", "discount", discount.read, keeps_id=True)
POLICIES = Book("policies", "policy", _read_policy, keeps_id=False)


def check(connection: Connection) -> None:
    """Read all rules in force as a till would. Raises `Invalid`."""
    discounts = [rule.body for rule in DISCOUNTS.in_force(connection)]
    try:
        shop.read({"discounts": discounts, "policy": {}, "version": 0, "built": 0})
    except Invalid as error:  # a place in our list tells nobody which rule it is
        names = {f"discounts[{at}]": f"discount {rule['id']}: " for at, rule in enumerate(discounts)}
        raise Invalid(error.code, _named(error.detail, names)) from error
    for rule in POLICIES.in_force(connection):
        policy.read(rule.body)


def _named(detail: str, names: dict[str, str]) -> str:
    place = POSITION.match(detail)
    return names[place[0]] + detail[place.end() :].lstrip(". ") if place else detail


def policy_of(connection: Connection, store: str) -> dict[str, Any]:
    """The policy in force at a store: its own, else the default one, else the core's defaults."""
    policies = {rule.id: rule.body for rule in POLICIES.in_force(connection)}
    return policies.get(store) or policies.get(DEFAULT, {})


def utc_offset(connection: Connection, store: str) -> int:
    """Minutes the day at a store is ahead of UTC."""
    return policy_of(connection, store).get("utc_offset", 0)


def _rule(row: Any) -> Rule:
    return Rule(row.id, row.version, json.loads(row.body), row.changed, row.retired)


def _text(body: dict[str, Any]) -> str:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise Invalid("not-a-number", "Numbers must be whole and finite.") from error
