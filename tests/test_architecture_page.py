"""The architecture page and its drawing show the floors of `test_rooms`; `tools/floors.py` writes them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from test_rooms import FLOORS

ROOT = Path(__file__).parents[1]


def floors_of(page: str) -> dict[str, int]:
    """Each room of a page's table with its floor; the lowest is 1."""
    lines = re.findall(r"^\| (\d+) \| ([^|]+) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return {name: int(floor) for floor, rooms in lines for name in re.findall(r"`(\w+)`", rooms)}


def test_the_page_has_every_room_on_its_floor() -> None:
    assert floors_of("docs/architecture.md") == {
        name: floor for floor, names in enumerate(FLOORS, 1) for name in names.split()
    }


def test_the_drawing_has_every_room_on_its_floor() -> None:
    drawing = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    texts = re.findall(r'y="(\d+)"[^>]*>(\w+)</text>', drawing[drawing.index("ameli_build/:") :])
    height = {text: int(y) for y, text in texts}
    for floor, names in enumerate(FLOORS, 1):
        assert {name: height[name] for name in names.split()} == dict.fromkeys(names.split(), height[str(floor)])


def test_the_tool_restores_the_page_and_the_drawing(tmp_path: Path) -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "floors.py"))
    for name, write in (("architecture.md", tool["write_table"]), ("architecture.svg", tool["write_drawing"])):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        places = [n for n, line in enumerate(lines) if re.match(r'\| \d+ \| `|<text x="52"', line)]
        lines[places[0]], lines[places[-1]] = lines[places[-1]], lines[places[0]]
        (tmp_path / name).write_text("".join(lines), encoding="utf-8")
        assert (tmp_path / name).read_text(encoding="utf-8") != text
        write(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == text
