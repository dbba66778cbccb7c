"""`rung thresholds` as an analyst meets it."""

import io
import json
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from models import thresholds_command, thresholds_tables
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
        ("bid1,R1\n5,1", ["--family", "normal", "--seed", "-1"], 2, "from 0 to 4294967295, not -1"),
        ("bid1,R1\n5,1", ["--family", "normal", "--seed", "soon"], 2, "a seed is a whole number"),
        (None, ["--family", "normal"], 1, "there is no file"),
        (
            "bid1;R1\n5;1",
            ["--family", "normal"],
            1,
            "must be separated by commas, and here they are by semicolons",
        ),
        ('bid1,R1\n"10,5",1', ["--family", "normal"], 1, "with a point, not with a comma"),
        ("bid1,R1\n10,5,1", ["--family", "normal"], 1, "with a point, not with a comma"),
        ("bid1,R1\n5,yes", ["--family", "normal"], 1, "line 2: R1 must be 1 (yes) or 0 (no), not 'yes'"),
        (
            "bid1,R1,bid2,R2\n5,1,9,FALSE",
            ["--family", "normal"],
            1,
            "R2 must be 1 (yes) or 0 (no), not 'FALSE'",
        ),
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


def test_a_yes_to_a_bid_below_zero_is_noted_where_all_thresholds_are_positive(tmp_path, capsys):
    path = tmp_path / "survey.csv"
    path.write_text("bid1,R1,count\n10,1,70\n10,0,30\n20,1,25\n20,0,75\n-5,1,3")
    for family, noted in (("lognormal", True), ("normal", False)):
        assert thresholds([str(path), "--family", family]) == 0
        assert ("note: 3 answers are yes to a bid below 0" in capsys.readouterr().out) is noted


@dataclass
class Drawn:
    name: str
    mean: float
    sd: float = 0.1797
    low: float = -0.5873
    high: float = 0.1052
    rhat: float = 1.004
    ess_bulk: float = 3285.0
    ess_tail: float = 2983.0


@dataclass
class Sampled:
    parameters: tuple[Drawn, ...]
    priors: dict[str, str] = field(default_factory=lambda: {"log_scale": "Normal(0.3266, 2)"})
    chains: int = 4
    draws: int = 1000
    divergences: int = 0
    seed: int = 1


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_no_width_costs_a_digit_or_a_name(width, terminal):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None, highlight=False)
    name = "regionMecklenburg-Western Pomerania and Schleswig"
    thresholds_tables.show_posterior(console, Sampled((Drawn(name, -0.2323), Drawn("age", -12345.0))))
    told = out.getvalue()
    figures = (
        "-0.2323",
        "-12,345",
        "0.1797",
        "-0.5873",
        "0.1052",
        "1.004",
        "3285",
        "2983",
        "Normal(0.3266, 2)",
    )
    assert [figure for figure in figures if figure not in told.replace("\n", " ")] == []
    assert "…" not in told
    if terminal:
        parts = (name[at : at + 20].strip() for at in range(0, len(name), 20))
        assert all(part in told for part in parts)
    else:
        assert name in told
    if width >= 80 and terminal:
        assert max(map(len, told.splitlines())) <= width


def test_the_exact_fit_is_there_before_the_posterior_is_begun(monkeypatch, capsys):
    def interrupted(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(thresholds_command, "_posterior", interrupted)
    assert thresholds([PARK, "--family", "lognormal", "--bayes"]) == 130
    assert "log-likelihood" in capsys.readouterr().out


def test_the_exact_fit_does_not_wait_for_pymc():
    program = (
        "import sys; from models.thresholds_command import thresholds;"
        f"thresholds([{PARK!r}, '--family', 'normal', '--json']);"
        "sys.exit(any(name in sys.modules for name in ('pymc', 'pytensor', 'arviz', 'nutpie')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, timeout=60).returncode == 0
    )
