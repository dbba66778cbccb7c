"""SQLAlchemy on a short way: statements that are plain text go straight to the driver, and so do savepoints.

Its own way costs ten times what SQLite then takes, and no history is about that. Rows and results are SQLAlchemy's, and
so is every statement that is more than text with names in it.
"""

import re
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, TextClause
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

_NAMES = re.compile(r"(?<![:\w]):(\w+)")


class StraightResult(IteratorResult):
    """Rows that were all fetched, and how many a statement changed."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        names = tuple([column[0] for column in cursor.description or ()])
        super().__init__(_metadata(names), iter(cursor.fetchall() if names else ()))
        self.rowcount = cursor.rowcount


class Savepoint:
    """What `Connection.begin_nested` gives: released at the end of a block, or taken back. All have one name: the
    innermost is meant, and the driver knows the statement already."""

    def __init__(self, run: Callable[[str], object], swept: Callable[[str], object]) -> None:
        self._run, self._swept = run, swept
        run("SAVEPOINT nested")

    def rollback(self) -> None:
        self._run("ROLLBACK TO SAVEPOINT nested")
        self._swept("RELEASE SAVEPOINT nested")  # else an outer one's end would be this one's

    def __enter__(self) -> "Savepoint":
        return self

    def __exit__(
        self, _kind: type | None, trouble: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if trouble:
            self.rollback()
        else:
            self._run("RELEASE SAVEPOINT nested")


class StraightConnection(Connection):
    """One that lasts: whoever lends it begins and ends its transactions at the driver."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._driver: Any = self.connection.driver_connection

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        if type(statement) is TextClause and (lists := _lists(statement)) is not None:
            return self._straight(*_written_out(statement.text, parameters, lists))
        return super().execute(statement, parameters, execution_options=execution_options)

    def begin_nested(self) -> Any:
        return Savepoint(self._straight, self._driver.execute)

    def _straight(self, sql: str, parameters: Any = None) -> StraightResult:
        cursor = self._driver.cursor()
        try:
            if isinstance(parameters, list):
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters or ())
            return StraightResult(cursor)
        except sqlite3.Error as error:
            raise DBAPIError.instance(sql, None, error, sqlite3.Error) from error


@lru_cache(2000)
def _lists(statement: TextClause) -> list[str] | None:
    """The names that stand for lists; None where SQLAlchemy has more to do than to write those out."""
    bound = statement._bindparams
    named = set(_NAMES.findall(statement.text)) == bound.keys()
    if not named or any(type(one.type) is not NullType or not one.required for one in bound.values()):
        return None
    return [name for name, one in bound.items() if one.expanding]


def _written_out(sql: str, parameters: Any, lists: list[str]) -> tuple[str, Any]:
    for name in lists:
        places = {f"{name}_{at}": value for at, value in enumerate(parameters[name])}
        sql = re.sub(rf":{name}\b", "(" + ", ".join(f":{place}" for place in places) + ")", sql)
        parameters = parameters | places
    return sql, parameters


@lru_cache(2000)
def _metadata(names: tuple[str, ...]) -> SimpleResultMetaData:
    return SimpleResultMetaData(names)
