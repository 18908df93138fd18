"""`run.json`: a later stage is recorded, and the settings of the build stay."""

import json
from pathlib import Path

import pytest

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.provenance import note_stage, write_run_record


def test_a_later_stage_is_recorded_with_the_settings_of_the_build(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    write_run_record(snapshot, load_settings("demo"), "build")
    mark = {"fingerprint": "f", "seconds": 1.5, "peak_memory_mb": 7, "models": {"ocr": "rapidocr"}, "outputs": {}}
    write_json(tmp_path / "stages" / "baseline" / "stage.json", mark)
    note_stage(snapshot, "baseline", "baseline")
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["settings"]["profile"] == "demo"
    assert record["commands"] == ["baseline", "build"]
    assert record["stages"] == {"baseline": {key: value for key, value in mark.items() if key != "outputs"}}


def test_no_record_is_created_for_a_later_stage_alone(tmp_path: Path) -> None:
    note_stage(Snapshot(tmp_path), "baseline", "baseline")
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ("https://ann:k3y-of-ann@hub.example.com/wd/hub", "https://***@hub.example.com/wd/hub"),
        ("http://k3y-of-ann@127.0.0.1:4444", "http://***@127.0.0.1:4444"),
        ("http://ann:k3y-of-ann%40home@grid:4444/", "http://***@grid:4444/"),
        ("http://grid:4444/wd@hub", "http://grid:4444/wd@hub"),
    ],
)
@pytest.mark.parametrize("name", ["crawl.browser_url", "crawl.site_url"])
def test_a_password_in_an_address_is_not_recorded(tmp_path: Path, name: str, given: str, noted: str) -> None:
    write_run_record(Snapshot(tmp_path), load_settings("demo", [f"{name}={given}"]), "crawl")
    text = (tmp_path / "run.json").read_text()
    assert "k3y-of-ann" not in text
    assert json.loads(text)["settings"]["crawl"][name.removeprefix("crawl.")] == noted


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"run"', b"\xff\xfe", b'{"a":' * 50_000], ids=len)
def test_a_damaged_record_is_replaced(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "run.json").write_bytes(body)
    write_run_record(Snapshot(tmp_path), load_settings("demo"), "build")
    assert json.loads((tmp_path / "run.json").read_text())["commands"] == ["build"]
    (tmp_path / "run.json").write_bytes(body)
    note_stage(Snapshot(tmp_path), "baseline", "baseline")
    assert json.loads((tmp_path / "run.json").read_text())["commands"] == ["baseline"]
