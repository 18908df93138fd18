"""The bytes of a picture of the demo's world, with its damage if it has one."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw

from ameli_build.demo.words import number_of
from ameli_build.demo.world import WorldImage
from ameli_build.drawing.pictures import boxed, catalogue_view, jpeg, photograph, room

NOT_AN_IMAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Image unavailable</h1></body></html>\n"
)


def image_bytes(image: WorldImage) -> bytes:
    """The response of the image host: a JPEG, a truncated JPEG, an HTML page, or the placeholder (a PNG).

    A missing picture has no bytes.

    Raises:
        ValueError: The picture needs a look and has none.
    """
    if image.fault == "missing":
        return b""
    if image.fault == "not_an_image":
        return NOT_AN_IMAGE
    if image.kind == "placeholder":
        return _placeholder()
    body = jpeg(_drawn(image))
    if image.fault == "truncated":  # a tenth to nine tenths of the file remain
        return body[: int(len(body) * (0.1 + number_of("truncated", image.name) % 800 / 1000))]
    return body


def _drawn(image: WorldImage) -> Image.Image:
    if image.kind == "room":
        return room(image.seed)
    if image.look is None:
        raise ValueError(f"{image.name}: a {image.kind} needs a look")
    if image.kind == "view":
        return catalogue_view(image.look, image.seed)
    if image.kind == "boxed":
        return boxed(image.look, image.seed, image.text)
    return photograph(image.look, image.seed)[0]


@cache
def _placeholder() -> bytes:
    """The shop's placeholder for a missing picture: a grey PNG with few colours, under any name."""
    picture = Image.new("L", (256, 256), 236)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((64, 80, 192, 176), outline=150, width=4)
    draw.line((64, 80, 192, 176), fill=150, width=4)
    draw.line((64, 176, 192, 80), fill=150, width=4)
    body = io.BytesIO()
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=8).save(body, "PNG")
    return body.getvalue()
