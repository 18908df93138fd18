"""Links of a new review: the answer, its parts, and input that cannot be linked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from baseline_world import COLOURS, write_dataset
from damages import DAMAGES
from PIL import Image, ImageDraw

from ameli_build.baseline.linking.head import Head
from ameli_build.baseline.linking.image_module import Adapter, Adapters
from ameli_build.baseline.linking.text_module import TextModule
from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_json
from ameli_build.single.linker import Linker, link_review
from ameli_build.single.models import Models
from ameli_build.single.reading import NO_MENTION, NO_PICTURE, NO_TEXT, ONLY_FIRST

TEXT = "This laptop works. The red one looks good. It has 256 gigs."
AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]


def photograph(path: Path, colour: str = "Red", size: tuple[int, int] = (96, 96)) -> Path:
    """Draw a laptop of the world, as in a photograph of a shopper."""
    image = Image.new("RGB", size, (235, 225, 220))
    ImageDraw.Draw(image).rectangle((14, 20, 84, 70), fill=COLOURS[colour])
    image.save(path)
    return path


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    root = write_dataset(tmp_path_factory.mktemp("link"), {"train": 4, "dev": 2, "test": 2})
    return Snapshot(root)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings("demo")


@pytest.fixture(scope="module")
def linker(snapshot: Snapshot, settings: Settings) -> Linker:
    return Linker.open(snapshot, settings)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photograph(tmp_path_factory.mktemp("photos") / "red.png")


def test_a_review_is_linked_to_the_product_that_it_describes(linker: Linker, photo: Path) -> None:
    answer = linker.link(TEXT, [photo], ocr=False)
    assert answer.mention.text == "laptop"
    assert TEXT[answer.mention.start : answer.mention.end] == "laptop"
    assert answer.mention.products == 8
    assert ("Color", "red") in answer.attributes
    best = answer.matches[0]
    assert best.name == "Norvex - Laptop - 256 gigabytes - Red"
    assert set(best.agrees) == {"Color", "Storage Capacity"}
    assert best.contradicts == ()
    assert sum(match.prior for match in answer.matches) == 8
    assert len(answer.matches) == 10
    assert "even weights" in " ".join(answer.notes)


def test_contradicting_products_come_after_the_others_of_the_name(linker: Linker) -> None:
    answer = linker.link(TEXT)
    contradicted = [bool(match.contradicts) for match in answer.matches[:8]]
    assert any(contradicted)
    assert contradicted == sorted(contradicted)
    assert [match.prior for match in answer.matches[8:]] == [False, False]  # another name, without a score
    assert [match.score for match in answer.matches[8:]] == [None, None]
    assert NO_PICTURE in answer.notes


@pytest.mark.parametrize(
    "marked",
    [
        "This laptop works.<br/>The <b>red</b> one looks good.<br /> It has 256 gigs.",
        "This laptop works. The red one looks good. It has 256&#32;gigs.",
        "<p>This laptop works.</p><p>The red one looks good.</p> <p>It has 256 gigs.</p>",
        "This&nbsp;laptop works. The&#x20;red one looks good. It has 256 gigs.",
    ],
)
def test_markup_in_a_text_changes_no_link(linker: Linker, marked: str) -> None:
    answer = linker.link(marked)
    assert (answer.mention.text, answer.attributes) == ("laptop", linker.link(TEXT).attributes)
    assert answer.matches[0].name == linker.link(TEXT).matches[0].name


@pytest.mark.parametrize("text", ["", " \n", "<br/>", "<p> </p>"])
def test_an_empty_text_is_refused(linker: Linker, text: str) -> None:
    with pytest.raises(UnusableInput, match="nothing to link"):
        linker.link(text)


def test_a_picture_without_text_is_linked(linker: Linker, photo: Path) -> None:
    answer = linker.link("  ", [photo], ocr=False)
    assert NO_TEXT in answer.notes
    assert answer.mention.how == "none"
    assert answer.matches[0].name.endswith("Red")
    assert answer.matches[0].text is None
    assert answer.matches[0].image is not None


def test_a_text_without_a_name_is_compared_with_all_products(linker: Linker) -> None:
    answer = linker.link("It is red and I love it.", top=16)
    assert NO_MENTION in answer.notes
    assert len(answer.matches) == 16
    assert [match.score is None for match in answer.matches] == [False] * 4 + [True] * 12  # twelve are not red


def test_a_given_mention_overrides_the_text(linker: Linker) -> None:
    answer = linker.link(TEXT, mention="my new microwaves")
    assert (answer.mention.text, answer.mention.how) == ("microwaves", "given")
    assert ["Microwave" in match.name for match in answer.matches] == [True] * 8 + [False] * 2
    answer = linker.link(TEXT, mention="sofa")
    assert "no product of the catalogue is called 'sofa': all products are compared" in answer.notes
    assert {"Laptop", "Microwave"} == {match.name.split(" - ")[1] for match in answer.matches}


def test_only_the_first_picture_counts_unless_all_are_compared(
    linker: Linker, snapshot: Snapshot, photo: Path, tmp_path: Path
) -> None:
    blue = photograph(tmp_path / "blue.png", "Blue")
    single, double = linker.link("", [photo], ocr=False), linker.link("", [photo, blue], ocr=False)
    assert ONLY_FIRST in double.notes
    assert single.matches == double.matches
    both = load_settings("demo", ["baseline.images=maximum"])
    colours = [match.name.rsplit(" ", 1)[1] for match in link_review(snapshot, both, "", [photo, blue]).matches[:8]]
    assert {"Red", "Blue"} == set(colours)


def test_the_setting_decides_which_pictures_ocr_reads(
    snapshot: Snapshot, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, counts = [photo, photograph(tmp_path / "blue.png", "Blue")], []
    monkeypatch.setattr("ameli_build.single.reading.read_lines", lambda photos, _: counts.append(len(photos)) or [])
    for which in ("first", "all"):
        link_review(snapshot, load_settings("demo", [f"baseline.ocr_photos={which}"]), "", pictures)
    assert counts == [1, 2]


def test_missing_text_and_unreadable_pictures_are_reported(linker: Linker, tmp_path: Path, photo: Path) -> None:
    with pytest.raises(UnusableInput, match="nothing to link"):
        linker.link(" ")
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:200])
    for name in ("text.jpg", "cut.png", "none.jpg"):
        with pytest.raises(UnusableInput, match=name):
            linker.link(TEXT, [tmp_path / name])


def test_a_picture_with_too_many_pixels_is_refused(snapshot: Snapshot, photo: Path) -> None:
    small = load_settings("demo", ["clean.max_pixels=100"])
    with pytest.raises(UnusableInput, match=r"red\.png.*pixels"):
        link_review(snapshot, small, TEXT, [photo])


def test_a_photograph_is_rotated_by_its_exif_orientation(linker: Linker, tmp_path: Path) -> None:
    upright = photograph(tmp_path / "upright.png", size=(96, 140))
    image = Image.open(upright)
    exif = image.getexif()
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    answers = [linker.link("", [path], ocr=False) for path in (upright, tmp_path / "turned.png")]
    assert answers[0].matches == answers[1].matches


def unexported(models: Models) -> Models:
    """The same models without their exports."""
    return replace(models, exported=dict.fromkeys(models.exported), held={})


def test_exported_models_give_the_answers_of_the_original_models(linker: Linker, photo: Path) -> None:
    plain = Linker(linker.index, unexported(linker.models), linker.settings)
    assert linker.models.exported["texts"] is not None
    assert linker.models.exported["pictures"] is not None
    exported, original = linker.link(TEXT, [photo], ocr=False), plain.link(TEXT, [photo], ocr=False)
    assert [match.sku for match in exported.matches] == [match.sku for match in original.matches]
    for mine, theirs in zip(exported.matches, original.matches, strict=True):
        assert mine.retrieval == pytest.approx(theirs.retrieval, abs=2e-4)


@pytest.mark.slow
def test_trained_modules_score_the_products_if_they_exist(settings: Settings, photo: Path, tmp_path: Path) -> None:
    snapshot = Snapshot(write_dataset(tmp_path / "trained", {"train": 4, "dev": 2, "test": 2}))
    write_modules(snapshot)
    linker = Linker.open(snapshot, settings)
    text = "This laptop works. It has 256 gigs."
    answer = linker.link(text, [photo], ocr=False)
    assert answer.scored_by.startswith("0.3 x text module + 0.7 x image module")
    assert "even weights" not in " ".join(answer.notes)
    judged = answer.matches[:4]
    assert [match.text_module is None for match in answer.matches] == [False] * 4 + [True] * 6
    for match in judged:
        assert match.text_module is not None
        assert match.image_module is not None
        assert match.score == pytest.approx(0.3 * match.text_module + 0.7 * match.image_module, abs=2e-4)
        assert match.retrieval == pytest.approx(0.6 * (match.text or 0) + 0.4 * (match.image or 0), abs=2e-4)
    assert sum(match.text_module or 0 for match in judged) == pytest.approx(1, abs=1e-3)
    plain = Linker(linker.index, unexported(linker.models), settings).link(text, [photo], ocr=False)
    for mine, theirs in zip(judged, plain.matches[:4], strict=True):
        assert mine.text_module == pytest.approx(theirs.text_module, abs=2e-3)
    assert linker.link(TEXT).scored_by.startswith("text module")
    assert linker.link("", [photo], ocr=False).scored_by.startswith("image module")
    for other in ("attributes_per_candidate=5", "text_signals=false"):
        answer = link_review(snapshot, load_settings("demo", [f"baseline.{other}"]), TEXT, [photo], ocr=False)
        assert answer.scored_by.startswith("retrieval")
        assert "other settings" in " ".join(answer.notes)
    TextModule(Head(4, 384, 8, 16).eval(), 2, None).save(snapshot.root / "baseline" / "model")  # by a later, killed run
    answer = link_review(snapshot, settings, TEXT, [photo], ocr=False)
    assert answer.scored_by.startswith("retrieval")
    assert "ameli baseline has not finished here" in " ".join(answer.notes)


def write_modules(snapshot: Snapshot) -> None:
    """Write untrained modules, and weights, to the places of `ameli baseline`."""
    folder = snapshot.root / "baseline" / "model"
    review, product = Adapter(128, 8, False), Adapter(128, 8, False)
    Adapters(review, product, 1, None).save(folder)
    TextModule(Head(4, 384, 8, 16).eval(), 1, None).save(folder)
    scores = {
        "table4": {},
        "table5": {},
        "comparisons": [],
        "tuned": {"weights": {"ours": {"text": 0.6, "image": 0.4}}, "lambda": {"AMELINK (Ours)": 0.3}},
        "notes": {"candidates": {"k": 10, "from": "ours"}, "models": load_settings("demo").models.model_dump()},
    }
    write_json(snapshot.root / "baseline" / "scores.json", scores)
    made = [snapshot.root / "baseline" / "scores.json", *sorted(folder.iterdir())]
    outputs = {path.relative_to(snapshot.root / "baseline").as_posix(): file_digest(path) for path in made}
    write_json(snapshot.root / "stages" / "baseline" / "stage.json", {"outputs": outputs})


def test_an_index_is_made_again_after_a_change_of_products(settings: Settings, tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "first", {"train": 1, "dev": 1, "test": 1})
    first = Linker.open(Snapshot(root), settings)
    mark = root / "baseline" / "link" / "index.json"
    made = mark.stat().st_mtime_ns
    again = Linker.open(Snapshot(root), settings)
    assert mark.stat().st_mtime_ns == made
    assert np.array_equal(first.index.vectors["texts"], again.index.vectors["texts"])
    other = write_dataset(tmp_path / "second", {"train": 1, "dev": 1, "test": 1}, limit=6)
    shutil.copytree(other / "dataset", root / "dataset", dirs_exist_ok=True)
    assert len(Linker.open(Snapshot(root), settings).index) == 6


DAMAGED = [
    ("baseline/link/texts.npy", "a bit in the middle"),
    ("baseline/link/pictures.npy", "the last bit"),
    ("baseline/link/starts.npy", "half"),
    ("baseline/link/names.parquet", "more behind it"),
    ("baseline/link/index.json", "a digit"),
    ("cache/export-models/*/model.onnx", "a bit in the middle"),
    ("cache/export-models/*/tokenizer.json", "zeros"),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGED)
def test_a_damaged_index_or_encoder_is_made_again(
    linker: Linker,
    snapshot: Snapshot,
    settings: Settings,
    name: str,
    damage: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = sorted(snapshot.root.glob(name))[0]
    before = path.read_bytes()
    path.unlink()  # an open index holds it in memory
    path.write_bytes(re.sub(rb"[1-8]", b"9", before, count=1) if damage == "a digit" else DAMAGES[damage](before))
    again = Linker.open(snapshot, settings)
    assert "damaged, or of an earlier version; made again" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert all(np.array_equal(linker.index.vectors[kind], again.index.vectors[kind]) for kind in again.index.vectors)
    Linker.open(snapshot, settings)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["../..", "..", "/", "ABSOLUTE", "a" * 31])
def test_a_foreign_index_cannot_name_a_folder_outside(
    linker: Linker, settings: Settings, snapshot: Snapshot, tmp_path: Path, name: str
) -> None:
    (tmp_path / "config.json").write_text("mine")
    mark = snapshot.root / "baseline" / "link" / "index.json"
    before = mark.read_bytes()
    about = json.loads(before)
    about["encoders"]["texts"]["folder"] = name.replace("ABSOLUTE", str(tmp_path))
    about["files"][about["encoders"]["texts"]["folder"]] = {}
    del about["digest"]
    mark.write_text(json.dumps(about | {"digest": fingerprint(about)}))
    Linker.open(snapshot, settings)
    assert (tmp_path / "config.json").read_text() == "mine"
    assert mark.read_bytes() == before


def ameli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AMELI, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_the_command_prints_the_products(linker: Linker, snapshot: Snapshot, photo: Path) -> None:
    root = snapshot.root
    done = ameli("link", root, "--profile", "demo", "--text", TEXT, "--image", photo, "--top", "3")
    assert done.returncode == 0, done.stderr
    assert "mention     laptop (found in the text; 8 products of that name)" in done.stdout
    assert "verdict     not calibrated" in done.stdout  # two dev reviews are too few
    assert "Norvex - Laptop - 256 gigabytes - Red" in done.stdout.splitlines()[5]
    done = ameli("link", root, "--profile", "demo", "--text", TEXT, "--no-ocr", "--json")
    answer = json.loads(done.stdout)
    assert answer["matches"][0]["name"] == "Norvex - Laptop - 256 gigabytes - Red"
    assert answer["mention"]["products"] == 8
    assert answer["verdict"]["text"] == "not calibrated"


def test_the_command_reports_an_error_in_one_line(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8nothing")
    for arguments, message in (
        ((), "nothing to link"),
        (("--text", TEXT, "--image", tmp_path / "broken.jpg"), "broken.jpg: not a picture"),
    ):
        done = ameli("link", snapshot.root, "--profile", "demo", *arguments)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert message in done.stderr
    (tmp_path / "catalog").mkdir()
    done = ameli("link", tmp_path, "--profile", "demo", "--text", TEXT)
    assert done.returncode == 2
    assert "products.parquet: missing; run ameli build first" in done.stderr


def test_an_answer_imports_no_slow_library(linker: Linker, snapshot: Snapshot, photo: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ameli_build.single.linker import link_review; "
        "from ameli_build.core.settings import load_settings; from ameli_build.core.snapshot import Snapshot; "
        f"link_review(Snapshot(Path({str(snapshot.root)!r})), load_settings('demo'), {TEXT!r}, "
        f"[Path({str(photo)!r})]); "
        "print([name for name in ('torch', 'transformers', 'spacy', 'open_clip', 'prefect') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
