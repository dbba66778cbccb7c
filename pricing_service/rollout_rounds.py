"""Once a minute the time is carried into rollouts: who fell silent has failed, groups are over."""

import asyncio
import time

import structlog

from pricing_service import rollout_deeds, rollout_store
from pricing_service.service import Service

SECONDS = 60
log = structlog.get_logger("rung.service")


async def rounds(service: Service, seconds: float = SECONDS) -> None:
    """For as long as the service runs."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(one, service, int(time.time()))
        except Exception as trouble:  # whatever it is, the next round must come: nobody else finds the silent
            log.error("rollouts not settled", error=type(trouble).__name__)


def one(service: Service, now: int) -> None:
    """A round. It writes only where a rollout is under way; one that cannot be settled holds up no other."""
    with service.database.reading() as connection:
        names = rollout_store.unsettled(connection)
    for name in names:
        try:
            service.writer.submit(
                lambda to, name=name: rollout_deeds.settle(to, name, now, service.hearing)
            ).result()
        except Exception as trouble:
            log.error("rollout not settled", rollout=name, error=type(trouble).__name__)
