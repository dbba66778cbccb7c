"""`rung bench decide`: ``POST /v1/decisions`` against a no-op FastAPI route, by the same client in the same run."""

from statistics import median

from pricing_service.benching import baskets, load, servers

ROUNDS = 5  # taken in turns, so that a busy moment of the machine meets both


def measure(seconds: float) -> dict:
    """Requests a second of both and their ratio, for the contract's basket; the ten-line basket's beside it."""
    small, large = baskets.body(baskets.CONTRACT), baskets.body(baskets.ten_lines())
    slice_ = max(seconds / ROUNDS / 3, 0.2)
    found: dict[str, list[dict]] = {"noop": [], "decide": [], "ten": []}
    with servers.noop() as noop, servers.service() as (service, _):
        for _ in range(ROUNDS):
            found["noop"].append(load.measure(noop, "/", small, slice_))
            found["decide"].append(load.measure(service, "/v1/decisions", small, slice_))
            found["ten"].append(load.measure(service, "/v1/decisions", large, slice_))
    rates = {name: median(one["per_second"] for one in runs) for name, runs in found.items()}
    return {
        "noop_per_second": rates["noop"],
        "decide_per_second": rates["decide"],
        "ratio": round(median(_ratios(found, "decide")), 3),
        "decide_p99_ms": median(one["p99_ms"] for one in found["decide"]),
        "ten_lines_per_second": rates["ten"],
        "ten_lines_ratio": round(median(_ratios(found, "ten")), 3),
    }


def _ratios(found: dict[str, list[dict]], name: str) -> list[float]:
    """Each round against its own no-op."""
    return [
        ours["per_second"] / theirs["per_second"]
        for ours, theirs in zip(found[name], found["noop"], strict=True)
    ]
