"""The README is short, and `ameli` understands its commands; tests/demo runs commands on the demo's snapshot."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from ameli_build.cli import app

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in re.findall(r"^\$ ((?:\.venv/bin/)?ameli .*)$", block, re.MULTILINE)]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    while True:
        context = command.make_context("ameli", words, resilient_parsing=False)
        words = [*context._protected_args, *context.args]
        if not words or not hasattr(command, "resolve_command"):
            break
        _, command, words = command.resolve_command(context, words)


def test_a_newcomer_reads_the_readme_in_a_minute() -> None:
    lines = README.splitlines()
    assert len(lines) <= 130
    assert COMMANDS
    first_screen = "\n".join(lines[:25])
    assert "arxiv.org/abs/2305.14725" in first_screen
    assert "![" in first_screen
