"""Every error is problem+json with a code, a sentence and the request's id."""

import http.client
import socket
import time

import pytest
import structlog
from structlog.testing import LogCapture

from pricing_service import errors
from pricing_service.security import device_key, signed_now
from pricing_service.settings import Settings
from tests.service.places import Client, listening

CASES = [
    ("GET", "/nowhere", None, 404, "not-found"),
    ("DELETE", "/v1/decisions", None, 405, "method-not-allowed"),
    ("GET", "/v1/decisions", None, 405, "method-not-allowed"),
    ("POST", "/livez", b"", 405, "method-not-allowed"),
    ("POST", "/v1/decisions", b"not json", 400, "not-json"),
    ("POST", "/v1/decisions", b"[1]", 400, "not-an-object"),
    ("POST", "/v1/decisions", b"[" * 100_000, 400, "not-json"),
    ("POST", "/v1/decisions", b"{}", 400, "missing-field"),
    ("POST", "/v1/decisions", b'{"currency":"EUR","lines":[],"age":30}', 400, "unknown-field"),
    ("POST", "/v1/decisions", b'{"currency":"EUR","lines":[],"queue":NaN}', 400, "not-an-integer"),
    ("POST", "/v1/decisions", b'{"currency":"EUR","lines":[],"checkout_id":7}', 400, "not-text"),
    ("POST", "/v1/events", b"{}", 401, "signature-needed"),
    ("GET", "/v1/snapshots/latest?last=x", None, 401, "signature-needed"),
    ("GET", "/v1/customers/short", None, 422, "invalid-request"),
    ("GET", "/v1/customers/" + "0" * 64, None, 404, "unknown-customer"),
    ("GET", "/v1/discounts/nothing", None, 404, "unknown-discount"),
    ("GET", "/v1/discounts?limit=0", None, 422, "invalid-request"),
    ("GET", "/v1/discounts?limit=99999999999999999999", None, 422, "invalid-request"),
    ("GET", "/web/nothing.js", None, 404, "not-found"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    from tests.service.places import prepared

    settings = prepared(tmp_path_factory.mktemp("problems")).model_copy(update={"most_body": 200_000})
    with listening(settings) as port:
        yield Client(port, settings.admin_token), settings, port


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), CASES)
def test_an_error_is_a_problem(shared, method: str, path: str, body: bytes, status: int, code: str) -> None:
    answer = shared[0].ask(method, path, body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.body
    )
    problem = answer.json
    assert problem["code"] == code
    assert problem["type"] == "urn:rung:problem:" + code
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"{'id': 1}", "a name in double quotes is missing"),
        (b'{"id": "a"\n "rate": 1}', "in line 2 at character 2, a comma or a closing bracket is missing"),
        (b'{"id" "a"}', "a colon is missing"),
        (b'{"id": a}', "a value is missing or has no double quotes"),
        (b'{"id": "a"} x', "the object has ended, and more follows"),
        (b'{"id": "a}', "never closed"),
        (b'{"id": 1,}', "a comma behind the last member"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b'{"id": ' + b"9" * 5000 + b"}", "too long a number"),
        (b"[1]", "Send a JSON object"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/discounts"])
def test_what_is_not_json_is_told_in_words(shared, path: str, body: bytes, words: str) -> None:
    refused = shared[0].ask("POST", path, body, content_type="application/json", **shared[0].admin)
    assert refused.status == 400
    assert words in refused.json["detail"], refused.json["detail"]


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/events", "/v1/discounts"])
def test_who_hangs_up_while_sending_is_no_error_of_ours(
    shared, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = LogCapture()
    monkeypatch.setattr(errors, "log", structlog.wrap_logger(None, processors=[kept]))
    line = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    headers = {
        "Authorization": shared[0].admin["authorization"],
        **signed_now(device_key(shared[1].master_key, "till-1", 1), "till-1", 1, "POST", path),
    }
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", shared[2])) as till:
        till.sendall(f"{line}{told}\r\n{{".encode())
        time.sleep(0.2)
    hung, until = [], time.monotonic() + 120
    while not hung and time.monotonic() < until:
        time.sleep(0.1)
        hung = [line for line in kept.entries if line["event"] == "caller hung up"]
    (line,) = hung
    assert (line["log_level"], line["route"]) == ("info", path)
    told = [other for other in kept.entries if other["request_id"] == line["request_id"]]
    assert told == [line], "one quiet line, no refusal and no traceback"


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/events", "/v1/discounts"])
def test_a_body_that_announces_too_much_is_not_read(shared, path: str) -> None:
    client = Client(shared[2], shared[1].admin_token)
    answer = client.ask("POST", path, b"x" * 200_001, **client.admin)
    assert (answer.status, answer.json["code"]) == (413, "body-too-large")
    client.close()


def test_a_body_that_never_says_how_long_it_is_is_stopped(shared) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared[2], timeout=120)
    connection.request(
        "POST",
        "/v1/decisions",
        (b"x" * 50_000 for _ in range(8)),
        encode_chunked=True,
        headers={"transfer-encoding": "chunked", **shared[0].admin},
    )
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    connection.close()


def test_what_nobody_foresaw_is_a_problem_too(shared, monkeypatch: pytest.MonkeyPatch) -> None:
    from pricing_service import rule_store

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(rule_store.Book, "page", breaks)
    answer = shared[0].ask("GET", "/v1/discounts")
    assert (answer.status, answer.json["code"]) == (500, "internal-error")
    assert b"secret" not in answer.body
    assert answer.json["request_id"] == answer.headers["x-request-id"]


def test_the_documentation_asks_no_other_host(shared) -> None:
    page = shared[0].ask("GET", "/docs")
    assert page.status == 200
    assert b"http://" not in page.body and b"https://" not in page.body
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for path in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert shared[0].ask("GET", "/web/vendor/swagger-ui-dist/" + path).status == 200
    assert shared[0].ask("GET", "/web/docs.js").status == 200


def test_a_service_without_its_schema_says_what_to_do(tmp_path) -> None:
    from pricing_service.service import Service
    from pricing_service.settings import create_secrets

    create_secrets(tmp_path)
    with pytest.raises(SystemExit, match="rung serve --migrate"):
        Service(Settings(data=tmp_path))


def test_a_service_without_its_secrets_says_what_to_do(tmp_path) -> None:
    from pricing_service.service import Service

    with pytest.raises(SystemExit, match="No secret at"):
        Service(Settings(data=tmp_path))


@pytest.mark.parametrize("path", ["/livez", "/v1/policies", "/v1/nothing-here", "/sign-in", "/docs"])
def test_every_answer_tells_a_browser_to_be_careful(shared, path: str) -> None:
    headers = shared[0].ask("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "object-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-store" in headers["cache-control"]
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers  # plain HTTP: a browser would not believe it


def test_behind_a_proxy_that_speaks_tls_browsers_are_told_to_stay_there(shared) -> None:
    answer = shared[0].ask("GET", "/livez", x_forwarded_proto="https", x_forwarded_for="192.0.2.7")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/policies", "GET, POST"),
        ("/v1/policies/p1", "DELETE, GET, PUT"),
        ("/v1/people/me", "GET"),
        ("/v1/people/ann", "PATCH"),
        ("/v1/decisions", "POST"),
    ],
)
def test_a_method_that_is_not_to_be_had_is_told_all_that_are(shared, path: str, methods: str) -> None:
    assert shared[0].ask("OPTIONS", path).headers["allow"] == methods


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_methods_nobody_needs_are_refused(shared, method: str) -> None:
    assert shared[0].ask(method, "/v1/policies").status in (400, 404, 405)
