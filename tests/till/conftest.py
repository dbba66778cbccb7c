"""What the hard tests share: a prepared service, and the image of a device, each made once."""

from pathlib import Path

import pytest

from firmware.build import build


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> tuple[Path, dict]:
    """(folder of a service with the sample shop, identity of its one till); copy the folder, never use it."""
    from tests.till.processes import prepared

    folder = tmp_path_factory.mktemp("shop") / "data"
    return folder, prepared(folder)


@pytest.fixture(scope="session")
def flash(tmp_path_factory) -> Path:
    """The flash image of a device."""
    return build(tmp_path_factory.mktemp("device") / "build")
