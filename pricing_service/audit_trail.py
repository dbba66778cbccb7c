"""What a person's request leaves in the audit trail: one entry, committed with what it did."""

from collections.abc import Callable
from contextvars import ContextVar

from sqlalchemy import Connection

from pricing_service import audit_store
from pricing_service.caller import Caller, calling

_noted: ContextVar[str] = ContextVar("noted", default="")
_made: ContextVar[tuple[str, dict[str, str]]] = ContextVar("made", default=("", {}))  # of which request, what


def makes(**named: object) -> None:
    """Say what this request is about to create, by the name that a path would have for it: its entry tells it."""
    caller = calling.get()
    if caller is not None:
        _made.set((caller.request_id, {name: str(value)[:64] for name, value in named.items()}))


def to_note() -> Caller | None:
    """Who calls, if their request has left no entry yet; asked on the thread of the request, not on the writer's."""
    caller = calling.get()
    if caller is None or _noted.get() == caller.request_id:
        return None
    request_id, made = _made.get()
    return caller._replace(path={**caller.path, **made}) if request_id == caller.request_id else caller


def noting[T](job: Callable[[Connection], T], caller: Caller | None, key: bytes) -> Callable[[Connection], T]:
    """``job`` and the entry of ``caller``'s request; ``job`` alone where there is none to make.

    A job that tells more of what its caller did than we can makes the entry itself.
    """
    if caller is None:
        return job

    def both(connection: Connection) -> T:
        before = audit_store.head(connection).position
        result = job(connection)
        if not audit_store.is_told(connection, caller.name, before):
            add(connection, caller, key)
        return result

    return both


def add(connection: Connection, caller: Caller, key: bytes) -> None:
    """The entry of a request."""
    subject = audit_store.subject(key, caller.path)
    audit_store.append(connection, caller.name, caller.operation, subject, f"request={caller.request_id}")


def noted(caller: Caller) -> None:
    """The entry is kept: another write of the same request makes no second one."""
    _noted.set(caller.request_id)
