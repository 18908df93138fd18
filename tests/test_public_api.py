"""The public names of the package: present, cheap to import, and hidden by no module."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import ameli_build
from ameli_build import Linker, Snapshot, UnusableInput, build, load_settings, process_mapper, run_baseline

NAMES = [name for name in ameli_build.__all__ if name != "__version__"]
HEAVY = ("polars", "pyarrow", "torch", "pydantic", "numpy", "PIL", "spacy")


def run_python(*arguments: str, stderr: bool = False) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return (done.stderr if stderr else done.stdout).strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented_and_is_not_a_module(name: str) -> None:
    found = getattr(ameli_build, name)
    assert not isinstance(found, ModuleType)
    assert inspect.getdoc(found)
    assert name in dir(ameli_build)


def test_no_module_hides_a_public_name() -> None:
    assert not {module.name for module in pkgutil.iter_modules(ameli_build.__path__)} & set(NAMES)


def test_an_unknown_name_raises_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ameli_build.nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="nothing"):
        from ameli_build import nothing  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.parametrize(
    "code",
    ["import ameli_build", "import ameli_build; ameli_build.__version__", "from ameli_build import *; Snapshot"],
    ids=["import", "version", "star"],
)
def test_only_a_star_import_loads_heavy_libraries(code: str) -> None:
    loaded = run_python("-c", f"import sys; {code}; print(*(name for name in {HEAVY} if name in sys.modules))").split()
    assert bool(loaded) == ("*" in code)


def test_the_version_loads_no_tables() -> None:
    assert run_python("-m", "ameli_build", "--version") == f"ameli {ameli_build.__version__}"
    shown = run_python("-v", "-m", "ameli_build", "--version", stderr=True)
    assert "import 'typer'" in shown
    assert not [name for name in HEAVY if f"import '{name}'" in shown]


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (build, ["snapshot", "settings", "until", "mapper", "run"]),
        (load_settings, ["profile", "overrides", "snapshot"]),
        (run_baseline, ["data_set", "settings", "mapper"]),
        (process_mapper, ["workers"]),
        (Linker.open, ["snapshot", "settings", "mapper", "locked"]),
        (Linker.link, ["self", "text", "images", "mention", "top", "ocr"]),
        (Snapshot.open, ["root"]),
    ],
)
def test_parameters_of_public_functions_do_not_change(function: object, parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters  # type: ignore[arg-type]


def test_a_wrong_folder_is_an_error_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no snapshot here"):
        Snapshot.open(tmp_path)
    assert issubclass(UnusableInput, ameli_build.AmeliError)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_documents_every_name(name: str) -> None:
    page = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page
    assert f"\n::: ameli_build.{name}\n" in page
