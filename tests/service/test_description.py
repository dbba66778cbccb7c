"""The description of the API that is committed is the service's own; `test_contract` holds the service to it."""

import json
from pathlib import Path

from pricing_service.describe import document

COMMITTED = Path(__file__).parents[2] / "docs/openapi.json"
DESCRIPTION = json.loads(document())


def test_the_committed_description_is_the_services_own() -> None:
    assert COMMITTED.read_text() == document(), "python -m pricing_service.describe > docs/openapi.json"


def test_every_error_in_the_description_is_a_problem() -> None:
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            for status, told in operation["responses"].items():
                if int(status) >= 400:
                    assert list(told["content"]) == ["application/problem+json"], (method, path, status)
