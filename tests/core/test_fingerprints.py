"""Fingerprints of code follow the imports: a change of any code that a module runs makes its results stale."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from world_files import write_world

from ameli_build.clean import decoding
from ameli_build.core import fingerprints
from ameli_build.core.cache import in_process
from ameli_build.core.fingerprints import COVERED, code_of, function_code, work_code
from ameli_build.mentions.words import WORD
from ameli_build.models.patches import detect_some

STAGES = {
    "clean": "ameli_build.clean.stage",
    "mentions": "ameli_build.mentions.stage",
    "informativeness": "ameli_build.informativeness.stage",
    "release": "ameli_build.release.stage",
    "baseline": "ameli_build.baseline.run",
}


def forget() -> None:
    for value in vars(fingerprints).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package; fingerprints are computed from its files."""
    copy = tmp_path / "ameli_build"
    shutil.copytree(fingerprints.ROOT, copy, ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    monkeypatch.setattr(fingerprints, "ROOT", copy)
    forget()
    yield copy
    forget()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
    forget()


@pytest.mark.parametrize(
    ("file", "stale", "fresh"),
    [
        ("clean/allowed.toml", {"clean"}, {"mentions", "informativeness"}),
        ("mentions/contexts.toml", {"mentions", "baseline"}, {"clean", "informativeness", "release"}),
        ("informativeness/answers.toml", {"informativeness", "baseline"}, {"clean", "mentions", "release"}),
        ("release/card.md.jinja", {"release"}, {"clean", "mentions", "informativeness", "baseline"}),
        ("baseline/model_card.md.jinja", {"baseline"}, {"clean", "mentions", "release"}),
        ("core/paper.toml", {"release"}, {"clean", "mentions"}),
        ("models/precision.py", {"mentions", "informativeness", "baseline"}, {"release"}),
        ("core/pictures.py", {"clean", "informativeness", "release", "baseline"}, set()),
        ("mentions/words.py", {"mentions", "baseline"}, {"clean", "informativeness", "release"}),
        ("core/records.py", set(STAGES), set()),
    ],
)
def test_a_changed_file_makes_the_stages_stale_that_run_it(
    package: Path, file: str, stale: set[str], fresh: set[str]
) -> None:
    before = {name: code_of(module) for name, module in STAGES.items()}
    append(package / file, "\n# changed\n")
    changed = {name for name, module in STAGES.items() if code_of(module) != before[name]}
    assert stale <= changed
    assert not fresh & changed


def test_every_data_file_of_the_package_counts_in_some_fingerprint(package: Path) -> None:
    by_value = {"profiles", "bundled"}  # settings count by their values, models by their content
    data = [
        path
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".typed") and not by_value & set(path.parts)
    ]
    named = {
        file.name
        for path in package.rglob("*.py")
        for file in fingerprints._data_files(path.parent)
        if file.name in path.read_text(encoding="utf-8")
    }
    included = {
        file.name for file in data if any(file.name in path.read_text("utf-8") for path in data if path != file)
    }
    assert data
    of_no_stage = {"demo", "browse"}
    assert {path.name for path in data if not of_no_stage & set(path.parts)} <= named | included


def test_a_change_of_the_cache_and_its_neighbours_keeps_cached_work(package: Path) -> None:
    detection, decoding_code = function_code(detect_some), function_code(decoding.check_shard)
    for name in COVERED:
        path = package.joinpath(*name.split(".")[1:])
        for file in path.glob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
            append(file, "\n# changed\n")
    append(package / "clean" / "objects.py", "\n# another sentence\n")
    assert function_code(detect_some) == detection
    assert function_code(decoding.check_shard) == decoding_code


@pytest.mark.parametrize("file", ["models/patches.py", "models/detect.py", "models/grounding.py", "core/pictures.py"])
def test_a_change_of_code_that_cached_work_runs_makes_it_stale(package: Path, file: str) -> None:
    before = function_code(detect_some)
    append(package / file, "\n# changed\n")
    assert function_code(detect_some) != before


def test_a_partial_includes_the_functions_among_its_arguments() -> None:
    alone = function_code(in_process)
    assert function_code(partial(in_process, detect_some)) not in (alone, function_code(detect_some))
    assert function_code(partial(in_process, [1])) == alone
    assert function_code(partial(in_process, items=detect_some)) == function_code(partial(in_process, detect_some))


@pytest.mark.parametrize(
    ("source", "counts"),
    [
        ("from ameli_build.mentions.words import WORD", True),
        ("import ameli_build.mentions.words", True),
        ("from ameli_build.mentions import words", True),
        ("def late():\n    from ameli_build.mentions import words", True),
        ("try:\n    from ameli_build.mentions import words\nexcept ImportError:\n    pass", True),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ameli_build.mentions import words", False),
        ("# from ameli_build.mentions import words", False),
    ],
)
def test_an_import_counts_at_any_place_in_the_code(package: Path, source: str, counts: bool) -> None:
    append(package / "core" / "reasons.py", f"\n{source}\n")
    before = work_code("ameli_build.core.reasons")
    append(package / "mentions" / "words.py", "\n# changed\n")
    assert (work_code("ameli_build.core.reasons") != before) == counts


@pytest.mark.parametrize(
    ("source", "counts"),
    [
        ("from pkgutil import iter_modules\nnames = [each.name for each in iter_modules(__path__)]", True),
        (
            "import pkgutil\nfor each in pkgutil.walk_packages(path=__path__, prefix=f'{__name__}.'):\n    print(each)",
            True,
        ),
        ("def load():\n    return list(__path__)", True),
        ("# iter_modules(__path__)", False),
        ('TEXT = "iter_modules(__path__)"', False),
        ("import ameli_build\nnames = ameli_build.__path__", False),
    ],
)
def test_a_package_that_uses_its_path_includes_all_its_files(package: Path, source: str, counts: bool) -> None:
    folder = package / "wording"
    folder.joinpath("__init__.py").write_text(f"{source}\n")
    forget()
    before = code_of("ameli_build.wording")
    append(folder / "masks.py", "\n# changed\n")
    assert (code_of("ameli_build.wording") != before) == counts


def test_an_added_filter_counts(package: Path) -> None:
    before = code_of("ameli_build.clean.stage")
    (package / "core" / "filters" / "too_short.py").write_text("FILTER = None\n")
    forget()
    assert code_of("ameli_build.clean.stage") != before


def test_a_module_outside_the_package_includes_its_imports(package: Path) -> None:
    assert WORD  # this test imports mentions.words
    before = code_of(__name__)
    append(package / "mentions" / "words.py", "\n# changed\n")
    assert code_of(__name__) != before


def test_an_unknown_module_is_an_error() -> None:
    with pytest.raises(ValueError, match="no source of a module named"):
        code_of("ameli_build.nowhere")


@pytest.fixture(scope="module")
def run_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """A function that runs `ameli` from a changeable copy of the package and returns its output."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(__file__).parents[2] / "ameli_build", copy / "ameli_build")

    def run(*arguments: str, edit: str = "") -> str:
        if edit:
            with (copy / "ameli_build" / edit).open("a") as file:
                file.write("\n# changed\n")
        done = subprocess.run(
            [sys.executable, "-m", "ameli_build", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=copy,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_a_build_runs_the_stages_whose_files_changed(run_elsewhere: Callable[..., str], tmp_path: Path) -> None:
    world, snapshot = tmp_path / "world", str(tmp_path / "snapshot")
    write_world(world, products=4)
    records = ["--products", f"{world}/products.jsonl", "--reviews", f"{world}/reviews.jsonl"]
    run_elsewhere("ingest", *records, "--images", f"{world}/images", "--out", snapshot, "--profile", "demo")
    run_elsewhere("build", snapshot, "--until", "clean")
    assert "clean: running" not in run_elsewhere("build", snapshot, "--until", "clean")
    assert "clean: running" in run_elsewhere("build", snapshot, "--until", "clean", edit="clean/allowed.toml")
    assert "clean: running" in run_elsewhere("build", snapshot, "--until", "clean", edit="models/saliency.py")
    assert "clean: running" not in run_elsewhere("build", snapshot, "--until", "clean", edit="release/card.md.jinja")
