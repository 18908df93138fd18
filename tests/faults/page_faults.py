"""Faults of the shop's pages: products without a button, listings with wrong counts, reviews that move between pages.

Functions of a body are for `Rewrite`, functions of a target and of correct responses for `Rework`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ameli_build.demo.answers import Answer, as_json

_BUTTON = re.compile(rb"<button\b[^>]*(?:show-full-specs-btn|brix-button|c-button-unstyled)[^>]*>.*?</button>", re.S)
_TOTAL = re.compile(rb'\d+(?= items</div>|</span> <span class="muted">results)')
_PAGE = re.compile(r"\bpage=(\d+)")
_SIZE = re.compile(r"\bpageSize=(\d+)")
_SURVEY = b"""<div class="survey-cover" onclick="event.stopPropagation()"><div class="survey" role="dialog">
<p>Would you tell us how we did?</p><button type="button" id="survey_invite_no"
onclick="document.querySelector('.survey-cover').remove()">No, thanks</button></div></div>"""
_EMPTY_DRAWER = b"""<script>document.addEventListener("click", event => {
  event.stopImmediatePropagation();
  const drawer = document.createElement("div");
  drawer.id = "pdp-drawer-overlay-backdrop";
  drawer.innerHTML = '<div class="pdp-drawer-content"><ul class="zebra-stripe-list"></ul></div>';
  document.body.append(drawer);
}, true);</script>"""
_ABYSS = b"""<script>let node = document.body;
for (let depth = 0; depth < 200000; depth++) node = node.appendChild(document.createElement("div"));
document.body.offsetHeight;</script>"""

Respond = Callable[[str], Answer]


def without_button(page: bytes) -> bytes:
    """A product page whose specification button never appears."""
    return _BUTTON.sub(b"", page)


def under_a_survey(page: bytes) -> bytes:
    """A product page behind a survey that must be declined."""
    return _before_end(page, _SURVEY)


def with_an_empty_drawer(page: bytes) -> bytes:
    """A product page whose button opens an empty drawer."""
    return _before_end(page, _EMPTY_DRAWER)


def that_kills_its_tab(page: bytes) -> bytes:
    """A product page whose script nests elements so deeply that the browser's tab crashes."""
    return _before_end(page, _ABYSS)


def _before_end(page: bytes, addition: bytes) -> bytes:
    return page.replace(b"</body>", addition + b"</body>")


def listing_claims(total: int) -> Callable[[bytes], bytes]:
    """A listing that reports `total` products, regardless of their real number."""
    return lambda page: _TOTAL.sub(str(total).encode(), page)


def review_page_claims(**claims: Any) -> Callable[[bytes], bytes]:
    """A page of review JSON with other values in its envelope, as `totalPages=1`; None removes a value."""

    def changed(page: bytes) -> bytes:
        content = json.loads(page) | claims
        return json.dumps({key: value for key, value in content.items() if value is not None}).encode()

    return changed


def each_review(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    """A page of review JSON with `change` applied to each row."""

    def changed(page: bytes) -> bytes:
        content = json.loads(page)
        for topic in content["topics"]:
            change(topic)
        return json.dumps(content).encode()

    return changed


def of_another_variant(sku: str) -> Callable[[dict[str, Any]], None]:
    """For `each_review`: let `writeCommentUrl` name `sku`, regardless of `productDetails`."""

    def change(topic: dict[str, Any]) -> None:
        topic["writeCommentUrl"] = f"/site/reviews/submission/{sku}/review/1?campaignid=RR_&return="

    return change


def page_before(target: str, respond: Respond) -> Answer:
    """The page of reviews before the requested page, so that pages repeat."""
    return respond(_PAGE.sub(lambda found: f"page={max(1, int(found[1]) - 1)}", target, count=1))


def nothing_left(target: str, respond: Respond) -> Answer:
    """A page of reviews without rows, although its counts include them: the reviews end too early."""
    return as_json(_content(respond(target)) | {"topics": []})


def shifted(target: str, respond: Respond) -> Answer:
    """A page of reviews after a new review has arrived: each row is one place later."""
    answer = respond(target)
    content = _content(answer)
    size = int(found[1]) if (found := _SIZE.search(target)) else 20
    before = _content(page_before(target, respond))["topics"] if content["page"] > 1 else []
    content["topics"] = (before[-1:] if len(before) == size else []) + content["topics"][: size - 1]
    content["totalResults"] += 1
    content["totalPages"] = -(-content["totalResults"] // size)
    return replace(as_json(content), content_type=answer.content_type)


def _content(answer: Answer) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(answer.body)
    return content
