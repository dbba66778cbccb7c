"""What the machines that watch this service ask, and the documentation page."""

from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from pricing_service import disk, firmware_state, fit_queue, fit_store, metrics, migrating
from pricing_service.openapi import problems
from pricing_service.problem import Problem
from pricing_service.routes.access import PUBLIC, Running

WEB = Path(__file__).parent.parent / "web"
router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    status: str = "alive"


class Ready(BaseModel):
    status: str = "ready"
    snapshot: int
    disk_free_bytes: int
    trouble: str | None = Field(
        description="Why the last write was not kept, such as disk-full; decisions go on. Null once one is kept again."
    )


@router.get("/livez", summary="Does the process answer", response_model=Alive, openapi_extra=PUBLIC)
async def livez() -> Alive:
    """The process answers."""
    return Alive()


@router.get(
    "/readyz",
    summary="Can it do its work",
    response_model=Ready,
    responses=problems(503),
    openapi_extra=PUBLIC,
)
def readyz(running: Running) -> Ready:
    """The database is of this version and answers; there is a snapshot to decide from.

    A disk that is full or fails stops the learning only, so it is told here and in ``/metrics``, and is no 503: whoever
    takes this service out of rotation for it would take its decisions away as well.
    """
    try:
        current = migrating.is_current(running.database)
        running.writer.submit(lambda connection: None).result(timeout=5)
    except Exception as trouble:
        raise Problem(
            503, "database-unavailable", "The database does not answer: look at disk and file."
        ) from trouble
    if not current:
        raise Problem(503, "database-version", "Run the migrations: `rung serve --migrate`.")
    free = disk.free_bytes(running.settings.data)
    return Ready(snapshot=running.decider.version, disk_free_bytes=free, trouble=running.writer.trouble)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    openapi_extra=PUBLIC,
)
def numbers(running: Running) -> Response:
    """Prometheus text; no customer appears in it."""
    metrics.disk_free.set(disk.free_bytes(running.settings.data))
    metrics.worker_seen.set(fit_queue.looked(running.settings) or 0)
    with (
        suppress(SQLAlchemyError),
        running.database.reading() as connection,
    ):  # the other figures are told anyway
        metrics.fits_queued.set(fit_store.queued(connection))
        for role, until in firmware_state.told(connection).expires.items():
            metrics.firmware_expires.labels(role).set(until)
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def install_docs(app: FastAPI) -> None:
    """``/docs`` from files of our own: no other host is asked."""
    page = (WEB / "docs.html").read_text()
    app.mount("/web", StaticFiles(directory=WEB), name="web")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page)
