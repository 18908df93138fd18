"""A build on a cluster whose workers are killed at random ends with the bytes of one process."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml
from clusters import ROOT, dask_cluster, environment, ray_cluster
from travel.stores import store_of
from world_files import ingested, write_world

from ameli_build.core.snapshot import Snapshot

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]
SMALL = ["--profile", "demo", "--set", "run.shard_rows=16", "--set", "models.batch=8"]
KILLS = 5
SCALE = ROOT / "docs" / "scale.md"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    return folder


def ameli(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [*AMELI, *map(str, arguments), *SMALL]
    return subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    _, messages = process.communicate()
    assert process.returncode == 0, messages
    return messages


def bytes_of(snapshot: Snapshot) -> dict[str, bytes]:
    return {path.relative_to(snapshot.dataset).as_posix(): path.read_bytes() for path in snapshot.dataset.rglob("*.*")}


@pytest.fixture(scope="module")
def once(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """The data set of one process, and the number of shards that its build stores."""
    snapshot = ingested(world, tmp_path_factory.mktemp("once") / "s")
    finish(ameli("build", snapshot.root, "--workers", "1"))
    return bytes_of(snapshot), stored_shards(snapshot)


def stored_shards(snapshot: Snapshot) -> int:
    # unlike rglob, walk copes with folders that disappear meanwhile
    return sum(name.endswith(".sealed") for _, _, names in os.walk(snapshot.root / "cache") for name in names)


def kill_at_random(
    process: subprocess.Popen[str], snapshot: Snapshot, shards: int, victims: Callable[[], list[psutil.Process]]
) -> int:
    """Kill a worker at `KILLS` random numbers of stored shards; returns the number of kills."""
    dice = random.Random(13)
    killed = 0
    for moment in sorted(dice.sample(range(1, shards - 8), KILLS)):
        while (stored_shards(snapshot) < moment or not victims()) and process.poll() is None:
            wait(process)
        for victim in dice.sample(victims(), 1) if process.poll() is None else ():
            victim.kill()
            killed += 1
    return killed


def wait(process: subprocess.Popen[str]) -> None:
    """Wait for the end of a process for a moment."""
    try:
        process.wait(0.02)
    except subprocess.TimeoutExpired:
        return


def test_a_build_on_two_dask_workers_ends_with_the_same_bytes(
    world: Path, once: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    wanted, shards = once
    snapshot = ingested(world, tmp_path / "s")
    with dask_cluster(tmp_path) as cluster:
        cluster.add()
        cluster.add()
        process = ameli("build", snapshot.root, "--cluster", cluster.url)
        killed = kill_at_random(process, snapshot, shards, cluster.workers)
        finish(process)
        assert killed == KILLS
    assert bytes_of(snapshot) == wanted


def test_a_build_on_two_ray_workers_ends_with_the_same_bytes(
    world: Path, once: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    wanted, shards = once
    snapshot = ingested(world, tmp_path / "s")

    def workers() -> list[psutil.Process]:
        below = psutil.Process().children(recursive=True)
        return [child for child in below if child.name() in ("ray::IDLE", "ray::run")]  # Ray exits without its agents

    with ray_cluster(tmp_path) as url:
        process = ameli("build", snapshot.root, "--cluster", url)
        killed = kill_at_random(process, snapshot, shards, workers)
        finish(process)
        assert killed == KILLS
    assert bytes_of(snapshot) == wanted


def slurm(snapshot: Snapshot, stage: str, rank: int) -> tuple[list[str], dict[str, str]]:
    """The script of `docs/scale.md` for Slurm, as a task of an array of three."""
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n#SBATCH.*?)```", SCALE.read_text(), re.DOTALL)
    task = {"SLURM_ARRAY_TASK_ID": str(rank), "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_CPUS_PER_TASK": "1"}
    return ["bash", "-c", script.replace("clean", stage)], {**task, "SNAPSHOT": str(snapshot.root)}


def kubernetes(snapshot: Snapshot, stage: str, rank: int) -> tuple[list[str], dict[str, str]]:
    """The container of `docs/scale.md` for Kubernetes, as a pod of a job of three."""
    (text,) = re.findall(r"```yaml\n(.*?)```", SCALE.read_text(), re.DOTALL)
    job = yaml.safe_load(text)["spec"]
    assert job["completionMode"] == "Indexed"
    (container,) = job["template"]["spec"]["containers"]
    (line,) = container["args"]
    line = line.replace("/snapshots/2026-11", str(snapshot.root)).replace("clean", stage)
    line = line.replace(f"--of {job['completions']}", "--of 3")
    return [*container["command"], line], {"JOB_COMPLETION_INDEX": str(rank)}


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell whose `ameli` takes the small settings in place of a profile."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "ameli"
    script.write_text(
        f"#!/bin/sh\nset -- $(echo \"$@\" | sed 's/--profile paper//') {' '.join(SMALL)}\n"
        f"exec {sys.executable} -c 'from ameli_build.cli import main; main()' \"$@\"\n"
    )
    script.chmod(0o755)
    return {**environment(), "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}"}


Ranks = Callable[[Snapshot, str, int], tuple[list[str], dict[str, str]]]


def test_three_killed_ranks_end_with_the_same_bytes(
    world: Path, once: tuple[dict[str, bytes], int], tmp_path: Path, shell: dict[str, str]
) -> None:
    """Ranks of two stages are killed at random and start again; the build then computes no shard of the stage."""
    wanted, _ = once
    snapshot = ingested(world, tmp_path / "s")
    dice, kills = random.Random(7), 0
    stages: list[tuple[str, str, Ranks, int]] = [
        ("clean", "catalog", slurm, 3),
        ("informativeness", "mentions", kubernetes, 2),
    ]
    for stage, before, how, deaths in stages:
        finish(ameli("build", snapshot.root, "--until", before))

        def start(rank: int, stage: str = stage, how: Ranks = how) -> subprocess.Popen[str]:
            command, variables = how(snapshot, stage, rank)
            return subprocess.Popen(command, env={**shell, **variables}, stderr=subprocess.PIPE, text=True)

        ranks = {rank: start(rank) for rank in range(3)}
        for _ in range(deaths):
            victim, there, more = dice.choice(sorted(ranks)), stored_shards(snapshot), dice.randint(1, 3)
            while stored_shards(snapshot) < there + more and any(process.poll() is None for process in ranks.values()):
                wait(ranks[victim])
            if ranks[victim].poll() is None:
                for process in (*psutil.Process(ranks[victim].pid).children(), psutil.Process(ranks[victim].pid)):
                    process.kill()
                kills += 1
            ranks[victim].communicate()
            ranks[victim] = start(victim)
        for rank in ranks.values():
            assert "are in the cache" in finish(rank)
        filled = stored_shards(snapshot)
        finish(ameli("build", snapshot.root, "--until", stage))
        assert stored_shards(snapshot) == filled
    assert kills == KILLS
    finish(ameli("build", snapshot.root, "--workers", "1"))
    assert bytes_of(snapshot) == wanted


def test_killed_ranks_that_share_only_a_url_end_with_the_same_bytes(
    world: Path, once: tuple[dict[str, bytes], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranks on copies of a snapshot are killed and restarted on new copies; the build repeats none of their shards."""
    wanted, _ = once
    snapshot = ingested(world, tmp_path / "s")
    finish(ameli("build", snapshot.root, "--until", "catalog"))
    with store_of("s3", tmp_path, monkeypatch) as place:
        cache = ("--set", f"run.cache={place.url}")
        there = f"{place.url}-snapshot"
        run("push", snapshot.root, there)

        def start(rank: int, copy: str) -> subprocess.Popen[str]:
            run("pull", there, tmp_path / copy)
            return ameli("work", tmp_path / copy, "--stage", "clean", "--rank", rank, "--of", "2", *cache)

        ranks = [start(rank, f"copy-{rank}") for rank in range(2)]
        for rank in range(2):
            made, victim = len(place.sizes()), ranks[rank]
            while len(place.sizes()) < made + 2 and victim.poll() is None:
                wait(victim)
            victim.kill()
            victim.communicate()
            ranks[rank] = start(rank, f"again-{rank}")
        for process in ranks:
            assert "are in the cache" in finish(process)
        filled = place.content()
        messages = finish(ameli("build", snapshot.root, "--until", "clean", *cache))
        assert "clean: done" in messages
        assert place.content() == filled
        finish(ameli("build", snapshot.root, "--workers", "2", *cache))
    assert bytes_of(snapshot) == wanted


def run(*arguments: str | Path) -> None:
    """A command without settings."""
    subprocess.run([*AMELI, *map(str, arguments)], env=environment(), check=True, capture_output=True)
