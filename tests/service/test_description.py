"""The API is what its description says: the committed file, and thousands of requests made up from it."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis import checks
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation

from pricing_service.describe import document
from tests.service.places import listening, prepared

COMMITTED = Path(__file__).parents[2] / "docs/openapi.json"
DESCRIPTION = json.loads(document())


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: object, value: object) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


# A stale or missing If-Match is refused before the rest is read: 412 turns a bad request away as well as 400 does.
REFUSALS = ["400", "401", "404", "405", "406", "409", "412", "413", "415", "422", "428"]
# All kinds of discounts at once take minutes to make requests of; test_rule_schema holds each to its reader.
ONE_KIND = {"$ref": "#/components/schemas/Discount_percent"}
COMPONENTS = DESCRIPTION["components"]
# So does a prior with all its parameters; test_priors holds the schema to the reader.
FEW_MEMBERS = {
    name: {
        **COMPONENTS["schemas"][name],
        "properties": {member: COMPONENTS["schemas"][name]["properties"][member] for member in members},
    }
    for name, members in {
        "Priors": ("declaration", "name", "words", "mu", "half_life"),
        "PriorWords": ("need", "half_life_days"),
    }.items()
}
LIGHTER = {**COMPONENTS, "schemas": {**COMPONENTS["schemas"], "Discount": ONE_KIND, **FEW_MEMBERS}}
schema = schemathesis.openapi.from_dict(
    {**DESCRIPTION, "components": LIGHTER},
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    ),
)


def test_the_committed_description_is_the_services_own() -> None:
    assert COMMITTED.read_text() == document(), "python -m pricing_service.describe > docs/openapi.json"


def test_every_error_in_the_description_is_a_problem() -> None:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            for status, told in operation["responses"].items():
                if int(status) >= 400:
                    assert list(told["content"]) == ["application/problem+json"], (method, path, status)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    given = prepared(tmp_path_factory.mktemp("described"))
    with listening(given) as port:
        yield f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {given.admin_token}"}


def _spoils_headers(case: schemathesis.Case) -> bool:
    """Whether this case is about a header that is wrong or missing: to add the token would mend it."""
    header = case.meta and case.meta.components.get(ParameterLocation.HEADER)
    return bool(header and header.mode.is_negative)


# A watched fit is told of until it ends, and here nobody makes it.
@schema.exclude(path="/v1/fits/{fit_id}/progress").parametrize()
@hypothesis_settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
def test_the_service_answers_as_described(case: schemathesis.Case, service: tuple) -> None:
    base, headers = service
    answer = case.call(base_url=base, headers={} if _spoils_headers(case) else headers)
    case.validate_response(
        answer,
        checks=[
            not_a_server_error,
            checks.CHECKS.get_one("status_code_conformance"),
            checks.CHECKS.get_one("content_type_conformance"),
            checks.CHECKS.get_one("response_schema_conformance"),
            checks.CHECKS.get_one("negative_data_rejection"),
        ],
    )
    if answer.status_code >= 400:
        assert answer.headers["content-type"][0] == "application/problem+json"
        assert json.loads(answer.content)["request_id"]
