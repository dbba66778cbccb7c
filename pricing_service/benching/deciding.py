"""`rung bench decide`: ``POST /v1/decisions`` against a no-op FastAPI route, by the same client in turns."""

from pricing_service.benching import baskets, load, servers
from pricing_service.benching.load import Target

DECIDE = "/v1/decisions"


def measure(seconds: float) -> dict:
    """Requests a second of both and their ratio, for the contract's basket; the ten-line basket's beside it."""
    small, large = baskets.body(baskets.CONTRACT), baskets.body(baskets.ten_lines())
    with servers.noop() as noop, servers.service() as (service, settings):
        token = settings.admin_token
        targets = {
            "noop": Target(noop, "/", small, token),
            "decide": Target(service, DECIDE, small, token),
            "ten": Target(service, DECIDE, large, token),
        }
        found = load.measure(targets, seconds / len(targets))
    rates = {name: figures["per_second"] for name, figures in found.items()}
    return {
        "noop_per_second": rates["noop"],
        "decide_per_second": rates["decide"],
        "ratio": round(rates["decide"] / rates["noop"], 3),
        "decide_p50_ms": found["decide"]["p50_ms"],
        "decide_p99_ms": found["decide"]["p99_ms"],
        "ten_lines_per_second": rates["ten"],
        "ten_lines_ratio": round(rates["ten"] / rates["noop"], 3),
    }
