"""`ameli link --serve`: a page on loopback that links a photograph and a text."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import polars as pl
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ameli_build import serving
from ameli_build.annotation.pictures import shrunk
from ameli_build.core.errors import UnusableInput
from ameli_build.core.pictures import ANY_SIZE, bounded
from ameli_build.single.linker import Linker

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
PAGE = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
MOST_TEXT = 1 << 20
"""Largest size of a request without its photograph, in bytes."""

SIDE = 360
"""Longest side of the pictures of products, in pixels."""

PHOTO = "photograph"
"""Name of the uploaded photograph in errors."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers the page's requests, one after the other: Pillow's limits hold for the whole process."""

    linker: Linker
    pictures: Mapping[str, str]
    """Path of each product's first picture, by SKU."""
    ocr: bool
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, linker: Linker, ocr: bool) -> Desk:
        """A desk with the pictures of the data set."""
        table = pl.read_parquet(linker.index.products, columns=["sku", "images"])
        first = table.select("sku", pl.col("images").list.first()).drop_nulls()
        return cls(linker, dict(first.iter_rows()), ocr)

    @property
    def largest(self) -> int:
        """Largest size of a request, in bytes; base 64 writes three bytes as four."""
        return self.linker.settings.crawl.max_image_bytes * 4 // 3 + MOST_TEXT

    def link(self, text: str, photo: bytes | None) -> dict[str, Any]:
        """The answer for a review; raises `UnusableInput` for a photograph that cannot be used."""
        with self.lock, tempfile.TemporaryDirectory(prefix="ameli-link-") as folder:
            path = Path(folder) / PHOTO
            if photo:
                path.write_bytes(photo)
            try:
                return self.linker.link(text, [path] if photo else [], ocr=self.ocr).as_json()
            except UnusableInput as error:
                raise UnusableInput(str(error).replace(str(path), PHOTO)) from None

    def picture(self, sku: str) -> bytes | None:
        """A small JPEG of a product's first picture; None if there is none, or if it cannot be decoded."""
        with self.lock, bounded(ANY_SIZE):
            return shrunk(self.linker.index.products.parent, self.pictures.get(sku, ""), SIDE)


def application(desk: Desk) -> Starlette:
    """The page, for requests that name loopback."""

    async def link(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":  # a form of another site cannot send this type
            return JSONResponse({"error": "only JSON is read"}, 415, HEADERS)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > desk.largest:
                most = desk.linker.settings.crawl.max_image_bytes
                return JSONResponse({"error": f"{PHOTO}: larger than {most:,} bytes"}, 413, HEADERS)
        try:
            return JSONResponse(await run_in_threadpool(desk.link, *_review(body)), headers=HEADERS)
        except UnusableInput as error:
            return JSONResponse({"error": str(error)}, 400, HEADERS)

    def picture(request: Request) -> Response:
        body = desk.picture(request.path_params["sku"])
        return Response(body or b"", 404 if body is None else 200, HEADERS, "image/jpeg")

    def page(request: Request) -> Response:
        name, kind = PAGE[request.url.path]
        return Response(files(__package__).joinpath("page", name).read_bytes(), 200, HEADERS, kind)

    return Starlette(
        routes=[
            *(Route(path, page) for path in PAGE),
            Route("/link", link, methods=["POST"]),
            Route("/picture/{sku:path}", picture),
        ],
        middleware=[serving.own_host()],
    )


def _review(body: bytes) -> tuple[str, bytes | None]:
    """Text and photograph of a request; raises `UnusableInput` for anything else."""
    try:
        request = orjson.loads(body)
        text, photo = request["text"], request["photo"]
        if not isinstance(text, str):
            raise TypeError
        return text, base64.b64decode(photo, validate=True) if photo else None
    except (orjson.JSONDecodeError, binascii.Error, KeyError, TypeError, ValueError):
        raise UnusableInput("not a request of this page") from None


def serve(linker: Linker, port: int, *, ocr: bool = True) -> None:
    """Serve the page on loopback until Ctrl-C; port 0 takes a free one. Raises `RunFailed` if the port is taken."""
    app = application(Desk.of(linker, ocr))
    serving.serve(app, serving.LOOPBACK, port, "links a photograph and a text")
