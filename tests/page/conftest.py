"""A real Chromium before a real till; the till's service is unreachable unless a test says otherwise."""

import shutil
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pos_client.starting import Limits, assembled
from tests.fakes import HandClock, MemoryStorage
from tests.page.cashier import Cashier
from tests.page.visiting import Place, visiting
from tests.till.counter import IDENTITY, RULES, Served, serving, signed_snapshot

expect.set_options(timeout=60_000)  # ms: the slowest machine still passes
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LIMITS = Limits(
    body=1 << 18,
    displays=8,
    opened=8,
    closed=16,
    sales=1000,
    batch=1 << 16,
    segment=1 << 17,
    kept=1 << 20,
    snapshot=1 << 20,
)


# No wider than this package: while Playwright is open, its event loop runs in this thread, and asyncio.run() refuses.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: sh requirements/browser.sh installs it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage({"snapshot": bytearray(signed_snapshot(RULES))})


@pytest.fixture
def place(storage: MemoryStorage) -> Iterator[Served]:
    """A whole till, its sync running against a service that is not there."""
    identity = {**IDENTITY, "service": f"http://127.0.0.1:{closed_port()}"}
    server, sync = assembled(identity, storage, HandClock(), lambda below: 0, LIMITS)
    with serving(server, sync.run()) as at:
        yield at


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that fails the test on any script error and on any request to another host."""
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="en-GB")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request", lambda request: faults.append(request.url) if "//127.0.0.1:" not in request.url else None
    )
    yield opened
    context.close()
    assert faults == []


@pytest.fixture
def cashier(place: Served, page: Page) -> Cashier:
    """In this order, so that the browser hangs up before its till ends: it connects anew at the worst moment."""
    return Cashier(page, place)


@pytest.fixture
def visitor(browser: Browser, service: Place) -> Iterator[Page]:
    """Somebody without a session before the service of the module's own fixture ``service``."""
    with visiting(browser, service, {}) as page:
        yield page


@pytest.fixture
def reader(browser: Browser, service: Place) -> Iterator[Page]:
    """Somebody who has the administrator's token."""
    with visiting(browser, service, service.administrator) as page:
        yield page
