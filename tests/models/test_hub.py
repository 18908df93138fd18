"""Repositories of a hub on loopback: the files fetched from them, and the message of each failure."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from hub.fixtures import ask
from hub.loopback import LoopbackHub

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import load_settings
from ameli_build.models.hub import Hub, Kind, wanted_files
from ameli_build.models.needs import fetch
from ameli_build.models.sources import place_of

REPO = "owner/sentences"
COMMIT, ANOTHER = "0123456789abcdef" * 2 + "01234567", "f" * 40
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
MODULES = [
    {"path": path, "type": f"sentence_transformers.models.{kind}"}
    for path, kind in (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
]
WEIGHTS = (2).to_bytes(8, "little") + b"{}" + bytes(range(256)) * 64
NEEDED = {
    "1_Pooling/config.json": b"{}",
    "config.json": b'{"model_type": "bert"}',
    "model.safetensors": WEIGHTS,
    "modules.json": json.dumps(MODULES).encode(),
    "sentence_bert_config.json": b'{"max_seq_length": 256}',
    "vocab.txt": b"[PAD]\n",
}
MORE = ("README.md", ".gitattributes", "pytorch_model.bin", "tf_model.h5", "onnx/model.onnx", "onnx/config.json")
"""Files of the repository that are not needed."""
PINNED = Hub(REPO, COMMIT, "sentence")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub with one repository, set as the endpoint of this process, and an empty folder of models."""
    for name, body in (NEEDED | dict.fromkeys(MORE, b"not for us")).items():
        path = tmp_path / "hub" / "repositories" / REPO / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (tmp_path / "hub" / "revisions.json").write_text(json.dumps({REPO: COMMIT}))
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with LoopbackHub(tmp_path / "hub") as opened:
        ask(opened.address, monkeypatch)
        yield opened


def files_of(source: Hub) -> list[str]:
    """Files in the folder of a source, without those of the hub's client."""
    files = [path.relative_to(source.folder) for path in source.folder.rglob("*") if path.is_file()]
    return sorted(path.as_posix() for path in files if not path.parts[0].startswith("."))


def failure(source: Hub) -> str:
    """The message of a failed fetch, after which the source counts as not fetched."""
    with pytest.raises(RunFailed) as failed:
        source.fetch()
    assert source.problem() == "not fetched"
    return str(failed.value)


def test_only_the_needed_files_are_fetched(hub: LoopbackHub) -> None:
    assert PINNED.problem() == "not fetched"
    PINNED.fetch()
    assert PINNED.problem(whole=True) == ""
    assert files_of(PINNED) == sorted(NEEDED)
    assert sorted(hub.bodies()) == sorted(f"{REPO}/{name}" for name in NEEDED)
    assert (PINNED.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_revision_licence_and_size_are_recorded(hub: LoopbackHub) -> None:
    assert (PINNED.facts.revision, PINNED.facts.licence, PINNED.facts.size) == (COMMIT, "unknown", 0)
    PINNED.fetch()
    size = sum(map(len, NEEDED.values()))
    assert (PINNED.facts.revision, PINNED.facts.licence, PINNED.facts.size) == (COMMIT, "apache-2.0", size)


def test_the_newest_revision_is_fetched_and_recorded_if_none_is_given(hub: LoopbackHub) -> None:
    newest = Hub(REPO, "", "sentence")
    newest.fetch()
    assert newest.facts.revision == COMMIT
    assert newest.folder != PINNED.folder
    assert PINNED.problem() == "not fetched"


def test_a_second_fetch_downloads_nothing(hub: LoopbackHub) -> None:
    PINNED.fetch()
    hub.asked.clear()
    PINNED.fetch()
    assert hub.bodies() == []
    assert PINNED.problem() == ""


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.txt"])
@pytest.mark.parametrize("body", [None, b"short", "as long"], ids=["gone", "short", "as long"])
def test_only_a_lost_or_damaged_file_is_fetched_again(hub: LoopbackHub, name: str, body: bytes | str | None) -> None:
    PINNED.fetch()
    path = PINNED.folder / name
    path.unlink()
    if body is not None:
        path.write_bytes(NEEDED[name][::-1] if isinstance(body, str) else body)
    assert PINNED.problem(whole=True) == f"{name} is {'missing' if body is None else 'damaged'}"
    hub.asked.clear()
    PINNED.fetch()
    assert hub.bodies()[-1:] == [f"{REPO}/{name}"]
    assert set(hub.bodies()) == {f"{REPO}/{name}"}
    assert path.read_bytes() == NEEDED[name]


def test_a_failed_fetch_leaves_no_record_of_an_earlier_fetch(hub: LoopbackHub) -> None:
    PINNED.fetch()
    (PINNED.folder / "vocab.txt").unlink()
    hub.damage(f"{REPO}/vocab.txt")
    failure(PINNED)  # asserts "not fetched"


def test_a_broken_download_resumes_where_it_stopped(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 10)
    hub.cut(f"{REPO}/model.safetensors", 9000)
    assert failure(PINNED) == f"{REPO}: the connection broke; run the command again to continue"
    hub.asked.clear()
    PINNED.fetch()
    assert [request.begin for request in hub.asked if request.path.startswith("/cdn/")] == [9000 // 1024 * 1024]
    assert PINNED.problem(whole=True) == ""
    assert (PINNED.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_files_fetched_before_a_broken_download_are_not_fetched_again(hub: LoopbackHub) -> None:
    hub.cut(f"{REPO}/model.safetensors", 0)
    failure(PINNED)
    hub.asked.clear()
    PINNED.fetch()
    assert set(hub.bodies()) == {f"{REPO}/model.safetensors"}


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.txt"])
def test_content_that_differs_from_the_hubs_digest_is_refused(hub: LoopbackHub, name: str) -> None:
    hub.damage(f"{REPO}/{name}")
    for _ in range(2):
        assert failure(PINNED) == f"{REPO}: {name} differs from the hub's size or digest; run the command again"
        assert name not in files_of(PINNED)
    hub.repair()
    PINNED.fetch()
    assert (PINNED.folder / name).read_bytes() == NEEDED[name]


@pytest.mark.parametrize("body", [POINTER, b""])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_pointer_instead_of_weights_is_refused(hub: LoopbackHub, name: str, body: bytes) -> None:
    (hub.folder / "repositories" / REPO / name).write_bytes(body)
    if name != "model.safetensors":
        hub.take_away(f"{REPO}/model.safetensors")
    assert failure(PINNED).startswith(f"{REPO}: {name} has no weights")


@pytest.mark.parametrize("begin", [b"PK\x03\x04", b"\x80\x02"], ids=["archive", "older"])
def test_pickled_weights_are_fetched_if_there_is_no_safetensors_file(hub: LoopbackHub, begin: bytes) -> None:
    (hub.folder / "repositories" / REPO / "pytorch_model.bin").write_bytes(begin + bytes(99))
    hub.take_away(f"{REPO}/model.safetensors")
    PINNED.fetch()
    assert "pytorch_model.bin" in files_of(PINNED)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1_Pooling/config.json", "1_Pooling/config.json is not among its files"),
        ("sentence_bert_config.json", "sentence_*_config.json is not among its files"),
        ("modules.json", "no modules.json among its files"),
        ("config.json", "no config.json among its files"),
        ("vocab.txt", "no tokenizer among its files"),
        ("model.safetensors", "pytorch_model.bin has no weights; does a mirror serve a Git LFS pointer in its place?"),
    ],
)
def test_a_file_missing_on_the_hub_is_reported(hub: LoopbackHub, name: str, said: str) -> None:
    hub.take_away(f"{REPO}/{name}")
    assert failure(PINNED) == f"{REPO}: {said}"


def test_a_repository_missing_on_the_hub_is_reported(hub: LoopbackHub) -> None:
    said = "owner/nothing: the hub has no such repository, or HF_TOKEN has no access to it"
    assert failure(Hub("owner/nothing", "", "sentence")) == said
    assert failure(Hub("owner/nothing", COMMIT, "sentence")) == said


@pytest.mark.parametrize("revision", [ANOTHER, "v1.0"])
def test_a_revision_missing_on_the_hub_is_reported(hub: LoopbackHub, revision: str) -> None:
    assert failure(Hub(REPO, revision, "sentence")) == f"{REPO}: the hub has no such revision"
    assert hub.bodies() == []


def test_a_mirror_with_another_revision_is_refused(hub: LoopbackHub) -> None:
    hub.checks_revisions = False
    said = f"{REPO}: the hub answers with revision {COMMIT}, not {ANOTHER}"
    assert failure(Hub(REPO, ANOTHER, "sentence")) == said
    assert hub.bodies() == []


def test_gated_files_need_a_token(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.gate(REPO, "hf_right")
    said = f"{REPO}: its owner asks for consent: agree on its page, and set HF_TOKEN"
    assert failure(PINNED) == said  # 401
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert failure(PINNED) == said  # 403
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    PINNED.fetch()
    assert PINNED.problem() == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "401 Unauthorized"),
        (403, "403 Forbidden"),
        (404, "404 Not Found"),
        (503, "503 Service Unavailable"),
    ],
)
def test_a_refusal_is_reported(hub: LoopbackHub, status: int, said: str) -> None:
    hub.shut(status)
    assert failure(PINNED) == f"{REPO}: {said}"


def test_an_unreachable_hub_is_reported(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but not listening
        ask(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        assert failure(PINNED) == f"{REPO}: no connection"


def test_the_environment_sets_the_hub(hub: LoopbackHub, tmp_path: Path) -> None:
    code = f"from ameli_build.models.hub import Hub; Hub({REPO!r}, {COMMIT!r}, 'sentence').fetch()"
    environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PINNED.problem(whole=True) == ""
    assert sorted(hub.bodies()) == sorted(f"{REPO}/{name}" for name in NEEDED)
    assert not list((tmp_path / "hf").rglob("*.safetensors"))


def test_a_machine_without_network_uses_a_copied_folder(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings("demo", [f"models.text_encoder={REPO}@{COMMIT}"])
    assert fetch(settings, ["text_encoder"]) == [REPO]
    hub.shut()
    shutil.copytree(tmp_path / "models", tmp_path / "stick")
    shutil.rmtree(tmp_path / "models")
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "stick"))
    assert fetch(settings, ["text_encoder"]) == []
    place = place_of("text_encoder", settings.models.text_encoder)
    assert Path(place).is_relative_to(tmp_path / "stick")
    assert (Path(place) / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.asked == []


def test_each_use_of_a_repository_has_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path))
    kinds: list[tuple[Kind, str]] = [
        ("sentence", ""),
        ("tokenizer", ""),
        ("grounding", "SwinT"),
        ("grounding", "SwinB"),
    ]
    names = [Hub(REPO, COMMIT, kind, part).folder.name for kind, part in kinds]
    whole = f"owner--sentences--{COMMIT}"
    assert names == [whole, f"{whole}-tokenizer", f"{whole}-SwinT", f"{whole}-SwinB"]


BERT = ["config.json", "tokenizer.json"]
DETECTORS = [
    *("GroundingDINO_SwinB.cfg.py", "GroundingDINO_SwinT_OGC.cfg.py"),
    *("groundingdino_swinb_cogcoor.pth", "groundingdino_swint_ogc.pth"),
]
WANTED: dict[str, tuple[Kind, str, list[str], list[str]]] = {
    "safetensors rather than a pickle": (
        "transformer",
        "",
        [*BERT, "model.safetensors", "pytorch_model.bin", "flax_model.msgpack"],
        [*BERT, "model.safetensors"],
    ),
    "weights in parts": (
        "transformer",
        "",
        [*BERT, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
        [*BERT, "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
    ),
    "a pickle, but not of a generator nor of half precision": (
        "transformer",
        "",
        ["config.json", "spm.model", "pytorch_model.bin", "pytorch_model.generator.bin", "model.fp16.safetensors"],
        ["config.json", "spm.model", "pytorch_model.bin"],
    ),
    "a tokenizer alone": ("tokenizer", "", [*BERT, "model.safetensors", "README.md"], BERT),
    "a CLIP of Sentence Transformers, in a folder": (
        "sentence",
        "",
        ["modules.json", "0_CLIPModel/config.json", "0_CLIPModel/vocab.json", "0_CLIPModel/pytorch_model.bin"],
        ["modules.json", "0_CLIPModel/config.json", "0_CLIPModel/vocab.json", "0_CLIPModel/pytorch_model.bin"],
    ),
    "modules of Sentence Transformers with their own weights, in either form": (
        "sentence",
        "",
        [*BERT, "modules.json", "model.safetensors", "pytorch_model.bin", "1_Pooling/config.json"]
        + [f"{n}_Dense/{name}" for n in (2, 3) for name in ("config.json", "pytorch_model.bin")]
        + ["3_Dense/model.safetensors"],
        [
            *BERT,
            "modules.json",
            "model.safetensors",
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "2_Dense/pytorch_model.bin",
            "3_Dense/config.json",
            "3_Dense/model.safetensors",
        ],
    ),
    "a CLIP of open_clip": (
        "open_clip",
        "",
        ["open_clip_config.json", "open_clip_model.safetensors", "open_clip_pytorch_model.bin", "model.safetensors"],
        ["open_clip_config.json", "open_clip_model.safetensors"],
    ),
    "a network of timm": (
        "timm",
        "",
        ["config.json", "model.safetensors", "pytorch_model.bin"],
        ["config.json", "model.safetensors"],
    ),
    "one of two detectors": (
        "grounding",
        "SwinB",
        DETECTORS,
        ["GroundingDINO_SwinB.cfg.py", "groundingdino_swinb_cogcoor.pth"],
    ),
    "the other detector": (
        "grounding",
        "SwinT",
        DETECTORS,
        ["GroundingDINO_SwinT_OGC.cfg.py", "groundingdino_swint_ogc.pth"],
    ),
}
"""Kind, detector, files of the repository, wanted files."""


@pytest.mark.parametrize("case", WANTED)
def test_each_kind_has_its_wanted_files(case: str) -> None:
    kind, grounding, names, wanted = WANTED[case]
    assert sorted(wanted_files(kind, names, grounding)) == sorted(wanted)


@pytest.mark.parametrize(
    ("kind", "grounding", "names", "said"),
    [
        ("tokenizer", "", ["config.json", "tokenizer_config.json"], "no tokenizer"),
        ("transformer", "", ["tokenizer.json", "model.safetensors"], r"no config\.json"),
        ("transformer", "", ["config.json", "model.safetensors"], "no tokenizer"),
        ("transformer", "", [*BERT, "onnx/model.safetensors", "tf_model.h5"], "no weights"),
        ("sentence", "", [*BERT, "model.safetensors"], r"no modules\.json"),
        ("sentence", "", ["modules.json", "tokenizer.json", "1_Pooling/config.json", "model.safetensors"], "no config"),
        ("sentence", "", ["modules.json", *BERT, "2_Dense/config.json", "2_Dense/model.safetensors"], "no weights"),
        ("open_clip", "", ["open_clip_model.safetensors"], r"no open_clip_config\.json"),
        ("open_clip", "", ["open_clip_config.json"], "no weights file"),
        ("timm", "", ["config.json"], "no weights"),
        ("grounding", "SwinT", ["groundingdino_swint_ogc.pth", "GroundingDINO_SwinB.cfg.py"], "no configuration"),
        (
            "grounding",
            "SwinT",
            ["groundingdino_swinb_cogcoor.pth", "GroundingDINO_SwinT_OGC.cfg.py"],
            "no weights file",
        ),
    ],
)
def test_a_repository_that_lacks_a_needed_file_is_refused(
    kind: Kind, grounding: str, names: list[str], said: str
) -> None:
    with pytest.raises(RunFailed, match=f"{said}.* among its files"):
        wanted_files(kind, names, grounding)
