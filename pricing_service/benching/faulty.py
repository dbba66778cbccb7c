"""``python -m pricing_service.benching.faulty``: `rung serve` that fails tills, once it is told how often.

``PUT /faults`` with a number from 0 to 1 sets which share of the tills' calls fail, by seeded chance: answered with 500
before or after the work was done and committed, cut off before or after, never answered before or after.
"""

import logging
import random

import structlog
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pricing_service import logs, serving
from pricing_service.app import create
from pricing_service.service import Service
from pricing_service.settings import Settings

TILLS = ("/v1/events", "/v1/snapshots/latest")
CONTROL = "/faults"
SEED = 6


class Faulty:
    """``app`` behind a bad connection."""

    def __init__(self, app: ASGIApp, chance: random.Random) -> None:
        self._app, self._chance = app, chance
        self._share = 0.0
        self._faults = (_refuse, _cut, _keep_silent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == CONTROL:
            self._share = float((await receive())["body"])
            return await PlainTextResponse(str(self._share))(scope, receive, send)
        is_struck = scope["type"] == "http" and scope["path"] in TILLS and self._chance.random() < self._share
        if not is_struck:
            return await self._app(scope, receive, send)
        fault = self._chance.choice(self._faults)
        if self._chance.random() < 0.5:
            await self._app(scope, receive, _swallow)
        await fault(scope, receive, send)


async def _swallow(message: Message) -> None:
    """The answer is lost on its way."""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fault", 500)(scope, receive, send)


async def _cut(scope: Scope, receive: Receive, send: Send) -> None:
    """The connection is reset. Only the server's own sender knows it."""
    send.__self__.transport.abort()  # pyright: ignore[reportFunctionMemberAccess]


async def _keep_silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Until the till loses patience."""
    while (await receive())["type"] != "http.disconnect":
        pass


def main() -> None:
    settings = Settings()
    logs.configure()
    listening = serving.listen(settings.service_host, settings.service_port)
    app = Faulty(create(Service(settings, apart=True)), random.Random(SEED))
    web = uvicorn.Server(uvicorn.Config(app, **serving.options()))
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a fault is no news here
    structlog.get_logger("rung.service").info("listening", port=listening.getsockname()[1])
    serving.settle_memory()
    web.run(sockets=[listening])


if __name__ == "__main__":
    main()
