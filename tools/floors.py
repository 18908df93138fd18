"""Write the floors of `tests/test_rooms.py` into the architecture page and its drawing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ameli_build.pipeline import STAGES

ROOT = Path(__file__).parents[1]


def floors() -> list[tuple[int, list[str]]]:
    """The rooms of each floor, the highest floor first; the lowest is 1."""
    tree = ast.parse((ROOT / "tests" / "test_rooms.py").read_text(encoding="utf-8"))
    (found,) = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"
    )
    return [(floor, names.split()) for floor, names in enumerate(ast.literal_eval(found), 1)][::-1]


def write_table(path: Path) -> None:
    """Sort the rows of the page's table, a row for each room, by floor."""
    text = path.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| .*\n", text, re.MULTILINE)
    cells = {match[1]: match[0] for row in rows for match in re.finditer(r"`(\w+)` \| .*(?= \|$)", row)}
    lines = [f"| {floor} | {cells[name]} |\n" for floor, names in floors() for name in names]
    path.write_text(text.replace("".join(rows), "".join(lines)), encoding="utf-8")


def write_drawing(path: Path) -> None:
    """Draw a box for each room in the row of its floor."""
    text = path.read_text(encoding="utf-8")
    head = text[: text.index('<text x="52"')]
    lines, stages = [], {stage.name for stage in STAGES}
    for row, (floor, names) in enumerate(floors()):
        x, y = 76.0, 438 + 35 * row
        lines.append(f'<text x="52" y="{y + 19}" font-size="12" fill="#444">{floor}</text>')
        for name in names:
            width = round(7.6 * len(name) + 22)
            colours = 'fill="#eef3fb" stroke="#4a6fa5"' if name in stages else 'fill="#f4f4f4" stroke="#888"'
            lines.append(f'<rect x="{x:g}" y="{y}" width="{width}" height="28" rx="6" {colours}/>')
            lines.append(f'<text x="{x + width / 2:g}" y="{y + 19}" text-anchor="middle" font-size="13">{name}</text>')
            x += width + 8
    path.write_text("\n".join([head + lines[0], *lines[1:], "</svg>\n"]), encoding="utf-8")


if __name__ == "__main__":
    write_table(ROOT / "docs" / "architecture.md")
    write_drawing(ROOT / "docs" / "architecture.svg")
