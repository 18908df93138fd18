"""Promises of docker-compose.yml, docker/Dockerfile and .env.example, read from the files."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ameli_build.core.settings import load_settings
from ameli_build.demo.catalogue import make_world
from ameli_build.splits import split_of

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = ("prefect", "deployments", "models", "worker", "worker-gpu", "snapshots")


def test_env_example_has_every_variable_of_the_compose_file_and_the_code() -> None:
    read = set(re.findall(r"\$\{(\w+)", COMPOSE))
    read |= set(re.findall(r"\$(AMELI_\w+)", (ROOT / "prefect.yaml").read_text()))
    for path in (ROOT / "ameli_build").rglob("*.py"):
        read |= set(re.findall(r'"(AMELI_[A-Z]+(?:_[A-Z]+)*|BESTBUY_API_KEY)"', path.read_text()))
    listed = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert not read - listed


def test_env_example_and_the_compose_file_have_the_same_defaults() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE))
    examples = dict(re.findall(r"^#(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {name: examples[name] for name in examples.keys() & defaults.keys()} == {
        name: defaults[name] for name in examples.keys() & defaults.keys()
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits_of_its_memory_and_its_log(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]
    assert service["logging"]["options"]["max-file"]


@pytest.mark.parametrize("name", OURS)
def test_no_service_of_this_project_runs_as_root_and_children_are_reaped(name: str) -> None:
    assert SERVICES[name]["user"] == "${AMELI_UID:-1000}:${AMELI_GID:-1000}"
    assert SERVICES[name]["init"] is True


def test_ports_are_open_only_to_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_foreign_images_are_pinned_to_a_version() -> None:
    images = {SERVICES[name]["image"] for name in SERVICES.keys() - {*OURS}}
    assert all(re.search(r":\d+\.\d+", image) for image in images), images


def test_the_worker_is_the_first_process_and_has_time_to_end() -> None:
    for name in ("worker", "worker-gpu"):
        worker = SERVICES[name]
        assert worker["command"][:3] == ["prefect", "worker", "start"]  # no shell between it and the engine's signal
        assert int(worker["stop_grace_period"].removesuffix("s")) >= 60
        assert worker["healthcheck"]
        assert "--with-healthcheck" in worker["command"]
        assert worker["depends_on"]["deployments"]["condition"] == "service_completed_successfully"
        for variable in ("AMELI_RUN__CACHE", "AMELI_MODELS"):
            assert worker["environment"][variable].startswith("/snapshots/")


def test_only_the_profile_gpu_requests_a_gpu() -> None:
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    devices = SERVICES["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]
    assert "deploy" not in SERVICES["worker"]


def test_the_image_has_a_browser_only_on_request() -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    assert "ARG BROWSER=no" in dockerfile
    assert all('"$BROWSER" = yes' in line for line in dockerfile.splitlines() if "chromium-driver" in line)
    assert not any("BROWSER" in service.get("build", {}).get("args", {}) for service in SERVICES.values())


def test_the_demo_is_on_the_volume_and_has_products_for_every_split() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    demo = next(deployment for deployment in deployments if deployment["name"] == "demo")["parameters"]
    assert demo["snapshot"].startswith("{{ $AMELI_SNAPSHOTS }}/")
    settings = load_settings("demo")
    world = make_world(seed=13, products=demo["products"])
    splits = Counter(split_of(product.sku, settings.run.seed, settings.splits) for product in world.products)
    assert all(splits[split] >= 4 for split in ("train", "dev", "test")), splits


def test_every_schedule_is_off_by_default() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert [schedule["active"] for deployment in deployments for schedule in deployment.get("schedules", ())] == [False]


def test_prefect_requires_a_password_without_default_and_admits_only_its_own_page() -> None:
    auth = "${PREFECT_AUTH:?set it in .env}"
    server = SERVICES["prefect"]["environment"]
    assert server["PREFECT_SERVER_API_AUTH_STRING"] == auth
    clients = ("prefect", "deployments", "worker", "worker-gpu")
    assert {SERVICES[name]["environment"]["PREFECT_API_AUTH_STRING"] for name in clients} == {auth}
    assert not re.search(r"PREFECT_AUTH:-", COMPOSE)
    origins = server["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"].split(",")
    assert origins == [f"http://{host}:${{PREFECT_PORT:-4200}}" for host in ("localhost", "127.0.0.1")]
