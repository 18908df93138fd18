"""`ameli export --push`: a data set on a hub on loopback, as `huggingface_hub` uploads it and `datasets` loads it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub.uploads import TOKEN, Repository, UploadHub
from made import released_snapshot

from ameli_build.core.snapshot import Snapshot

REPO = "me/laptops"
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return released_snapshot(tmp_path_factory.mktemp("pushed") / "snapshot")


@pytest.fixture
def hub() -> Iterator[UploadHub]:
    with UploadHub() as opened:
        yield opened


@pytest.fixture
def environment(hub: UploadHub, tmp_path: Path) -> dict[str, str]:
    """Variables of a process that knows only this hub, and its token."""
    return {**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": TOKEN}


@pytest.fixture
def push(released: Snapshot, environment: dict[str, str], tmp_path: Path) -> Callable[..., Run]:
    def run(*more: str, snapshot: Snapshot = released, **variables: str) -> Run:
        options = ["--format", "hf", "--out", str(tmp_path / "out"), "--profile", "demo", "--push", REPO, *more]
        command = [sys.executable, "-m", "ameli_build", "export", str(snapshot.root), *options]
        return subprocess.run(
            command, env=environment | variables, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_repository_holds_the_export_and_its_script_loads_it(
    hub: UploadHub, push: Callable[..., Run], environment: dict[str, str], tmp_path: Path
) -> None:
    done = push()
    assert done.returncode == 0, done.stderr
    assert f"{hub.address}/datasets/{REPO}" in done.stderr
    found = hub.repositories[REPO]
    assert found.private
    assert {name: body for name, body in found.files.items() if name != ".gitattributes"} == files_of(tmp_path / "out")
    (script,) = re.findall(r"```python\n(.*?)```", found.files["README.md"].decode(), re.DOTALL)
    assert f'load_dataset("{REPO}"' in script or f'source = "{REPO}"' in script
    loaded = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.splitlines()[-1].endswith("(40, 30)")


def test_a_killed_push_continues(
    hub: UploadHub, released: Snapshot, environment: dict[str, str], tmp_path: Path, push: Callable[..., Run]
) -> None:
    command = [sys.executable, "-m", "ameli_build", "export", str(released.root)]
    options = ["--format", "hf", "--out", str(tmp_path / "out"), "--profile", "demo", "--push", REPO]
    with subprocess.Popen([*command, *options], env=environment, stderr=subprocess.DEVNULL) as process:
        hub.on_store = lambda number: process.send_signal(signal.SIGKILL) if number == 2 else None
        assert process.wait(120) == -signal.SIGKILL
    assert hub.repositories[REPO].files.keys() == {".gitattributes"}  # no partial content: the commit comes last
    before = list(hub.stored)
    hub.on_store = lambda number: None
    assert push().returncode == 0
    large = [name for name in hub.repositories[REPO].files if name.endswith(".parquet")]
    assert 2 <= len(before) < len(large)
    assert len(hub.stored) == len(set(hub.stored))  # no content twice


def test_an_equal_second_push_makes_no_commit_and_another_export_is_replaced(
    hub: UploadHub, push: Callable[..., Run], tmp_path: Path
) -> None:
    assert push().returncode == 0
    hub.repositories[REPO].private = False
    hub.repositories[REPO].files["data/train-00001-of-00002.parquet"] = b"of an earlier export"
    assert push().returncode == 0
    found = hub.repositories[REPO]
    assert "data/train-00001-of-00002.parquet" not in found.files
    assert (found.commits, found.private) == (2, False)
    assert push().returncode == 0
    assert found.commits == 2


@pytest.mark.parametrize("holds", [["model.safetensors"], ["data/train.parquet", "README.md"], ["notes.txt"]])
def test_a_repository_with_other_content_is_refused(hub: UploadHub, push: Callable[..., Run], holds: list[str]) -> None:
    before = dict.fromkeys(holds, b"mine")
    hub.repositories[REPO] = Repository(False, dict(before))
    done = push()
    assert done.returncode == 2
    assert "not an earlier export" in done.stderr.splitlines()[-1]
    assert hub.repositories[REPO].files == before


@pytest.mark.parametrize(
    ("given", "variables", "message"),
    [
        (["--push", "no-owner"], {}, "owner/name"),
        (["--push", "a/b/c"], {}, "owner/name"),
        (["--push", "a/-b-"], {}, "--push a/-b-"),
        ([], {"HF_TOKEN": ""}, "HF_TOKEN"),
        (["--format", "official"], {}, "needs --format hf"),
        (["--out", "memory://out"], {}, "local folder"),
    ],
)
def test_wrong_usage_sends_nothing(
    hub: UploadHub, push: Callable[..., Run], tmp_path: Path, given: list[str], variables: dict[str, str], message: str
) -> None:
    done = push(*given, **variables)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert not hub.repositories
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damaged", ["test.parquet", "README.md", "stats.json"])
def test_a_damaged_release_is_not_pushed(
    hub: UploadHub, push: Callable[..., Run], damaged: str, tmp_path: Path
) -> None:
    snapshot = released_snapshot(tmp_path / "damaged")
    path = snapshot.dataset / damaged
    path.write_bytes(path.read_bytes() + b"\n")
    done = push(snapshot=snapshot)
    assert done.returncode == 1
    assert damaged in done.stderr
    assert not hub.repositories


@pytest.mark.parametrize(
    ("status", "message"), [(401, "Invalid"), (403, "quota of private storage"), (400, "bad name")]
)
def test_a_refusal_of_the_hub_is_a_single_line(
    hub: UploadHub, push: Callable[..., Run], status: int, message: str
) -> None:
    hub.refuses = (status, message)
    done = push()
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_without_the_flag_nothing_is_pushed(hub: UploadHub, push: Callable[..., Run]) -> None:
    assert push("--push", "").returncode == 0
    assert not hub.repositories
