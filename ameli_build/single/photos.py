"""The photographs of a new review: opened safely, cropped to the object, read by OCR (sections 3.2 and 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ameli_build.clean.objects import score_needed
from ameli_build.core.errors import UnusableInput
from ameli_build.core.pictures import bounded, open_body, to_rgb
from ameli_build.core.settings import Settings
from ameli_build.models.ocr import load_reader
from ameli_build.models.patches import best_patch


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph, upright as in a viewer."""

    path: Path
    image: Image.Image


def open_photo(path: Path, max_pixels: int, max_bytes: int) -> Photo:
    """A photograph; raises `UnusableInput` if the file is missing, not a picture, truncated or too large."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise UnusableInput(f"{path}: not a file")
        if path.stat().st_size > max_bytes:
            raise UnusableInput(f"{path}: larger than {max_bytes:,} bytes (crawl.max_image_bytes)")
        with bounded(max_pixels), open_body(path.read_bytes()) as image:
            return Photo(path, to_rgb(image))
    except UnusableInput:
        raise
    except FileNotFoundError:
        raise UnusableInput(f"{path}: no such file") from None
    except UnidentifiedImageError:
        raise UnusableInput(f"{path}: not a picture of a known format") from None
    except Exception as error:  # Pillow's plug-ins raise many kinds of errors for damaged files
        why = f"{type(error).__name__}: {error}".replace("\n", " ")
        raise UnusableInput(f"{path}: not a picture that can be used ({why})") from None


def patch_of(photo: Photo, prompts: Sequence[str], settings: Settings) -> Image.Image | None:
    """The object of the first prompt that the detector finds, cropped as in filter 7; None on a miss."""
    models, needed = settings.models, score_needed(settings)
    for prompt in prompts:
        score, patch = best_patch(models.detector, models.device_of("detector"), photo.image.copy(), prompt)
        if score is not None and patch is not None and score > needed:
            return to_rgb(open_body(patch))
    return None


def read_lines(photos: Sequence[Photo], settings: Settings) -> list[str]:
    """The lines of text in photographs."""
    reader = load_reader(settings.models.ocr, settings.models.device_of("ocr"))
    return [line for photo in photos for line in reader.read(photo.image, settings.baseline.ocr_rotations)]
