"""The web application: routes around a running service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.routing import Route

from pricing_service import errors, openapi
from pricing_service.edge import Edge
from pricing_service.rollout_rounds import rounds
from pricing_service.routes import (
    attention,
    attention_page,
    audit,
    audit_page,
    customers,
    decision_replays,
    decisions,
    devices,
    enrolments,
    events,
    experiments,
    experiments_page,
    explanations,
    firmware,
    firmware_files,
    firmware_reports,
    firmware_tills,
    fit_files,
    fits,
    fleet_page,
    leases,
    oidc_page,
    operations,
    people,
    priors,
    privacy,
    readouts,
    releases,
    rollouts,
    rules,
    second_person,
    segments,
    segments_page,
    sessions,
    sign_in_page,
    snapshots,
    standing,
    trust,
    trust_page,
    turnover,
)
from pricing_service.routes.device_access import is_signed
from pricing_service.service import Service
from pricing_service.turns import Turns

THREADS = 8  # routes that read the database run here; more would only wait for each other


def create(service: Service) -> Edge:
    """The whole web application around ``service``, which it closes when it ends."""
    decide = decisions.application(service)
    app = framework()
    app.state.service = service
    app.router.routes.append(
        Route(decisions.PATH, decide, methods=["POST"])
    )  # for the answer to other methods
    turns = Turns(app, partial(is_signed, service.master_key))
    return Edge(turns, service.settings.most_body, {("POST", decisions.PATH): decide})


def framework() -> FastAPI:
    """What is served through FastAPI, still without a service; the API's description is derived from it."""
    app = FastAPI(
        title="Rung",
        summary="Takes the tills' records, learns, and publishes what tills decide from.",
        version=_version(),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    # Not `include_router`: with its first request it would make each route once more, a tenth of a second.
    app.router.routes.extend(route for router in _routers() for route in router.routes)
    sign_in_page.install(app)
    operations.install_docs(app)
    app.openapi = lambda: openapi.describe(app)
    return app


def _routers() -> list[APIRouter]:
    """What is answered, first come first served."""
    return [
        *(events.router, snapshots.router, rules.discounts(), rules.policies()),
        *(experiments.router, experiments_page.router, readouts.router, turnover.router),
        *(priors.router, fits.router, fit_files.router, releases.router),
        *(attention.router, attention_page.router, segments.router, segments_page.router),
        *(enrolments.router, devices.router, operations.router, standing.router, leases.router),
        *(firmware.router, firmware_files.router),
        *(customers.router, privacy.router, explanations.router),
        *(audit.router, audit_page.router, decision_replays.router),
        *(sessions.router, people.router, sign_in_page.router, second_person.router, oidc_page.router),
        *(trust.router, trust_page.router),
        *(firmware_reports.router, firmware_tills.router, rollouts.router, fleet_page.router),
    ]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    service = app.state.service
    tasks = [
        asyncio.create_task(work)
        for work in (service.follow(), service.relearn(), service.follow_people(), rounds(service))
    ]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await asyncio.to_thread(app.state.service.close)


def _version() -> str:
    try:
        return version("rung")
    except PackageNotFoundError:  # run from a folder that is not installed
        return "0"
