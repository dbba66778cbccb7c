"""`rung thresholds` as an analyst meets it."""

import json
import subprocess
import sys

import pytest

from models.thresholds_command import thresholds
from tests.models.thresholds import surveys

PARK = str(surveys.REFERENCE / "NaturalPark.csv")


def test_json_has_everything_by_its_name(capsys):
    assert (
        thresholds([PARK, "--family", "lognormal", "--spike", "--shift", "--covariates", "sex,age", "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["names"] == ["(Intercept)", "sexfemale", "age", "log_scale", "logit_pi0", "delta"]
    assert len(told["coef"]) == len(told["se"]) == 6
    assert (told["family"], told["n"], told["notes"]) == ("lognormal", 312, [])
    assert told["delta"] == told["coef"][-1]
    assert 0 < told["pi0"] < 0.3
    assert 15 < told["median"] < 25
    assert -400 < told["loglik"] < -350
    assert "posterior" not in told


def test_what_was_not_asked_for_is_null(capsys):
    assert thresholds([PARK, "--family", "normal", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pi0"], told["delta"]) == (None, None)


def test_without_json_there_is_a_table_to_read(capsys):
    known = next(fit for fit in surveys.KNOWN_FITS if fit["family"] == "weibull" and fit["spike"])
    assert thresholds([PARK, "--family", "weibull", "--spike"]) == 0
    told = capsys.readouterr().out
    assert all(
        word in told
        for word in (
            "weibull, 312 answers",
            "(Intercept)",
            "log_scale",
            "logit_pi0",
            f"log-likelihood {known['loglik']:.4f}",
            "median 16.74",
        )
    )


def test_a_fit_on_the_edge_says_so_in_both_forms(tmp_path, capsys):
    path = tmp_path / "survey.csv"
    path.write_text(
        "bid1,R1,bid2,R2,count\n10,1,20,1,3\n10,1,20,0,30\n10,0,5,1,30\n10,0,5,0,2\n8,0,4,1,9\n8,1,16,0,30"
    )
    for form in ([], ["--json"]):
        assert thresholds([str(path), "--family", "lognormal", "--spike", *form]) == 0
        assert "no spike" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "options", "status", "says"),
    [
        ("bid1,R1\n5,1\n9,1", ["--family", "normal"], 1, "every answer is yes"),
        ("bid1,R1\n5,7", ["--family", "normal"], 1, "line 2: R1"),
        ("bid1,R1\n5,1", ["--family", "normal", "--covariates", "age"], 1, "no column age"),
        ("bid1,R1\n5,1", ["--family", "cauchy"], 2, "invalid choice"),
        ("bid1,R1\n5,1", [], 2, "--family"),
        (None, ["--family", "normal"], 1, "No such file"),
    ],
)
def test_what_is_wrong_is_said_on_the_side_and_nothing_is_printed(
    tmp_path, capsys, text, options, status, says
):
    path = tmp_path / "survey.csv"
    if text:
        path.write_text(text)
    try:
        ended = thresholds([str(path), *options, "--json"])
    except SystemExit as stopped:
        ended = stopped.code
    told = capsys.readouterr()
    assert (ended, told.out) == (status, "")
    assert says in " ".join(told.err.split())


def test_the_exact_fit_does_not_wait_for_pymc():
    program = (
        "import sys; from models.thresholds_command import thresholds;"
        f"thresholds([{PARK!r}, '--family', 'normal', '--json']);"
        "sys.exit(any(name in sys.modules for name in ('pymc', 'pytensor', 'arviz', 'nutpie')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, timeout=60).returncode == 0
    )
