"""A file is read as it says, or refused by the line that is wrong."""

import numpy as np
import pytest

from models import survey
from models.survey import BadSurvey
from tests.models.thresholds import surveys

INF = np.inf


def test_answers_are_bounds():
    read = surveys.of("""bid1,R1,bid2,R2
        10,1,20,1
        10,1,20,0
        10,0,5,1
        10,0,5,0
        10,1,,
        10.5,0.0,,""")
    assert read.lows.max(axis=1).tolist() == [20, 10, 5, -INF, 10, -INF]
    assert read.highs.min(axis=1).tolist() == [INF, 20, 10, 5, INF, 10.5]
    assert read.respondents == 6


def test_an_empty_end_is_unbounded():
    read = surveys.of("lower,upper,count\n1,2,3\n,4,1\n-5,,2.5")
    assert read.lows.tolist() == [[1], [-INF], [-5]]
    assert read.highs.tolist() == [[2], [4], [INF]]
    assert read.respondents == 6.5


def test_who_was_counted_zero_times_is_not_there():
    assert surveys.of("bid1,R1,count,x\n3,1,0,5\n4,0,2,1\n4,1,1,2", "x").covariates.tolist() == [[1], [2]]


def test_a_file_is_read_with_a_mark_of_utf_8_and_with_blanks(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_bytes("\ufeffbid1,R1\r\n 3 , 1\r\n\r\n4,0\r\n".encode())
    assert survey.load(path).lows[:, 0].tolist() == [3, -INF]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bid1,R1", "no rows"),
        ("price,answer\n3,1", "this file has price, answer"),
        ("bid1,R1,lower,upper\n3,1,2,4", "not both"),
        ("bid1,R1,bid2\n3,1,4", "of bid2 and R2"),
        ("bid1,R1,R1\n3,1,1", "same name"),
        ("bid1,R1\n3,1\n4", "line 3: the header has 2 columns"),
        ("bid1,R1\n3,1,9", "line 2: the header has 2 columns"),
        ("bid1,R1\n3,1\n4,maybe", "line 3: R1 must be a finite number"),
        ("bid1,R1\n3,2", "line 2: R1 must be 0 or 1"),
        ("bid1,R1\n3,", "line 2: bid1 and R1 must not be empty"),
        ("bid1,R1\n1e999,1", "line 2: bid1 must be a finite number, not '1e999'"),
        ("bid1,R1\nnan,1", "line 2: bid1 must be a finite number"),
        ("bid1,R1,bid2,R2\n10,1,5,0", "line 2: the two answers contradict each other"),
        ("bid1,R1,bid2,R2\n10,0,10,1", "line 2: the two answers contradict each other"),
        ("bid1,R1,bid2,R2\n10,1,,1", "line 2: R2 must be 0 or 1 and have a bid2"),
        ("lower,upper\n5,5", "line 2: lower must be below upper"),
        ("lower,upper\n5,inf", "line 2: upper must be a finite number"),
        ("bid1,R1,count\n3,1,-1", "line 2: count must be 0 or more"),
        ("bid1,R1,count\n3,1,", "line 2: count must be 0 or more, and not empty"),
        ("bid1,R1,count\n3,1,0", "every count is 0"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(text, says):
    with pytest.raises(BadSurvey, match=says.replace("[", r"\[")):
        surveys.of(text)


@pytest.mark.parametrize(
    ("covariates", "says"),
    [
        (("z",), "there is no column z"),
        (("x", "x"), "named twice"),
        (("x",), "line 3: the covariate x has no value"),
        (("same",), "'7' in every line"),
        (("endless",), "endless must be finite"),
    ],
)
def test_a_wrong_covariate_is_named(covariates, says):
    with pytest.raises(BadSurvey, match=says):
        surveys.of("bid1,R1,x,same,endless\n3,1,4,7,1\n4,0,,7,inf\n5,0,3,7,2", *covariates)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "survey.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00\x81")
    with pytest.raises(BadSurvey, match="no CSV file in UTF-8"):
        survey.load(path)
