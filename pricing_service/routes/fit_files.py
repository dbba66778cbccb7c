"""What a fit leaves: its report, its figures, and the file that a notebook opens with ArviZ."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse

from pos_client.core.record import Unknown
from pricing_service import fit_queue
from pricing_service.openapi import problems
from pricing_service.routes.access import Running, needs
from pricing_service.routes.fits import existing

router = APIRouter(prefix="/v1/fits", tags=["fits"], dependencies=[needs("fits:read")])
Existing = Annotated[str, Depends(existing)]
Figure = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,60}\.(svg|png)$")]
# The report is one file with its own style and pictures, and asks nobody for anything.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


def _content(kind: str) -> dict[int | str, dict]:
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


@router.get(
    "/{fit_id}/report",
    summary="The gate's report",
    operation_id="report-of-fit",
    response_class=FileResponse,
    responses=_content("text/html; charset=utf-8") | problems(404, 422),
)
def report(running: Running, fit_id: Existing) -> FileResponse:
    """A page for people: what was checked, with figures; the same for programs is the `verdict` of the fit."""
    headers = {"content-security-policy": REPORT_POLICY}
    return _file(running, fit_id, "report.html", "text/html; charset=utf-8", headers=headers)


@router.get(
    "/{fit_id}/file",
    summary="The fit as an ArviZ file",
    operation_id="file-of-fit",
    response_class=FileResponse,
    responses=_content("application/x-netcdf") | problems(404, 422),
)
def file(running: Running, fit_id: Existing) -> FileResponse:
    """NetCDF (HDF5): `arviz.from_netcdf("fit.nc")` opens it. A part of it can be asked for with `Range`."""
    return _file(running, fit_id, "fit.nc", "application/x-netcdf", filename=f"{fit_id}.nc")


@router.get(
    "/{fit_id}/figures/{name}",
    summary="One figure of the report",
    operation_id="figure-of-fit",
    response_class=FileResponse,
    responses=_content("image/svg+xml") | problems(404, 422),
)
def figure(running: Running, fit_id: Existing, name: Figure) -> FileResponse:
    """As SVG or PNG, by the name it has in the report."""
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return _file(running, fit_id, name, kind)


def _file(running: Running, fit_id: str, name: str, kind: str, **more) -> FileResponse:
    path = fit_queue.folder(running.settings, fit_id) / name
    if not path.is_file():
        raise Unknown(
            "no-such-file",
            f"The fit {fit_id} has not left a {name}, or not yet: its `state` says whether it goes on.",
        )
    return FileResponse(path, media_type=kind, **more)
