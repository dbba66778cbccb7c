"""The gate's report: readable anywhere, also without eyes, also when the fit is broken."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from models import fit_sentences, report, virtual_shop
from models.check_advice import EXPLAINED
from models.diagnostics import judge
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.verdict import NAMES
from tests.models.laplace_fits import honest
from tests.models.planted_fits import plant


class Reader(HTMLParser):
    """What the page holds: (tag, attributes) of every element, the text of the first heading, unclosed elements."""

    VOID = {"meta", "img", "br"}

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.heading = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.heading += data if self.open[-1:] == ["h1"] else ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def shop() -> xr.Dataset:
    truth = virtual_shop.truth_of(HAND_MADE)
    chance = np.random.default_rng(1)
    return virtual_shop.play(truth, customers=400, visits=4, ladders=virtual_shop.MIXED, chance=chance)


@pytest.fixture(scope="module")
def fit(shop: xr.Dataset) -> xr.DataTree:
    return honest(shop, DEFAULT, np.random.default_rng(1))


@pytest.fixture(scope="module")
def folder(fit: xr.DataTree, shop: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an honest fit."""
    made = tmp_path_factory.mktemp("report")
    report.write(judge(fit, shop, None, np.random.default_rng(1)), fit, shop, made)
    return made


def test_the_first_line_is_the_verdict_in_words(folder: Path):
    page = Reader((folder / "report.html").read_text())
    assert page.heading.startswith(f"Passed: all {len(NAMES)} checks passed, this fit may be published. ")
    assert next(tag for tag, _ in page.elements if tag.startswith("h") and tag[1:].isdigit()) == "h1"


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(folder: Path):
    text = (folder / "report.html").read_text()
    page = Reader(text)
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert all((image["src"] or "").startswith("data:image/") for image in page.all("img"))
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


def test_the_page_can_be_read_without_seeing_it(folder: Path):
    page = Reader((folder / "report.html").read_text())
    assert page.all("html")[0]["lang"] == "en"
    assert all(len(image["alt"] or "") > 20 for image in page.all("img"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in heading for heading in page.all("th"))
    assert not page.open  # all is closed again


def test_every_figure_is_in_the_page_and_a_file_of_its_own(folder: Path):
    said = json.loads((folder / "report.json").read_text())
    files = {path.name for path in folder.iterdir()} - {"report.html", "report.json"}
    assert files == set(said["figures"])
    assert len(files) == 6
    assert len(Reader((folder / "report.html").read_text()).all("img")) == 6


def test_the_machine_readable_report_holds_verdict_counts_parameters_and_acceptance(
    folder: Path, shop: xr.Dataset
):
    said = json.loads((folder / "report.json").read_text())
    assert said["passed"] is True
    assert [check["name"] for check in said["checks"]] == list(NAMES)
    assert said["dataset"]["used"] == shop.sizes["checkout"]
    assert said["dataset"]["customers"] == 400
    assert {line["name"] for line in said["parameters"]} >= {
        "mu",
        "tau",
        "shares.hunter",
        "leave_end.sensitive",
    }
    assert said["acceptance"]["acceptance_by_depth"][0]["asked"] >= 30


@pytest.mark.parametrize("kind", ["no posterior", "no draws"])
def test_a_broken_fit_gets_a_report_that_says_why(
    kind: str, fit: xr.DataTree, shop: xr.Dataset, tmp_path: Path
):
    bad = plant(kind, fit, np.random.default_rng(2))
    verdict = judge(bad, shop, None, np.random.default_rng(1))
    report.write(verdict, bad, shop, tmp_path)
    text = (tmp_path / "report.html").read_text()
    assert Reader(text).heading.startswith("Rejected. ")
    assert text.count('<span class="rejected">failed</span>') == len(verdict.failed)
    assert json.loads((tmp_path / "report.json").read_text())["passed"] is False


def test_the_page_says_what_it_is_a_report_of(fit: xr.DataTree, shop: xr.Dataset, tmp_path: Path):
    named = fit.copy()
    named.attrs = {**fit.attrs, "fit": "fit-17", "seed": 23}
    report.write(judge(named, shop, None, np.random.default_rng(1)), named, shop, tmp_path)
    said = json.loads((tmp_path / "report.json").read_text())["origin"]
    assert said == {
        "Fit": "fit-17",
        "Checkouts that tell something": "1,600",
        "Customers": "400 known, 0 anonymous visits",
        "Days": "2026-01-01 to 2026-12-31, 365 days",
        "Priors": DEFAULT.name,
        "Seed": "23",
        "Compared with": "hand-1",
    }
    text = (tmp_path / "report.html").read_text()
    assert "<title>fit-17 passed</title>" in text
    assert all(f">{which}<" in text for which in said.values())


def test_every_check_is_shown_under_the_name_that_terminal_and_documentation_use(folder: Path):
    text = (folder / "report.html").read_text()
    documented = (Path(__file__).parents[2] / "docs/gate.md").read_text()
    for name in NAMES:
        assert f"<code>{name}</code>" in text
        assert f"`{name}`" in documented


def test_on_a_phone_every_cell_says_its_column(folder: Path):
    text = (folder / "report.html").read_text()
    assert "@media (max-width: 40rem)" in text
    assert all(cell["data-title"] for cell in Reader(text).all("td"))


def test_a_fit_that_foresees_no_better_says_that_little_was_learnt(fit: xr.DataTree, shop: xr.Dataset):
    """The shop is as the release by hand says: there is nothing to learn."""
    verdict = judge(fit, shop, None, np.random.default_rng(1))
    assert verdict.says.endswith(
        "Little was learnt: it does not foresee customers clearly better or worse than hand-1."
    )
    far = replace(HAND_MADE, name="far off", mu=HAND_MADE.mu + 2)
    assert judge(fit, shop, far, np.random.default_rng(1)).says.endswith("clearly better than far off.")


def test_every_check_has_a_title_and_says_what_to_do():
    assert list(EXPLAINED) == list(NAMES)


def test_parameters_are_told_in_units_an_analyst_uses(fit: xr.DataTree):
    at_hand = fit.copy(deep=True)
    at_hand["posterior"]["mu"].values[:] = np.log(0.08)
    lines = {line.name: line for line in fit_sentences.lines(at_hand, replace(HAND_MADE, delta=np.log(1.5)))}
    assert (lines["mu"].before, lines["mu"].mean) == (pytest.approx(6), pytest.approx(8))
    assert lines["delta"].before == pytest.approx(50)
    assert lines["eps"].before == pytest.approx(2)
    assert lines["shares.hunter"].before == pytest.approx(16)
    assert lines["tau"].low < lines["tau"].mean < lines["tau"].high
