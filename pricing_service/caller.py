"""Who calls: the person behind the request that is being answered, wherever in the code that is asked."""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import NamedTuple

from pricing_service.problem import Problem


class Caller(NamedTuple):
    """A person in one request. ``operation`` is the operation id of the route, ``store`` None for all stores,
    ``path`` the parameters of its path.

    ``session`` is empty for who holds the admin_token; ``form`` is what the forms of a page bring back, empty for who
    did not come by a browser's session.
    """

    name: str
    role: str
    scopes: frozenset[str]
    request_id: str
    operation: str
    store: str | None = None
    path: Mapping[str, str] = MappingProxyType({})
    session: str = ""
    form: str = ""


calling: ContextVar[Caller | None] = ContextVar("calling", default=None)
"""None outside a person's request: at start, in the worker, for tills. Threads of the request see it too."""


def who() -> Caller:
    """Who calls, in a route that asks for a person."""
    one = calling.get()
    assert one is not None, "the route asks for nobody"
    return one


def may(scope: str) -> bool:
    """Whether the person who calls holds a scope; for parts of an answer that not everybody gets."""
    one = calling.get()
    return one is not None and scope in one.scopes


def own_store(store: str | None) -> str | None:
    """The store to answer for: the one asked for, or the caller's own where none is. Raises `Problem`."""
    one = calling.get()
    if one is None or one.store is None or one.store == store:
        return store
    if store is None:
        return one.store
    raise Problem(
        403,
        "other-store",
        f"You belong to the store {one.store}, and this is about {store}: ask about your own.",
    )


def every_store() -> None:
    """Refuse who belongs to one store what is about all of them. Raises `Problem`."""
    one = calling.get()
    if one is not None and one.store is not None:
        raise Problem(
            403,
            "other-store",
            f"You belong to the store {one.store}, and this is about all stores: ask somebody who belongs to none.",
        )
