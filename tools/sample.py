"""Write `docs/sample` from a finished demo: its report and card, for readers without an installation.

python tools/sample.py SNAPSHOT [FOLDER]
"""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
REPORT_BYTES = 850_000
"""Maximum size of the report; `shrunk_page` shrinks the pictures to reach it."""
SIDES = (200, 160, 128, 104, 88, 72, 56, 40, 1)
"""Longest sides of pictures to try, in pixels."""
SHOT = (1280, 1500)
"""Width and height of the window that shows the report, in pixels."""
SHOT_BYTES = 130_000
"""Maximum size of the picture of the report, if a width in `WIDTHS` permits it."""
WIDTHS = (1280, 1024, 800, 640)
"""Widths of the picture of the report to try, in pixels."""
PICTURE = re.compile(r"data:image/(?:jpeg|png|webp);base64,([A-Za-z0-9+/=]+)")

INDEX = """\
# A finished sample

The report and the card of a demo, to look at before you install anything. Two commands made this folder:

```console
$ make demo
$ .venv/bin/python tools/sample.py ameli-demo
```

- [report.html](report.html): all results on one page. Its pictures are smaller here than in the original.
- [card.md](card.md): the card of the data set.

The figures are the demo's. Its products, reviews and pictures are generated: no number describes a real shop or the
paper's data set.

[![The top of the report](report.png)](report.html)
"""


def write_sample(snapshot: Path, folder: Path) -> None:
    """Replace the content of `folder` with the sample of a finished demo."""
    report = shrunk_page((snapshot / "report.html").read_text(encoding="utf-8"), REPORT_BYTES)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text(report, encoding="utf-8")
    (folder / "card.md").write_text(card(snapshot / "dataset", folder), encoding="utf-8")
    (folder / "README.md").write_text(INDEX, encoding="utf-8")
    take_picture(folder / "report.html", folder / "report.png")


def shrunk_page(page: str, most: int) -> str:
    """The page with all pictures at the first of `SIDES` for which the page has at most `most` bytes."""
    for side in SIDES:
        smaller = PICTURE.sub(lambda found: _data_uri(_small(base64.b64decode(found[1]), side)), page)  # noqa: B023
        if len(smaller.encode()) <= most:
            return smaller
    raise SystemExit(f"the report has more than {most:,} bytes even without pictures")


def card(dataset: Path, folder: Path) -> str:
    """The card of a release. `folder` gets small copies of its pictures; other links to files become text."""
    text = (dataset / "README.md").read_text(encoding="utf-8")
    for number, path in enumerate(dict.fromkeys(re.findall(r"!\[[^]]*\]\(((?!https?:)[^)]+)\)", text)), 1):
        (folder / f"card-{number}.jpg").write_bytes(_small((dataset / path).read_bytes(), SIDES[0]))
        text = text.replace(f"({path})", f"(card-{number}.jpg)")
    return re.sub(r"(?<!!)\[([^]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)


def take_picture(page: Path, picture: Path) -> None:
    """Write the top of a page as a PNG with few colours, with Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium here (make browser)")
    size = f"--window-size={SHOT[0]},{SHOT[1]}"
    flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, f"--screenshot={picture}")
    subprocess.run([program, *flags, page.resolve().as_uri()], check=True, capture_output=True)
    with Image.open(picture) as opened:
        shot = opened.convert("RGB")
    for width in WIDTHS:
        few = shot.resize((width, SHOT[1] * width // SHOT[0]), Image.Resampling.LANCZOS).quantize(64)
        few.save(picture, optimize=True)
        if picture.stat().st_size <= SHOT_BYTES:
            return


def _small(body: bytes, side: int) -> bytes:
    with Image.open(io.BytesIO(body)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=50, optimize=True)
    return stream.getvalue()


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs" / "sample")
