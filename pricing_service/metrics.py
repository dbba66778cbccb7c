"""What the service counts. Labels are routes, codes and store names: never a customer, never a card."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import Scope

registry = CollectorRegistry()
_seconds = Histogram(
    "rung_request_seconds",
    "Time from request to answer",
    ("route", "method", "status"),
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=registry,
)
events = Counter("rung_events_total", "Record lines by what became of them", ("fate",), registry=registry)
tills_waiting = Gauge("rung_tills_waiting", "Requests of tills that wait for their turn", registry=registry)
turned_away = Counter(
    "rung_tills_turned_away_total", "Requests of tills refused because too many waited", registry=registry
)
quarantined = Counter(
    "rung_quarantined_total", "Record lines not taken into the log", ("code",), registry=registry
)
snapshot_version = Gauge("rung_snapshot_version", "Version of the snapshot in force", registry=registry)
snapshot_seconds = Gauge("rung_snapshot_build_seconds", "Time the last build took", registry=registry)
snapshot_bytes = Gauge("rung_snapshot_bytes", "Size of the snapshot in force", registry=registry)
decisions = Counter("rung_decisions_total", "Decisions answered", ("state",), registry=registry)
distrusted = Gauge(
    "rung_distrusted_sources",
    "Cashiers and tills whose records teach nothing now",
    ("kind",),
    registry=registry,
)
fits_queued = Gauge("rung_fits_queued", "Fits that wait for the worker", registry=registry)
worker_seen = Gauge(
    "rung_worker_seen_timestamp_seconds",
    "When a worker last looked after the queue, Unix time; 0: never",
    registry=registry,
)
firmware_expires = Gauge(
    "rung_firmware_expires_timestamp_seconds",
    "When what tills are told of firmware has to be signed anew",
    ("role",),
    registry=registry,
)
disk_free = Gauge(
    "rung_disk_free_bytes", "What may still be written on the disk of the database", registry=registry
)
failed_writes = Counter(
    "rung_failed_writes_total",
    "Writes that the database did not keep, by cause",
    ("code",),
    registry=registry,
)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

_states: dict[str, Counter] = {}
_children: dict[tuple[str, str, int], Histogram] = {}


def observe(scope: Scope, status: int, seconds: float) -> None:
    """Count one request under its route's template, so that ids in paths do not multiply the series."""
    route = scope.get("route")
    key = (getattr(route, "path", "unmatched"), scope["method"], status)
    child = _children.get(key)
    if child is None:
        method = key[1] if key[1] in METHODS else "other"
        child = _children[key] = _seconds.labels(key[0], method, str(status))
    child.observe(seconds)


def write_failed(code: str) -> None:
    """Count one write that was not kept."""
    failed_writes.labels(code).inc()


def decided(state: str) -> None:
    """Count one decision by the state it began in."""
    child = _states.get(state)
    if child is None:
        child = _states[state] = decisions.labels(state)
    child.inc()
