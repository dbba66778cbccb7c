"""The image files: linted offline, and built and started for real where the machine can."""

import os
import shutil
from pathlib import Path

import pytest

from tests.project.places import ROOT, TOOLS, run


def lint(folder: Path) -> tuple[int, str]:
    ran = run("sh", folder / "docker/lint.sh", TOOLS)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    return tmp_path


def test_the_container_files_pass_their_linters(copy: Path) -> None:
    status, said = lint(copy)
    assert status == 0, said


@pytest.mark.parametrize(
    ("file", "planted"),
    [("Dockerfile", "RUN cd /tmp\n"), ("Dockerfile", "USER root\n"), ("compose.yaml", "servces: {}\n")],
)
def test_a_planted_fault_in_a_container_file_is_found(copy: Path, file: str, planted: str) -> None:
    with (copy / "docker" / file).open("a") as appended:
        appended.write(planted)
    status, said = lint(copy)
    assert status != 0, said


def test_both_images_are_built_and_a_checkout_goes_from_till_to_service() -> None:
    if not shutil.which("buildah") or os.geteuid() != 0:
        pytest.skip("this machine has no buildah, or we are not root: images are only linted")
    ran = run("sh", "docker/try.sh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "both images serve" in ran.stdout
