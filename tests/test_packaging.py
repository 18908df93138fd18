"""The files on which a newcomer's two commands depend."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import setuptools
import yaml
from base_only import asked
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def locked(file: str = "requirements.lock") -> list[Requirement]:
    """The pins of a lock file, with their markers."""
    return [Requirement(line) for line in (ROOT / file).read_text().splitlines() if not line.startswith("#")]


def pins() -> dict[str, str]:
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in locked()}


def test_the_lock_has_the_requirements_of_the_project() -> None:
    versions = pins()
    assert len(versions) > 100
    for requirement in (*asked(), *asked("all"), *asked("dev")):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_is_valid_on_every_supported_python(python: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(f"{python}.0")
    here = {"python_version": python, "sys_platform": "linux", "platform_machine": "x86_64"}
    names = [pin.name for pin in locked() if pin.marker is None or pin.marker.evaluate(here)]
    assert len(names) == len(set(names)) > 100


def test_no_pin_requires_a_later_patch_of_the_oldest_python() -> None:
    """Debian 12 has Python 3.11.2."""
    for name in pins():
        with suppress(PackageNotFoundError):  # of another platform
            required = metadata(name).get("Requires-Python", "")
            assert SpecifierSet(required).contains("3.11.2"), f"{name}: {required}"


@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13"])
def test_an_installed_supported_python_is_found(python: str, tmp_path: Path) -> None:
    for name in ("python3", python):
        (tmp_path / name).symlink_to(sys.executable)
    shell = ["/bin/sh", str(ROOT / "tools" / "find_python.sh")]
    done = subprocess.run(shell, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == python


def test_the_lock_names_packages_and_no_places() -> None:
    for name in ("requirements.lock", "requirements-cuda.lock"):
        for line in (ROOT / name).read_text().splitlines():
            assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.!]+( ; [^/@:]+)?", line), line


def test_the_lock_has_no_cuda_library() -> None:
    assert not [name for name in pins() if name.startswith(("nvidia-", "cuda-")) or name == "triton"]


def test_the_library_does_not_import_prefect() -> None:
    room = ROOT / "ameli_build" / "flows"
    importers = [path for path in (ROOT / "ameli_build").rglob("*.py") if not path.is_relative_to(room)]
    for path in importers:
        assert not re.search(r"^\s*(from|import) (prefect|ameli_build\.flows)\b", path.read_text(), re.MULTILINE), path


def test_only_one_package_is_installed() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    found = setuptools.find_packages(str(ROOT), **options)
    assert {name.partition(".")[0] for name in found} == {"ameli_build"}


def test_the_compose_file_is_read_by_docker_compose() -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("no docker-compose here")
    done = subprocess.run(
        [
            command,
            "--env-file",
            str(ROOT / ".env.example"),
            "--file",
            str(ROOT / "docker-compose.yml"),
            "config",
            "--services",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) >= {"postgres", "prefect", "deployments", "selenium", "worker", "snapshots"}


def test_there_is_a_scheduled_and_a_manual_deployment() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    by_name = {deployment["name"]: deployment for deployment in deployments}
    assert by_name["monthly"]["schedules"]
    assert not by_name["manual"].get("schedules")
    assert by_name["monthly"]["entrypoint"] == by_name["manual"]["entrypoint"]
