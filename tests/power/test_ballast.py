"""The room that a service keeps for its start on a full disk; `full_day` uses it up."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from pos_client.claim import Unusable
from pricing_service import ballast


def test_where_there_is_room_the_ballast_is_made_whole_and_stays_in_place(tmp_path):
    with ballast.dropped(tmp_path):
        assert not (tmp_path / "ballast").exists()
    first = (tmp_path / "ballast").read_bytes()
    with ballast.dropped(tmp_path):
        assert (tmp_path / "ballast").read_bytes() == first
    assert len(first) == ballast.BYTES
    (tmp_path / "ballast").write_bytes(first[:1000])
    with ballast.dropped(tmp_path):
        pass
    assert len((tmp_path / "ballast").read_bytes()) == ballast.BYTES


@pytest.mark.parametrize(
    ("name", "told"), [("SQLITE_FULL", "its disk is full"), ("SQLITE_IOERR_SHMSIZE", "its disk fails")]
)
def test_a_start_that_finds_no_room_says_what_to_do_and_other_trouble_is_told_as_it_is(tmp_path, name, told):
    refusal = sqlite3.OperationalError("refused")
    refusal.sqlite_errorname = name
    with pytest.raises(Unusable, match=told + r".*Make room and start again"), ballast.dropped(tmp_path):
        raise OperationalError("a statement", None, refusal)
    refusal.sqlite_errorname = "SQLITE_ERROR"
    with pytest.raises(OperationalError), ballast.dropped(tmp_path):
        raise OperationalError("a statement", None, refusal)
