"""The pages of a team: a sheet that saves on the server, and the lead's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from ameli_build.annotation.assets import asset, source_hash, tokens
from ameli_build.annotation.team.team import Person, Team

_PACKAGE = "ameli_build.annotation.team"
_CHUNK = 1 << 20
_BEFORE = b"<title>"
_HEAD_BYTES = 16_384
REFRESH_SECONDS = 10
"""Seconds between two views of the lead's page."""


def person_page(team: Team, person: Person) -> tuple[int, Iterator[bytes]]:
    """The size in bytes and the content of a person's sheet, with the saved answers.

    The sheet is the same page as the exported file. A script goes before all others; the page's policy permits it to
    talk to its own server.
    """
    file = person.page.open("rb")
    head, found, rest = file.read(_HEAD_BYTES).partition(_BEFORE)
    script = asset(_PACKAGE, "team.js")
    key = f"ameli {team.task.name} {person.sheet} {team.task.fingerprint}"
    saved = [(answer.review_id, answer.record) for answer in team.store.current() if answer.sheet == person.sheet]
    data = json.dumps({"key": key, "saved": saved}).replace("<", "\\u003c")
    policy = _permitted(head.decode(), source_hash(script))
    block = f'<script type="application/json" id="team">{data}</script>\n<script>{script}</script>\n'
    first = f"{policy}{block}".encode() + found + rest

    def content() -> Iterator[bytes]:
        with file:
            yield first
            while chunk := file.read(_CHUNK):
                yield chunk

    return len(first) + person.page.stat().st_size - len(head + found + rest), content()


def _permitted(head: str, script_hash: str) -> str:
    """The head of a sheet with a policy for one more script, which may send answers."""
    changes = {
        "default-src 'none'": "default-src 'none'; connect-src 'self'",
        "script-src ": f"script-src '{script_hash}' ",
    }
    for old, new in changes.items():
        if head.count(old) != 1:
            raise AssertionError(f"the sheet's policy has no {old!r}")
        head = head.replace(old, new)
    return head


def lead_page(team: Team, base: str) -> str:
    """The lead's page: links, progress, overlap and agreement. `base` is the address before the links."""
    return _template("lead.html.jinja").render(
        _style(),
        task=team.task.name,
        database=team.store.path.name,
        progress=team.progress(),
        refresh=REFRESH_SECONDS,
        base=base,
    )


def missing_page() -> str:
    """The page for a link that opens nothing."""
    return _template("missing.html.jinja").render(_style())


def _style() -> dict[str, str]:
    style = Markup(tokens() + asset(_PACKAGE, "lead.css"))
    return {"style": style, "style_hash": source_hash(style)}


@cache
def _template(name: str) -> Template:
    loader = PackageLoader(_PACKAGE, "page")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
