import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ameli_build.shops.bestbuy.parsed import wrong_page
from ameli_build.shops.markup import scripts
from ameli_build.shops.scripts import javascript_in, json_ld, json_ld_breadcrumb
from ameli_build.wording.charsets import page_text
from ameli_build.wording.cleaning import clean_text, readable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
)


@settings(max_examples=50, deadline=None)
@given(JSON)
def test_javascript_reads_all_json(value: object) -> None:
    assert javascript_in(json.dumps(value)) == value
    assert javascript_in(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": undefined, "b": [undefined, 1]}', {"a": None, "b": [None, 1]}),
        ('{"a": "undefined, it says: {x:1,}"}', {"a": "undefined, it says: {x:1,}"}),
        (
            "{a: !0, $b_1: !1, c: void 0, d: -Infinity, e: NaN}",
            {"a": True, "$b_1": False, "c": None, "d": None, "e": None},
        ),
        ("{'a': 'say \"hi\"', b: 'it\\'s', c: 'x\\\"y'}", {"a": 'say "hi"', "b": "it's", "c": 'x"y'}),
        ('["\\x3cb\\x3e", "\\u003c", "\\u{1F600}", "a\\/b"]', ["<b>", "<", "\U0001f600", "a/b"]),
        ("[1, 2,] trailing ) junk", [1, 2]),
        ('{a: 1} // it\'s an "odd" end\\', {"a": 1}),
        ('{"a": "\\\\", "b": undefined, "c": "\\"undefined\\" \\\\"}', {"a": "\\", "b": None, "c": '"undefined" \\'}),
        ("{", None),
        ("[" * 100_000, None),
        ("function () {}", None),
    ],
)
def test_javascript_reads_values_that_json_lacks(text: str, value: object) -> None:
    assert javascript_in(text) == value


def test_scripts_and_structured_data_are_found_in_a_page() -> None:
    graph = {"@graph": [{"@type": "WebPage"}, {"@type": ["Product", "Thing"], "name": "Lamp"}]}
    trail = {
        "@type": "BreadcrumbList",
        "itemListElement": [{"name": "Best Buy"}, {"item": {"name": "Lamps &amp; more"}}],
    }
    html = (
        f"<script>1 < 2</script><script id=one type='application/ld+json'>{json.dumps(graph)}</script >"
        f'<SCRIPT type="application/ld+json">{json.dumps(trail)}</SCRIPT>'
        '<script type="application/ld+json">{bad</script>'
    )
    found = scripts(html)
    assert [(script.id, script.kind) for script in found][:2] == [("", ""), ("one", "application/ld+json")]
    assert json_ld(found)["name"] == "Lamp"
    assert json_ld_breadcrumb(found) == ("Best Buy", "Lamps & more")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Access Denied", "a block page (Access Denied)"),
        ("Best Buy International: Select your Country - Best Buy", "the choice of country"),
        ("Pardon Our Interruption...", "a block page (Pardon our interruption)"),
        ("Lamp with captcha keypad", None),
    ],
)
def test_pages_of_other_kinds_are_recognized_by_their_title(title: str, kind: str | None) -> None:
    page = f"<html><head><title>{title}</title></head><body>captcha, access denied, select your country</body></html>"
    assert wrong_page(page) == kind
    assert wrong_page(" \n") == "an empty response"


def test_a_page_with_a_wrong_character_set_is_readable() -> None:
    assert page_text("\ufeffcafé".encode()) == "café"
    assert page_text('<meta charset="iso-8859-1">café'.encode("latin-1")).endswith("café")
    assert page_text(b'<meta charset="utf-8">caf\xe9').endswith("caf\ufffd")
    assert page_text(b'<meta charset="no-such-thing">caf\xe9').endswith("caf\ufffd")
    assert page_text(b"caf\xe9") == "café"


def test_texts_become_plain_and_encodable() -> None:
    assert clean_text(" A <b>big</b><br>lamp &amp; shade,\n5 < 6 <3 </script> &#8482; ") == (
        "A big lamp & shade, 5 < 6 <3 </script> ™"
    )
    assert clean_text(None) == ""
    assert readable("a\0b\ud83d!\U0001f600") == "ab\ufffd!\U0001f600"
