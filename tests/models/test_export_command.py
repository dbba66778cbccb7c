"""`rung export` on a service's database, on record lines, and on what is neither."""

from pathlib import Path

from models import dataset, export_command
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening, prepared


def sold(settings: Settings) -> list[bytes]:
    pen = Pen(settings)
    lines = [
        pen.write(),
        pen.write(("asked_more", "accepted"), card="another"),
        pen.write(("skipped",), card=None),
    ]
    with listening(settings) as port:
        client = Client(port)
        assert pen.send(client, lines).status == 200
        client.close()
    return lines


def test_a_database_and_its_records_export_the_same_visits(tmp_path: Path, monkeypatch, capsys) -> None:
    settings = prepared(tmp_path / "data")
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    (tmp_path / "records.jsonl").write_bytes(b"\n".join(sold(settings)))
    assert export_command.export([str(tmp_path / "one")]) == 0
    assert export_command.export([str(tmp_path / "two"), "--log", str(tmp_path / "records.jsonl")]) == 0
    assert "3 records" in capsys.readouterr().out
    one, two = (dataset.from_parquet(tmp_path / name) for name in ("one", "two"))
    assert one["heard"].values.tolist() == two["heard"].values.tolist() == [1, 2]
    assert one["token"].values.tolist() == two["token"].values.tolist()


def test_what_is_no_log_is_refused_with_a_reason(tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert export_command.export([str(tmp_path / "out"), "--log", str(tmp_path / "empty")]) == 1
    assert export_command.export([str(tmp_path / "out"), "--database", str(tmp_path / "none.db")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2 and all(told)
    assert not (tmp_path / "out").exists()
