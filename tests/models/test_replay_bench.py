"""The bench of the replay on small chains: what it writes, what it measures, that it notices a wrong belief."""

from pathlib import Path

import duckdb
import pytest

from models import big_log, replay_bench


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    big_log.write(folder, 2500, piece=1000)
    return folder


def test_a_chain_written_in_pieces_is_one_log_in_the_order_of_days(folder: Path) -> None:
    visits = duckdb.sql(f"SELECT customer, day FROM read_parquet('{folder}/visits.parquet')").fetchall()
    customers = [customer for customer, _ in visits]
    assert sorted(customers) == [customer for customer in range(2500) for _ in range(5)]
    assert [day for _, day in visits] == sorted(day for _, day in visits)
    assert len({customer // 1000 for customer in customers[:100]}) == 3  # the pieces are mixed
    tokens = duckdb.sql(f"SELECT token FROM read_parquet('{folder}/customers.parquet')").fetchall()
    assert len(set(tokens)) == 2500


def test_the_bench_tells_what_was_measured_and_checks_beliefs(folder: Path, monkeypatch) -> None:
    figures = replay_bench.measure(folder)
    assert (figures["customers"], figures["visits"]) == (2500, 12_500)
    assert 0 < figures["distinct_steps"] <= 12_500
    assert all(figures[name] > 0 for name in ("seconds", "memory_gb", "plain_python_us_a_visit"))
    monkeypatch.setattr(replay_bench.belief, "update", lambda model, weights, *_: weights)
    with pytest.raises(RuntimeError, match="not those that the core makes"):
        replay_bench.measure(folder)
