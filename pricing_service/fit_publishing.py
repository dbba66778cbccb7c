"""Publishing a fit: a release is made of what passed every check of the gate, against what it takes the place of."""

import json

from sqlalchemy import Connection

from pos_client.core.record import OutOfTurn
from pricing_service import fit_store, prior_store, release_store
from pricing_service.fit_store import Fit
from pricing_service.release_store import Release


def publish(connection: Connection, fit_id: str, by: str, note: str) -> Release:
    """Make a release of a fit that passed, and ask that it be in force.

    Asked again, it is the same release; one that failed to come into force is asked for again. One that gave way to
    another does not come back by this: whoever repeats a request must not undo a rollback. Raises `OutOfTurn`.
    """
    fit = fit_store.get(connection, fit_id)
    made = release_store.of_fit(connection, fit_id)
    if made is None:
        _require_passed(connection, fit)
    elif not release_store.has_failed(connection, made.number):
        _require_latest(connection, made.number)
        return made
    _require_comparison(connection, fit)
    made = made or _released(connection, fit, by, note)
    release_store.ask(connection, made.number, "publish", by, note)
    return made


def _require_passed(connection: Connection, fit: Fit) -> None:
    """The gate: nothing becomes a release but what passed every check."""
    if fit.state != "passed" or fit.model is None or fit.weak:
        raise OutOfTurn("fit-not-passed", f"Only a fit that passed is published: {_why_not(fit)}")
    if fit.prior and prior_store.get(connection, fit.prior).publication is None:
        detail = f"The fit {fit.id} started from the prior {fit.prior}, which is not published: publish that first."
        raise OutOfTurn("prior-not-published", detail)


def _require_latest(connection: Connection, number: int) -> None:
    expected = release_store.expected(connection)
    if expected != number:
        detail = (
            f"Release {number} was published already, and release {expected} came after it:"
            f" to bring it back, use POST /v1/releases/{number}/rollback."
        )
        raise OutOfTurn("release-past", detail)


def _require_comparison(connection: Connection, fit: Fit) -> None:
    """Passing means, too: not worse than what it takes the place of."""
    expected = release_store.expected(connection)
    if fit.against != expected:
        detail = (
            f"The fit {fit.id} was compared with release {fit.against}, and now it is {expected}: fit again."
        )
        raise OutOfTurn("release-changed", detail)


def _released(connection: Connection, fit: Fit, by: str, note: str) -> Release:
    assert fit.model is not None
    fit_store.note_published(connection, fit.id)
    error = (json.loads(fit.summary) if fit.summary else {}).get("table_error")
    kept = None if error is None else json.dumps(error)
    return release_store.add(connection, fit.id, fit.model, kept, by, note)


def _why_not(fit: Fit) -> str:
    if fit.weak:
        return f"{fit.id} was made with weakened priors, to compare with."
    if fit.state == "rejected" and fit.verdict:
        missed = [check["name"] for check in json.loads(fit.verdict)["checks"] if not check["passed"]]
        return f"{fit.id} was rejected by the gate ({', '.join(missed)}); see GET /v1/fits/{fit.id}/report."
    return f"{fit.id} is {fit.state}."
