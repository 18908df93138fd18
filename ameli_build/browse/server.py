"""The pages on loopback."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ameli_build import serving
from ameli_build.browse.data import read_data
from ameli_build.browse.pictures import small_copy
from ameli_build.browse.views import NotFound, Query, Site
from ameli_build.core.settings import Settings

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Addresses:
    """The addresses of the pages of a server."""

    live = True

    def page(self, kind: str, query: Query) -> str:
        """`/kind?query`; `/` for the first page."""
        path = "/" if kind == "home" else f"/{kind}"
        return f"{path}?{urlencode(query)}" if query else path

    def picture(self, path: str, side: int) -> str:
        """The address of a small copy."""
        return self.page("picture", {"path": path, "side": str(side)})


def application(site: Site, host: str = serving.LOOPBACK) -> Starlette:
    """The pages of `site`, for requests that name `host` or loopback."""

    def page(request: Request) -> Response:
        try:
            kind = request.path_params.get("kind", "home")
            return HTMLResponse(site.render(kind, request.query_params), headers=HEADERS)
        except NotFound:
            return HTMLResponse(site.missing(), 404, HEADERS)

    def picture(request: Request) -> Response:
        query = request.query_params
        body = small_copy(site.data.root, query.get("path", ""), query.get("side", ""))
        headers = {**HEADERS, "Cache-Control": "private, max-age=3600"}
        return Response(body or b"", 404 if body is None else 200, headers, "image/jpeg")

    return Starlette(
        routes=[Route("/", page), Route("/picture", picture), Route("/{kind}", page)],
        middleware=[serving.own_host(host)],
    )


def serve(root: Path, settings: Settings, host: str, port: int) -> None:
    """Serve the pages of a snapshot or a release until Ctrl-C.

    Args:
        root: Folder of the snapshot or of the release.
        settings: Settings for `explain`.
        host: Address or name to listen at, the only one beside loopback by which requests may name the server.
        port: Port; 0 for a free one.

    Raises:
        RunFailed: The port is taken, or there is no such address.
        UnusableInput: There is no snapshot and no release at `root`.
    """
    app = application(Site(read_data(root), Addresses(), settings), host)
    serving.serve(app, host, port, f"shows {root}")
