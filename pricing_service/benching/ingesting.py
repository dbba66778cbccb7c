"""`rung bench ingest`: signed batches of records into the log, over HTTP, beliefs and commit included."""

from pricing_service.benching import servers
from pricing_service.benching.selling import Till

BATCH = 250
CUSTOMERS = 1000


def measure(seconds: float) -> dict:
    """Records and reactions a second that were acknowledged, one batch after another."""
    with servers.service() as (port, settings):
        till, spent = Till(settings, port, CUSTOMERS), 0.0
        while spent < seconds:
            spent += till.sell(BATCH)
    return {
        "records_per_second": round(till.handed_in / spent),
        "reactions_per_second": round(till.reactions / spent),
        "records": till.handed_in,
        "batch": BATCH,
    }
