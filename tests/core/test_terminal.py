"""Foreign names and texts are printed to a terminal without their escapes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ameli_build.core.progress import say
from ameli_build.core.text import printable

ESCAPES = ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\x08\x08", "\x00", "\ud83d"]


@pytest.mark.parametrize("escape", ESCAPES)
def test_controls_are_replaced_and_the_rest_stays(escape: str) -> None:
    shown = printable(f"a\tb\n{escape}größe 尺寸 😀")
    assert shown.startswith("a\tb\n\ufffd")
    assert shown.endswith("größe 尺寸 😀")
    assert shown.replace("\n", "").replace("\t", "").isprintable()


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_line_of_progress_is_printed_without_escapes(escape: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"annotator {escape}")
    assert capsys.readouterr().err.startswith("annotator \ufffd")


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\x07b", "\x9b2J"])
def test_an_error_that_names_a_file_is_printed_without_escapes(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "ameli_build", "verify", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 2
    assert done.stderr.rstrip("\n").isprintable()
