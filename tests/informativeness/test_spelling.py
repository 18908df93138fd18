"""Canonical tokens: one spelling per word, marks between clauses, capitals of brands."""

import pytest

from ameli_build.informativeness.spelling import canonical_tokens, cut


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Grey one", "the gray one"),
        ("WiFi, usb type-c", "wi fi | usb c"),
        ("3840 x 2160 (4K)", "3840x2160"),
        ("Full HD", "1920x1080"),
        ("Great. Really!", "great | really"),
        ("7½ inches", "7.5in"),
        ("f/1.8", "f 1.8"),
        ("f1.8", "f 1.8"),
        ("1080 p, 720 P", "1920x1080 | 1280x720"),
        ("16:9 at 7:30 pm", "16to9 at 7 30 pm"),
        ("noise cancelation", "noise canceling"),
        ("Apple, not apple", "Apple | not Apple"),
        ("an apple a day", "an apple a day"),
        ("it led me to Prime shipping", "it | to |"),
        ("ＧＢ １６", "gb 16"),
        ("", ""),
    ],
)
def test_texts_become_canonical_tokens(text: str, tokens: str) -> None:
    assert " ".join(cut(text)) == tokens
    assert canonical_tokens(text) == cut(text)
