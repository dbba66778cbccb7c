"""docs/security.md leaves out no requirement, and names no test and no setting that is not there."""

import re
from pathlib import Path

from pricing_service.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
LEVELS = (Path(__file__).parent / "asvs.txt").read_text().splitlines()[1:]


def test_every_requirement_of_level_1_and_2_is_answered_once() -> None:
    wanted = [line.split()[0] for line in LEVELS]
    assert len(wanted) == 253  # as OWASP counts them: 70 of level 1, 183 of level 2
    assert sum(line.endswith(" 1") for line in LEVELS) == 70
    found = re.findall(r"\bV\d+\.\d+\.\d+\b", PAGE)
    assert sorted(found) == sorted(wanted)


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 60
    for path, test in named:
        source = ROOT / path
        assert source.is_file(), path
        assert not test or f"def {test}(" in source.read_text(), f"{path}::{test}"


def test_every_setting_that_is_named_exists() -> None:
    known = {"RUNG_" + name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"\bRUNG_[A-Z_]+\b", PAGE))
    assert named <= known, named - known


def test_every_page_that_is_linked_exists() -> None:
    for name in re.findall(r"\]\(([\w.-]+\.md)", PAGE):
        assert (ROOT / "docs" / name).is_file(), name
