from collections.abc import Iterator
from pathlib import Path

import pytest

from pricing_service import logs
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening, prepared

logs.configure()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepared(tmp_path / "data", devices=2)


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        yield client
        client.close()


@pytest.fixture
def pen(settings: Settings) -> Pen:
    return Pen(settings)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    yield database
    database.close()
