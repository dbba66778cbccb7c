"""Who looked at whom: a look at a customer's data leaves an entry in the audit trail before the data leaves us."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends, Request

from pricing_service import audit_store
from pricing_service.caller import calling
from pricing_service.json_body import json_object
from pricing_service.routes.access import Running
from pricing_service.security import customer_token


async def _look(request: Request, running: Running) -> AsyncIterator[None]:
    """Routes that write leave their entry with what they write; a look that was refused saw nothing."""
    yield
    if request.method == "GET":
        await _noted(running, audit_store.subject(running.audit_key, request.path_params))


async def _look_by_card(request: Request, running: Running) -> AsyncIterator[None]:
    """The same of a route that is sent a basket, which may name the card."""
    yield
    card = json_object(await request.body()).get("customer")
    if card is not None:
        token = customer_token(running.tenant_key, card)
        await _noted(running, audit_store.customer(running.audit_key, token))


async def _noted(running: Running, subject: str) -> None:
    caller = calling.get()
    if caller is not None:
        await running.note_soon(caller.name, caller.operation, subject, f"request={caller.request_id}")


Noted: Any = Depends(_look, scope="function")
NotedByCard: Any = Depends(_look_by_card, scope="function")
