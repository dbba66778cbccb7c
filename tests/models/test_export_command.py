"""`rung export` on a service's database, on record lines, and on what is neither."""

import gzip
from pathlib import Path

import pytest

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


def test_the_record_lines_of_a_database_are_those_the_tills_sealed(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    settings = prepared(tmp_path / "data")
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    lines = sold(settings)
    for name in ("log.jsonl", "log.jsonl.gz"):
        assert export_command.export(["--records", str(tmp_path / name)]) == 0
        assert "3 record lines" in capsys.readouterr().out
    written = (tmp_path / "log.jsonl").read_bytes()
    assert sorted(written.splitlines()) == sorted(line.strip() for line in lines)
    assert gzip.decompress((tmp_path / "log.jsonl.gz").read_bytes()) == written
    assert dataset.from_jsonl(tmp_path / "log.jsonl")["heard"].values.tolist() == [1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "log.jsonl", "log.jsonl.gz"]


def test_records_of_no_database_leave_no_file_and_two_places_are_one_too_many(tmp_path: Path, capsys) -> None:
    place = ["--records", str(tmp_path / "out.jsonl")]
    assert export_command.export([*place, "--database", str(tmp_path / "none.db")]) == 1
    assert "none.db is no database of a service" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    for wrong in ([], [str(tmp_path / "folder"), *place], [*place, "--log", "log.jsonl"]):
        with pytest.raises(SystemExit, match="2"):
            export_command.export(wrong)


def test_a_file_of_something_else_is_said_to_be_so_once_and_how_to_make_the_right_one(
    tmp_path: Path, capsys
) -> None:
    (tmp_path / "wrong.jsonl").write_text('{"a": 1}\n' * 30)
    assert export_command.export([str(tmp_path / "out"), "--log", str(tmp_path / "wrong.jsonl")]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "wrong.jsonl is not a file of record lines" in said and "rung export --records" in said


def test_what_is_no_log_is_refused_with_a_reason(tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert export_command.export([str(tmp_path / "out"), "--log", str(tmp_path / "empty")]) == 1
    assert export_command.export([str(tmp_path / "out"), "--database", str(tmp_path / "none.db")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2 and all(told)
    assert not (tmp_path / "out").exists()
