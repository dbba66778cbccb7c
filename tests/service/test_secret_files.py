"""Secrets that several processes make at once, or that a power cut interrupts, are one secret or none."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pricing_service import secret_files
from pricing_service.tombstones import KEY, Macs

TOGETHER = 8


def test_processes_that_start_together_name_an_erased_customer_alike(tmp_path: Path) -> None:
    for attempt in range(20):
        folder, ready = tmp_path / str(attempt), Barrier(TOGETHER)
        folder.mkdir()

        def name(folder: Path = folder, ready: Barrier = ready) -> str:
            ready.wait()
            return Macs(folder).of("token")

        with ThreadPoolExecutor(TOGETHER) as pool:
            assert len({each.result() for each in [pool.submit(name) for _ in range(TOGETHER)]}) == 1
        assert [path.name for path in folder.iterdir()] == [KEY]


def test_a_key_that_is_not_whole_is_never_used(tmp_path: Path) -> None:
    (tmp_path / KEY).touch()
    with pytest.raises(SystemExit, match="not whole"):
        Macs(tmp_path)


def test_a_secret_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    secret_files.make(tmp_path / "key", "first")
    secret_files.make(tmp_path / "key", "second")
    assert (tmp_path / "key").read_text() == "first"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
