"""Rule of the architecture: names and sentences are plain English."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from ameli_build.core.fingerprints import ROOT

REPOSITORY = ROOT.parent
MOST = {"that": 15.0, "one": 6.0, "what": 1.5, "those": 1.0}
"""Largest share of a word that makes readers resolve pronouns, in a thousand words."""
NAMES = {"crossed", "falls", "keyed", "learnt", "looks", "misbehave", "mischief", "obtain", "plans", "shelves", "spool"}
NAMES |= {"steady", "supervise", "told", "visits"}
"""Words that were names of functions, classes or modules, and that readers did not understand."""


def texts(path: Path) -> list[str]:
    """The sentences of a file: docstrings, messages and comments of Python, or a page without its code."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [re.sub(r"```.*?```|`[^`]*`", "", source, flags=re.DOTALL)]
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [value for value in constants if isinstance(value, str) and " " in value] + comments


def shares(paths: list[Path]) -> dict[str, float]:
    """Each word of `MOST` in a thousand words of the files."""
    words = [word for path in paths for text in texts(path) for word in re.findall(r"[a-z']+", text.lower())]
    return {word: 1000 * words.count(word) / len(words) for word in MOST}


def names(path: Path) -> list[str]:
    """Names of a module, its functions and its classes."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [path.stem, *(node.name for node in nodes if isinstance(node, kinds))]


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


@pytest.mark.parametrize("files", [sorted(ROOT.rglob("*.py")), PAGES], ids=["library", "pages"])
def test_sentences_name_their_subjects(files: list[Path]) -> None:
    assert {word: share for word, share in shares(files).items() if share > MOST[word]} == {}


def test_names_use_words_of_the_field() -> None:
    found = [(path.name, name) for path in ROOT.rglob("*.py") for name in names(path) if words_of(name) & NAMES]
    assert not found


def test_words_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "spool.py"
    file.write_text('"""That one is what that says."""\n\n\ndef is_told():  # what one of those\n    return "that"\n')
    assert shares([file]) == {"that": 200.0, "one": 200.0, "what": 200.0, "those": 100.0}
    assert [name for name in names(file) if words_of(name) & NAMES] == ["spool", "is_told"]
