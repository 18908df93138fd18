"""The sample in `docs/sample`, and the tool that makes it from a snapshot."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "docs" / "sample"
MOST = 1_100_000
BANNER = "Generated world"
CARD = """---
license: cc0-1.0
---

# A card

| first photograph | first picture |
|---|---|
| ![A photograph](images/a.png) | ![A picture](images/b.jpg) |

See [the schemas](schema/), [the licence](https://example.org/licence) and [below](#a-card).
"""


def pictures(page: str) -> list[Image.Image]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    return [Image.open(io.BytesIO(base64.b64decode(body))) for body in found]


def noise(side: int, form: str) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((side // 8, side // 16), 90).resize((side, side // 2)).convert("RGB").save(stream, form)
    return stream.getvalue()


def snapshot(folder: Path, count: int) -> Path:
    """A report with `count` pictures, and a card with two pictures."""
    images = [f"data:image/jpeg;base64,{base64.b64encode(noise(320, 'JPEG')).decode()}" for _ in range(count)]
    body = "".join(f'<img alt="" src="{image}">' for image in images)
    (folder / "dataset" / "images").mkdir(parents=True)
    (folder / "report.html").write_text(f"<!doctype html><p>{BANNER}</p>{body}<a href='data:,'>x</a>")
    (folder / "dataset" / "README.md").write_text(CARD)
    (folder / "dataset" / "images" / "a.png").write_bytes(noise(700, "PNG"))
    (folder / "dataset" / "images" / "b.jpg").write_bytes(noise(500, "JPEG"))
    return folder


@pytest.mark.browser
@pytest.mark.parametrize("count", [1, 30, 150])
def test_a_sample_is_small_and_complete(tmp_path: Path, count: int) -> None:
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("no Chromium here")
    out = tmp_path / "sample"
    out.mkdir()
    (out / "old.html").write_text("of an earlier sample")
    made = snapshot(tmp_path / "snapshot", count)
    tool = [sys.executable, str(ROOT / "tools" / "sample.py"), str(made), str(out)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = ["README.md", "card-1.jpg", "card-2.jpg", "card.md", "report.html", "report.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert sum(path.stat().st_size for path in out.iterdir()) < MOST
    report = (out / "report.html").read_text()
    assert BANNER in report
    assert len(pictures(report)) == count
    assert all(1 < max(picture.size) <= 200 for picture in pictures(report))
    assert 640 <= Image.open(out / "report.png").width <= 1280
    card = (out / "card.md").read_text()
    assert "![A photograph](card-1.jpg) | ![A picture](card-2.jpg)" in card
    assert "See the schemas, [the licence](https://example.org/licence) and [below](#a-card)." in card
    assert max(Image.open(out / "card-1.jpg").size) == 200


def test_the_committed_sample_comes_from_the_demo() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < MOST
    report = (SAMPLE / "report.html").read_text(encoding="utf-8")
    assert BANNER in report
    assert "This is the demo's generated world." in (SAMPLE / "card.md").read_text(encoding="utf-8")
    with Image.open(SAMPLE / "report.png") as shot:
        assert shot.width >= 1024
    asked = re.findall(r"""(?:src|href)=["'](https?://[^"']+)""", report)
    assert not [url for url in asked if re.search(rf"<(?:img|link|script)[^>]*{re.escape(url)}", report)]


@pytest.mark.parametrize("page", ["README.md", "card.md"])
def test_links_of_the_sample_have_targets(page: str) -> None:
    links = re.findall(r"\]\(((?!https?:|#)[^)]+)\)", (SAMPLE / page).read_text(encoding="utf-8"))
    assert all((SAMPLE / link).is_file() for link in links), links
    assert page == "card.md" or len(links) >= 3
