"""A file is missing, on the hub or in the folder of models: one message names it, and no stage runs."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub.fixtures import ask
from hub.loopback import LoopbackHub
from made import picture, released_snapshot

from ameli_build.cli import main
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models import sources
from ameli_build.models.download import Download
from ameli_build.models.hub import Hub
from ameli_build.models.needs import fetch, needs_of
from ameli_build.models.packaged import Installed

ELSEWHERE = "has no weights"
"""If safetensors are missing, weights in another form are fetched; on the tests' hub those are not valid."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "tokenizer": ("build",),
    "text_encoder": ("build", "baseline", "link"),
    "image_encoder": ("build", "baseline", "link"),
    "cross_encoder": ("baseline",),
    "nli_encoder": ("baseline", "link"),
    "detector": ("build", "link"),
    "ocr": ("baseline",),
    "generator": ("baseline",),
    "language": ("build", "baseline", "link"),
    "resnet": ("baseline",),
}
"""The commands that need a model of a role. A link works without OCR, and says so."""


@dataclass(frozen=True, slots=True)
class Case:
    """A missing file: the files removed from the hub, the message, and the file removed from the folder of models."""

    profile: str
    role: str
    label: str
    away: tuple[str, ...]
    said: str
    gone: str

    def __str__(self) -> str:
        return f"{self.profile}-{self.role}-{self.gone}"


def repository(profile: str, role: str, repo: str, said: str, *names: str) -> Case:
    """A file of a repository, in all its forms."""
    return Case(profile, role, repo, tuple(f"{repo}/{name}" for name in names), said, names[0])


def archive(profile: str, role: str, label: str, file: str, gone: str) -> Case:
    """A file in an archive."""
    return Case(profile, role, label, (file,), f"{file}: 404 Not Found", gone)


MINILM, MPNET = "sentence-transformers/all-MiniLM-L6-v2", "sentence-transformers/all-mpnet-base-v2"
LAION, OPENAI = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "timm/vit_large_patch14_clip_224.openai"
CASES = [
    repository("small", "text_encoder", MINILM, ELSEWHERE, "model.safetensors"),
    repository("small", "text_encoder", MINILM, "no tokenizer among its files", "tokenizer.json", "vocab.txt"),
    repository("small", "text_encoder", MINILM, "no config.json among its files", "config.json"),
    repository("small", "text_encoder", MINILM, "1_Pooling/config.json is not among", "1_Pooling/config.json"),
    repository("small", "text_encoder", MINILM, "sentence_*_config.json is not among", "sentence_bert_config.json"),
    repository("small", "image_encoder", LAION, ELSEWHERE, "open_clip_model.safetensors"),
    repository("small", "image_encoder", LAION, "no open_clip_config.json among", "open_clip_config.json"),
    repository("small", "cross_encoder", "cross-encoder/ms-marco-MiniLM-L6-v2", ELSEWHERE, "model.safetensors"),
    repository("small", "nli_encoder", "microsoft/deberta-v3-xsmall", "no tokenizer among", "spm.model"),
    repository("small", "nli_encoder", "microsoft/deberta-v3-xsmall", "no weights among", "pytorch_model.bin"),
    repository("small", "detector", "ShilongLiu/GroundingDINO", "no weights file", "groundingdino_swint_ogc.pth"),
    repository("small", "detector", "ShilongLiu/GroundingDINO", "no configuration", "GroundingDINO_SwinT_OGC.cfg.py"),
    repository("small", "detector", "google-bert/bert-base-uncased", ELSEWHERE, "model.safetensors"),
    archive("small", "language", "en_core_web_sm", "en_core_web_sm-3.8.0-py3-none-any.whl", "vocab/strings.json"),
    repository("small", "resnet", "timm/resnet152.tv_in1k", ELSEWHERE, "model.safetensors"),
    repository("small", "resnet", "timm/resnet152.tv_in1k", "no config.json among", "config.json"),
    repository(
        "paper", "tokenizer", "google-bert/bert-base-cased", "no tokenizer among", "tokenizer.json", "vocab.txt"
    ),
    repository("paper", "text_encoder", MPNET, ELSEWHERE, "model.safetensors"),
    repository("paper", "image_encoder", OPENAI, ELSEWHERE, "open_clip_model.safetensors"),
    repository("paper", "cross_encoder", "cross-encoder/ms-marco-MiniLM-L12-v2", ELSEWHERE, "model.safetensors"),
    repository("paper", "nli_encoder", "microsoft/deberta-v3-base", "no tokenizer among", "spm.model"),
    repository("paper", "detector", "ShilongLiu/GroundingDINO", "no weights file", "groundingdino_swinb_cogcoor.pth"),
    repository("paper", "generator", "openai-community/gpt2-xl", ELSEWHERE, "model.safetensors"),
    archive("paper", "ocr", "easyocr", "craft_mlt_25k.zip", "craft_mlt_25k.pth"),
    archive("paper", "ocr", "easyocr", "english_g2.zip", "english_g2.pth"),
    archive("paper", "language", "en_core_web_lg", "en_core_web_lg-3.8.0-py3-none-any.whl", "meta.json"),
    repository("paper", "resnet", "timm/resnet152.tv_in1k", ELSEWHERE, "model.safetensors"),
    repository("authors", "nli_encoder", "cross-encoder/nli-deberta-base", ELSEWHERE, "model.safetensors"),
]
PROFILES = ("small", "paper", "authors")
CASE = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def hub(hub_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """A hub set as the endpoint of this process; no package has the weights of EasyOCR."""
    with LoopbackHub(hub_folder) as opened, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMELI_DOWNLOADS", str(opened.write_table(tmp_path_factory.mktemp("table") / "downloads.toml")))
        patch.setattr(sources, "EASYOCR_WEIGHTS", Installed("not-installed-here", pattern="craft_mlt_25k.pth"))
        ask(opened.address, patch)
        yield opened


@pytest.fixture(scope="module")
def fetched(hub: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All models of the profiles; tests use hard links to them."""
    folder = tmp_path_factory.mktemp("fetched")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMELI_MODELS", str(folder))
        for profile in PROFILES:
            fetch(load_settings(profile))
    return folder


@pytest.fixture
def models(hub: LoopbackHub, fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A separate folder of models for the test, and a complete hub."""
    hub.repair()
    shutil.copytree(fetched, tmp_path / "models", copy_function=os.link)
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


Ameli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ameli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ameli]:
    """A function that runs the command in this process; it returns exit status, output and the final message."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ameli", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        messages = [line for line in printed.err.splitlines() if line.startswith("ameli: ")]
        assert len(messages) <= 1
        return int(str(ended.value.code)), printed.out, "".join(messages)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot with a data set, so that only a model is missing; no test changes it."""
    snapshot = released_snapshot(tmp_path_factory.mktemp("released"))
    (snapshot.root / "raw").mkdir(exist_ok=True)
    return snapshot


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    path.write_bytes(picture("red"))
    return path


def content(snapshot: Snapshot) -> dict[str, bytes]:
    """Every file of a snapshot except its lock, to detect new stages and records."""
    files = [path for path in snapshot.root.rglob("*") if path.is_file() and "lock" not in path.name]
    return {path.relative_to(snapshot.root).as_posix(): path.read_bytes() for path in files}


def source_folder(case: Case) -> Path:
    """The folder of the files of a case."""
    needs = needs_of(load_settings(case.profile), [case.role])
    found = [source for need in needs for source in need.sources if source.label == case.label]
    (folder,) = (source.folder for source in found if isinstance(source, Hub | Download))
    return folder


def test_no_model_is_missing_at_the_beginning(models: Path, ameli: Ameli, hub: LoopbackHub) -> None:
    hub.shut()
    for profile in PROFILES:
        status, out, message = ameli("models", "fetch", "--profile", profile)
        assert (status, message) == (0, "")
        assert "all here" in out
    assert hub.asked == []


def test_every_role_of_two_profiles_has_a_case() -> None:
    """`authors` shares its models with `paper`, except the encoder of the text module."""
    for profile in ("small", "paper"):
        roles = {need.role for need in needs_of(load_settings(profile))}
        packaged = {"ocr"} if profile == "small" else set()
        assert {case.role for case in CASES if case.profile == profile} == roles - packaged


@CASE
def test_a_file_missing_on_the_hub_is_reported(hub: LoopbackHub, models: Path, ameli: Ameli, case: Case) -> None:
    folder = source_folder(case)
    shutil.rmtree(folder)
    folder.with_name(f"{folder.name}.json").unlink()
    hub.take_away(*case.away)
    status, out, message = ameli("models", "fetch", "--profile", case.profile)
    assert (status, out) == (1, "")
    assert message.startswith(f"ameli: 1 of 1 could not be fetched: {case.label}: ")
    assert case.said in message
    hub.repair()
    status, out, message = ameli("models", "fetch", "--profile", case.profile)
    assert (status, message) == (0, "")
    assert "all here" in out


@CASE
def test_no_stage_runs_without_a_file_of_a_model(
    models: Path, ameli: Ameli, released: Snapshot, photo: Path, case: Case
) -> None:
    (source_folder(case) / case.gone).unlink()
    before = content(released)
    name = next(need.name for need in needs_of(load_settings(case.profile), [case.role]))
    setting = "clean.tokenizer" if case.role == "tokenizer" else f"models.{case.role}"
    extra = {"link": ("--text", "This laptop is red.", "--image", photo)}
    for command in COMMANDS[case.role]:
        given = [command, released.root, "--profile", case.profile, *extra.get(command, ())]
        status, out, message = ameli(*given, *([] if command == "link" else ["--workers", "1"]))
        assert (status, out) == (2, ""), command
        assert message.startswith("ameli: 1 of ")
        assert f" models are missing: {setting} {name} (" in message
        assert f"{case.gone} is missing" in message
        assert f"`ameli models fetch --profile {case.profile}`" in message
        assert content(released) == before


def test_a_link_without_a_picture_needs_no_detector(models: Path, ameli: Ameli, released: Snapshot) -> None:
    case = next(case for case in CASES if case.role == "detector")
    (source_folder(case) / case.gone).unlink()
    shutil.rmtree(models / "downloads" / "en_core_web_sm")
    status, _, message = ameli("link", released.root, "--profile", "small", "--text", "This laptop is red.")
    assert status == 2
    assert "models.language" in message
    assert "models.detector" not in message


def test_one_message_names_all_missing_models(models: Path, ameli: Ameli, released: Snapshot) -> None:
    shutil.rmtree(models)
    for command, count in (("build", 5), ("baseline", 8)):
        status, out, message = ameli(command, released.root, "--profile", "paper", "--workers", "1")
        assert (status, out) == (2, "")
        assert message.startswith(f"ameli: {count} of {count} models are missing: ")
        for role, commands in COMMANDS.items():
            setting = "clean.tokenizer" if role == "tokenizer" else f"models.{role}"
            assert (f"{setting} " in message) == (command in commands)


def test_one_message_names_the_files_of_all_models_missing_on_the_hub(
    hub: LoopbackHub, models: Path, ameli: Ameli
) -> None:
    shutil.rmtree(models)
    lost = [f"{MINILM}/modules.json", "en_core_web_sm-3.8.0-py3-none-any.whl"]
    hub.take_away(*lost)
    status, out, message = ameli("models", "fetch", "--profile", "small")
    assert (status, out) == (1, "")
    assert message.startswith(f"ameli: 2 of 8 could not be fetched: {MINILM}: no modules.json among its files; en_core")
    hub.repair()
    hub.asked.clear()
    assert ameli("models", "fetch", "--profile", "small")[0] == 0
    assert {path.rsplit("/", 1)[0] for path in hub.bodies()} == {MINILM, f"{MINILM}/1_Pooling", "downloads"}
