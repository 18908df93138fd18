"""No key or password of the environment reaches a log, a run's record, the archive, an artifact or an error message."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from demo.api_storefront import API_KEY, ApiStorefront

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import FaultPlan, Reset, Rule, Status

PASSWORD = "admin:p4ss-of-the-server"
KEYS = {
    "BESTBUY_API_KEY": API_KEY,
    "PREFECT_AUTH": PASSWORD,
    "PREFECT_API_AUTH_STRING": PASSWORD,
    "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
}
FLOWS = """
import contextlib, sys
from pathlib import Path
from ameli_build.flows.build import build
from ameli_build.flows.crawl import crawl, crawl_site
crawl_site.retry_delay_seconds = [0.0]
site, broken, root = sys.argv[1], sys.argv[2], Path(sys.argv[3])
api = ["crawl.products=api", "crawl.specifications=json"]
crawl(root / "whole", "demo", api, site, max_products=2)
with contextlib.suppress(Exception):  # with two products, a split is empty
    build(root / "whole", "demo", ["run.workers=1"], strict=False)
for name, override in (("broken", "crawl.retries=0"), ("wrong", "no.such=setting")):
    with contextlib.suppress(Exception):
        crawl(root / name, "demo", [*api, override], broken, max_products=2)
print("all flows ran")
"""


def shown(command: list[str], home: Path) -> str:
    """The output of a command on both streams."""
    environment = {**os.environ, **KEYS, "PREFECT_HOME": str(home)}
    environment.pop("PREFECT_API_URL", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    return done.stdout + done.stderr


def contents(root: Path) -> bytes:
    """The unpacked contents and the names of all files in a folder."""
    found = b""
    for path in root.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            found += str(path).encode() + (gzip.decompress(body) if path.suffix == ".gz" else body)
    return found


def assert_no_key(*given: bytes) -> None:
    for name, key in KEYS.items():
        for secret in (key.encode(), key.rpartition(":")[2].encode()):
            assert not any(secret in content for content in given), name


@pytest.mark.slow
def test_flows_do_not_disclose_keys(tmp_path: Path) -> None:
    """The server's database holds the logs, states, parameters and artifacts of all runs."""
    home, root = tmp_path / "home", tmp_path / "data"
    world = make_world(seed=7, products=12)
    faults = FaultPlan((Rule("^/v1/", Reset()),))
    with ApiStorefront(world) as shop, ApiStorefront(world, faults) as broken:
        output = shown([sys.executable, "-c", FLOWS, shop.site_url, broken.site_url, str(root)], home)
        for server in (shop, broken):
            assert any(f"apiKey={API_KEY}" in seen.target for seen in server.seen), output[-3000:]
    assert "all flows ran" in output
    files, stored = contents(root), contents(home)
    assert (root / "whole" / "run.json").is_file()
    assert b"funnel" in stored or b"crawl" in stored
    assert_no_key(output.encode(), files, stored)


def test_commands_do_not_disclose_keys(tmp_path: Path) -> None:
    """Every kind of error of a call of the API, with its traceback."""
    for number, fault in enumerate((Reset(), Status(403), Status(500))):
        root = tmp_path / str(number)
        with ApiStorefront(make_world(seed=7, products=12), FaultPlan((Rule("^/v1/", fault),))) as shop:
            command = [sys.executable, "-m", "ameli_build", "--debug", "crawl", "--out", str(root), "--profile", "demo"]
            command += ["--site-url", shop.site_url, "--set", "crawl.products=api", "--set", "crawl.retries=0"]
            output = shown(command, tmp_path / "home")
            assert any(f"apiKey={API_KEY}" in seen.target for seen in shop.seen), output
        assert "Traceback" in output
        assert_no_key(output.encode(), contents(root))
