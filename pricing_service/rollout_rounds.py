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
    """A round. It writes only where a rollout is under way."""
    with service.database.reading() as connection:
        is_needed = bool(rollout_store.unsettled(connection))
    if is_needed:
        service.writer.submit(lambda to: rollout_deeds.settle(to, now, service.hearing)).result()
