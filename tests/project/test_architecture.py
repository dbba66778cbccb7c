"""The architecture checks itself: whatever is planted against it, `make check` finds."""

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from firmware.build import NOT_FOR_DEVICES
from tests.project.places import ROOT, TOOLS, run

IGNORED = shutil.ignore_patterns("__pycache__", "vendor")
PACKAGES = ("pos_client", "firmware", "models", "pricing_service")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages and of what configures the checks."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=IGNORED)
    shutil.copytree(
        ROOT / "tests/project", tmp_path / "tests/project", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(tree: Path) -> tuple[int, str]:
    ran = run(TOOLS / "lint-imports", "--no-cache", folder=tree)
    return ran.returncode, ran.stdout + ran.stderr


def plant(tree: Path, path: str, statement: str) -> None:
    """Appends a statement to a file of the copy, which is made when it is not there."""
    with (tree / path).open("a") as file:
        file.write(f"\n{statement}\n")


def test_the_tree_keeps_its_contracts(tree: Path) -> None:
    status, said = contracts(tree)
    assert status == 0, said


@pytest.mark.parametrize(
    ("path", "statement"),
    [
        ("pos_client/core/money.py", "import struct"),
        ("pos_client/core/money.py", "from pos_client.core import ladder"),
        ("pos_client/core/event.py", "from pos_client import journal"),
        ("pos_client/journal.py", "import models"),
        ("pos_client/till.py", "import dataclasses"),
        ("models/release.py", "from pos_client import till"),
        ("pricing_service/app.py", "from pos_client import journal"),
        ("pricing_service/app.py", "import pymc"),
        ("pricing_service/settings.py", "import arviz"),
        ("pos_client/core/utils.py", "A = 1"),
        ("pos_client/helpers.py", "A = 1"),
        ("models/misc.py", "A = 1"),
        ("pricing_service/common.py", "A = 1"),
        ("firmware/common.py", "A = 1"),
    ],
)
def test_a_planted_import_or_homeless_module_is_found(tree: Path, path: str, statement: str) -> None:
    plant(tree, path, statement)
    status, said = contracts(tree)
    assert status != 0, said


def test_every_package_is_under_contract() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(config["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)
    assert sorted(config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(PACKAGES)
    top = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert top == {*PACKAGES, "tests"}


DECOYS = ("pymc", "pytensor", "arviz", "preliz", "nutpie")
IMPORTS_THE_APP = """
import sys
import pricing_service.app
print(",".join(name for name in sys.argv[1:] if name in sys.modules))
"""


def test_the_web_process_never_imports_pymc(tmp_path: Path) -> None:
    for (
        name
    ) in DECOYS:  # found before any installed one, so that the test says the same with and without PyMC
        (tmp_path / f"{name}.py").write_text(f"print('imported {name}')\n")
    ran = run(
        sys.executable,
        "-c",
        IMPORTS_THE_APP,
        *DECOYS,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "HOME": str(tmp_path)},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == ""


def device_types(tmp_path: Path, source: str) -> str:
    """What the device's pyright configuration says about one more file."""
    config = pyright_config()
    planted = tmp_path / "planted.py"
    planted.write_text(source)
    config |= {"include": [str(planted)], "exclude": [], "extraPaths": [str(ROOT)]}
    config |= {key: str((ROOT / "firmware" / config[key]).resolve()) for key in ("typeshedPath", "venvPath")}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    return run(TOOLS / "basedpyright", "--level", "error", "--project", tmp_path).stdout


def pyright_config() -> dict[str, Any]:
    """The device's configuration; JSON has no comments, so their lines are left out."""
    lines = (ROOT / "firmware/pyrightconfig.json").read_text().splitlines()
    return json.loads("\n".join(line for line in lines if "//" not in line))


def test_device_code_is_checked_against_the_library_of_a_device(tmp_path: Path) -> None:
    said = device_types(
        tmp_path,
        "import time\nimport machine\nimport dataclasses\nimport functools\n"
        "time.ticks_ms()\ntime.perf_counter()\nmachine.Pin(1)\ntext: str = 3\n",
    )
    assert "dataclasses" in said
    assert "functools" in said
    assert "perf_counter" in said
    assert ":8:13" in said
    assert "ticks_ms" not in said
    assert "machine" not in said


def test_both_checks_agree_on_what_a_device_runs() -> None:
    config = pyright_config()
    left_out = {os.path.normpath(f"firmware/{name}") for name in config["exclude"] if "*" not in name}
    assert left_out == NOT_FOR_DEVICES


@pytest.mark.parametrize(
    "source",
    ["match 1:\n    case 1:\n        pass", "def f(a, /):\n    pass", "a = [*[1], 2]", "a = {**{}}"],
    ids=["match", "positional-only", "list unpacking", "dict unpacking"],
)
def test_the_syntax_gate_refuses_what_micropython_cannot_read(tree: Path, source: str) -> None:
    gate = (sys.executable, "-m", "firmware.build", tree / "out")
    assert run(*gate, folder=tree).returncode == 0
    plant(tree, "pos_client/core/money.py", source)
    ran = run(*gate, folder=tree)
    assert ran.returncode == 1
    assert "pos_client.core.money" in ran.stderr


IMPORTS_TUF = (
    "import sys; import pricing_service.app; print(sorted({'tuf', 'securesystemslib'} & {*sys.modules}))"
)


def test_the_web_process_starts_without_what_signs_firmware() -> None:
    ran = run(sys.executable, "-c", IMPORTS_TUF)
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr


def test_the_processes_beside_the_web_start_without_its_framework() -> None:
    names = "apart, working, device_command, rollout_command"
    said = run(
        sys.executable,
        "-c",
        f"import sys; from pricing_service import {names}; print('fastapi' in sys.modules)",
    )
    assert (said.returncode, said.stdout.strip()) == (0, "False"), said.stderr
