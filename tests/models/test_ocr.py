"""Readers of text in pictures."""

from importlib import metadata

import pytest
from PIL import Image, ImageDraw, ImageFont

from ameli_build.core.errors import UnusableInput
from ameli_build.models.ocr import load_reader


def label(text: str) -> Image.Image:
    """Black words on a white card."""
    image = Image.new("RGB", (640, 240), "white")
    ImageDraw.Draw(image).text((60, 80), text, font=ImageFont.load_default(60), fill="black")
    return image


def test_the_text_of_a_label_is_read() -> None:
    lines = load_reader("rapidocr").read(label("NORVEX Pro 14"))
    assert "norvexpro14" in "".join(lines).lower().replace(" ", "")


@pytest.mark.parametrize("size", [(1, 1), (200, 3), (320, 240)])
def test_a_picture_without_text_has_no_lines(size: tuple[int, int]) -> None:
    assert load_reader("rapidocr").read(Image.new("RGB", size, "gray")) == []


def test_greyscale_and_palette_pictures_are_read() -> None:
    image = label("KALDEN")
    assert load_reader("rapidocr").read(image.convert("L"))
    assert load_reader("rapidocr").read(image.convert("P"))


def test_an_unknown_reader_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"models\.ocr: no reader named 'tesseract'"):
        load_reader("tesseract")


def test_the_error_of_a_missing_reader_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nowhere)
    with pytest.raises(UnusableInput, match=r"models\.ocr.*easyocr.*pip install"):
        load_reader("easyocr")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_text_is_read_when_the_picture_is_turned_back(degrees: int) -> None:
    reader, turned = load_reader("rapidocr"), label("NORVEX Pro 14").rotate(-degrees, expand=True)
    wanted = "norvexpro14"
    assert wanted in "".join(reader.read(turned, [degrees])).lower().replace(" ", "")
    if degrees != 90:  # the reader itself tries 90 degrees for upright lines
        assert wanted not in "".join(reader.read(turned)).lower().replace(" ", "")


def test_a_line_found_in_several_rotations_is_listed_once() -> None:
    reader = load_reader("rapidocr")
    assert reader.read(label("KALDEN"), [90]).count("KALDEN") == 1
