"""The requests of a team: pages, answers and refusals."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ameli_build.annotation.team.pages import lead_page, missing_page, person_page
from ameli_build.annotation.team.team import LEAD, Person, Team
from ameli_build.core.progress import say

BODY_BYTES = 256 * 1024
"""Largest size of an answer; an import cuts comments at 10,000 characters."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def application(team: Team, names: Collection[str], base: str) -> Starlette:
    """The server of a team. It answers under IP addresses and `names`; `base` is the address for the links."""

    def person_of(request: Request) -> Person:
        person = team.people.get(request.path_params["sheet"])
        _check_token(request, person.token if person else None)
        assert person is not None
        return person

    def page(request: Request) -> Response:
        size, content = person_page(team, person_of(request))
        return StreamingResponse(content, media_type="text/html", headers={"Content-Length": str(size)})

    def picture(request: Request) -> Response:
        jpeg = team.picture(person_of(request), request.path_params["number"])
        if jpeg is None:
            raise HTTPException(404)
        return Response(jpeg, media_type="image/jpeg")

    def lead(request: Request) -> Response:
        _check_token(request, team.lead_token)
        return HTMLResponse(lead_page(team, base))

    async def save(request: Request) -> Response:
        person = person_of(request)
        try:
            value = json.loads(await _body(request))
            review_id, record = value["review_id"], value["record"]
        except (ValueError, RecursionError, TypeError, KeyError):
            raise HTTPException(400, "not an answer") from None
        if problem := await run_in_threadpool(team.save, person, review_id, record):
            raise HTTPException(422, problem)
        return JSONResponse({"saved": review_id})

    routes = [
        Route(f"/{LEAD}/{{token}}/", lead),
        Route("/{sheet}/{token}/", page),
        Route("/{sheet}/{token}/pictures/{number:int}.jpg", picture),
        Route("/{sheet}/{token}/answers", save, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Gate, names=frozenset(names))],
        exception_handlers={sqlite3.Error: _not_saved, 404: _missing},
    )


class Gate:
    """Refuses requests under a foreign name, which DNS can point at this machine, and answers from foreign pages."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _is_own(host, self._names):
            await PlainTextResponse("unknown host", 421)(scope, receive, guarded)
        elif scope["method"] not in ("GET", "HEAD") and not _is_own_page(headers, host):
            await PlainTextResponse("from a foreign page", 403)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)


def _is_own(host: str, names: Collection[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name and name in names:
            return True
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_own_page(headers: Headers, host: str) -> bool:
    """Whether a script of the server's own pages sends the request; forms cannot send JSON."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" and headers.get("origin") in (f"http://{host}", f"https://{host}")


def _check_token(request: Request, token: str | None) -> None:
    given = request.path_params["token"].encode()
    if not secrets.compare_digest(given, (token or secrets.token_urlsafe()).encode()):
        raise HTTPException(404)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise HTTPException(413, "too large")
    return bytes(body)


def _missing(_: Request, __: Exception) -> Response:
    return HTMLResponse(missing_page(), 404)


def _not_saved(_: Request, error: Exception) -> Response:
    """A full disk, for instance: pages send their answers again."""
    say(f"warning: an answer was not saved: {error}")
    return PlainTextResponse("not saved", 503)
