"""The XLSX sheet: a row for each review with a drop-down list, products on a second worksheet, no hidden cells."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter
from PIL import Image

from ameli_build.annotation.codes import sheet_code
from ameli_build.annotation.pictures import THUMBNAIL_SIDE
from ameli_build.annotation.tasks import CANNOT_TELL, INFORMATIVENESS, MENTIONS, QUESTIONS, Item, Task
from ameli_build.core.text import printable

_LONGEST = 32_000
"""Characters of a cell; the limit of spreadsheets is 32,767."""
_LONGEST_LIST = 255
"""Characters of a drop-down list."""
_ALLOWED = {
    INFORMATIVENESS: "yes or no",
    MENTIONS: "right or wrong (the words in [[ ]] are the marked ones)",
}
_CREATED = datetime(2000, 1, 1)
_SIDE = 88
_ROW_HEIGHT = 132
_HIGHEST_ROW = 400
_LINE_HEIGHT = 13
"""Heights in points; the limit of spreadsheets is 409."""
_WIDTHS = {
    "No.": 4,
    "Your choice": 8,
    "Comment": 8,
    "Title": 9,
    "Review text": 34,
    "Photographs": 26,
    "Right words": 14,
}
_CANDIDATE_WIDTH = 13
"""Widths of columns in characters. A screen of 1440 pixels shows a review and three candidates in LibreOffice without
Calibri, where a character is ten pixels wide; six in Excel, where it is seven."""
_LETTERS = 1.25
"""Letters of a text for each character of a column's width, as the text's font is smaller."""
_PICTURE_LINES = 6
"""Height of a product's picture in lines; it stands below the name."""
_MOST_NAME_LINES = 22
_MANY_PICTURES = 2000
"""With more distinct product pictures, only the first picture of each product is shown, as spreadsheets get slow."""


def sheet_workbook(task: Task, annotator: str, review_ids: Sequence[str]) -> bytes:
    """The workbook of an annotator; the same content gives the same bytes. All texts are written as strings."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "max_url_length": 2079,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": f"{annotator}: {QUESTIONS[task.name]}", "created": _CREATED})
        _Writer(book, task).write(annotator, [task.items[review_id] for review_id in review_ids])
    return stream.getvalue()


class _Writer:
    """Writes the worksheets of a workbook."""

    def __init__(self, book: Any, task: Task) -> None:
        self._task = task
        self._reviews = book.add_worksheet("Reviews")
        self._products = book.add_worksheet("Products")
        self._guide = book.add_worksheet("Guide")
        wrap = {"text_wrap": True, "valign": "top", "font_size": 10, "border": 1, "border_color": "#D0D0D0"}
        self._cell = book.add_format(wrap)
        self._candidate = book.add_format(wrap | {"font_color": "#0B5C8F"})
        self._choice = book.add_format(
            wrap | {"align": "center", "valign": "vcenter", "font_size": 14, "bold": True, "bg_color": "#FFF6D6"}
        )
        self._quiet = book.add_format(wrap | {"font_color": "#7A7A7A", "font_size": 8})
        self._header = book.add_format({"bold": True, "bg_color": "#E6F0F7", "border": 1, "text_wrap": True})

    def write(self, annotator: str, items: Sequence[Item]) -> None:
        """Write all worksheets. Products are numbered by name, which does not reveal the gold product."""
        names = {sku: self._task.entities[sku].name for item in items for sku in item.shown}
        rows = {sku: row for row, sku in enumerate(sorted(names, key=lambda sku: (names[sku], sku)), 1)}
        self._write_products(rows)
        self._write_guide()
        code = sheet_code(self._task.name, annotator, self._task.fingerprint)
        most = max((len(item.shown) for item in items), default=0)
        headers = self._write_header(most)
        for row, item in enumerate(items, 1):
            self._write_review(row, item, headers, rows, code)

    def _write_header(self, most: int) -> dict[str, int]:
        names = ["No.", "Your choice", *(["Right words"] if self._task.name == MENTIONS else []), "Comment"]
        names += ["Title", "Review text", "Photographs", *(str(number) for number in range(1, most + 1))]
        names += ["Review ID", "Sheet code"]
        self._reviews.set_row(0, 2 * _LINE_HEIGHT + 4)
        for column, name in enumerate(names):
            self._reviews.write_string(0, column, name, self._header)
            self._reviews.set_column(column, column, _WIDTHS.get(name, _CANDIDATE_WIDTH))
        self._reviews.freeze_panes(1, 2)
        return {name: column for column, name in enumerate(names)}

    def _write_review(
        self, row: int, item: Item, columns: Mapping[str, int], products: Mapping[str, int], code: str
    ) -> None:
        sheet = self._reviews
        text = item.text
        if item.span:
            start, end = item.span
            text = f"{text[:start]}[[{text[start:end]}]]{text[end:]}"
        names = max((_lines(self._task.entities[sku].name, _CANDIDATE_WIDTH) for sku in item.shown), default=0)
        lines = max(_lines(text, _WIDTHS["Review text"] * _LETTERS), min(names, _MOST_NAME_LINES) + _PICTURE_LINES)
        sheet.set_row(row, min(max(_ROW_HEIGHT, _LINE_HEIGHT * lines), _HIGHEST_ROW))
        sheet.write_number(row, columns["No."], row, self._cell)
        for name, value in (("Review ID", item.review_id), ("Title", item.title), ("Review text", text)):
            self._write_text(sheet, row, columns[name], value)
        sheet.write_blank(row, columns["Your choice"], None, self._choice)
        for name in ("Right words", "Comment"):
            if name in columns:
                sheet.write_blank(row, columns[name], None, self._cell)
        sheet.write_string(row, columns["Sheet code"], code, self._quiet)
        sheet.data_validation(row, columns["Your choice"], row, columns["Your choice"], self._validation(item))
        for number, path in enumerate(item.photos[:4]):
            place = {"x_offset": 4 + 92 * (number % 2), "y_offset": 4 + 86 * (number // 2)}
            self._insert(sheet, row, columns["Photographs"], path, 82, place)
        for number, sku in enumerate(item.shown, 1):
            self._write_candidate(row, columns[str(number)], sku, products[sku])

    def _write_candidate(self, row: int, column: int, sku: str, product_row: int) -> None:
        entity = self._task.entities[sku]
        self._reviews.write_string(row, column, printable(entity.name)[:_LONGEST], self._candidate)
        lines = min(_lines(entity.name, _CANDIDATE_WIDTH), _MOST_NAME_LINES)
        link = f"internal:'Products'!A{product_row + 1}"
        place = {"x_offset": 4, "y_offset": 4 + lines * _LINE_HEIGHT * 4 // 3, "url": link}
        for path in entity.images[:1]:
            self._insert(self._reviews, row, column, path, _SIDE, place)

    def _validation(self, item: Item) -> dict[str, Any]:
        choices = list(self._task.choices(item))
        alert = {"error_title": "Not a choice", "error_message": f"One of {choices[0]} to {choices[-2]}, or ?"}
        if len(",".join(choices)) <= _LONGEST_LIST:
            return {"validate": "list", "source": choices, **alert}
        return {"validate": "length", "criteria": "between", "minimum": 1, "maximum": 4, **alert}

    def _write_products(self, rows: Mapping[str, int]) -> None:
        sheet, entities = self._products, self._task.entities
        distinct = {path for sku in rows for path in entities[sku].images}
        names = ("No.", "Name", "Category", "Description", "Specifications", "Pictures")
        for column, (name, width) in enumerate(zip(names, (5, 40, 30, 50, 60, 14), strict=True)):
            sheet.write_string(0, column, name, self._header)
            sheet.set_column(column, column, width)
        sheet.set_column(len(names), len(names) + 12, 14)
        sheet.freeze_panes(1, 2)
        for sku, row in rows.items():
            entity = entities[sku]
            sheet.set_row(row, _ROW_HEIGHT)
            sheet.write_number(row, 0, row, self._cell)
            specifications = "\n".join(f"{name}: {value}" for _, name, value in entity.attributes)
            texts = (entity.name, " > ".join(entity.categories), entity.description, specifications)
            for column, text in enumerate(texts, 1):
                self._write_text(sheet, row, column, text)
            pictures = entity.images if len(distinct) <= _MANY_PICTURES else entity.images[:1]
            for column, path in enumerate(pictures, len(names) - 1):
                self._insert(sheet, row, column, path, _SIDE, {"x_offset": 4, "y_offset": 4})

    def _write_guide(self) -> None:
        allowed = _ALLOWED.get(self._task.name, "the number above the product's column")
        lines = (
            QUESTIONS[self._task.name],
            f"Your answer goes into the column 'Your choice': {allowed}, or {CANNOT_TELL} for 'cannot tell'.",
            "A click on a product's picture leads to its description and specifications on the worksheet 'Products'.",
            "Leave 'Review ID' and 'Sheet code' as they are. Rows may be sorted.",
            "Save as XLSX or CSV and send the file back.",
        )
        self._guide.set_column(0, 0, 110, self._cell)
        for row, line in enumerate(lines):
            self._guide.write_string(row, 0, line, self._cell)

    def _write_text(self, sheet: Any, row: int, column: int, text: str) -> None:
        """Write a text as a string, never as a formula, a number or a link."""
        if len(text) > _LONGEST:
            text = text[:_LONGEST] + " [cut here; the HTML sheet has the whole text]"
        sheet.write_string(row, column, printable(text), self._cell)

    def _insert(self, sheet: Any, row: int, column: int, path: str, side: int, place: Mapping[str, Any]) -> None:
        picture = self._task.pictures.small(path, THUMBNAIL_SIDE)
        if picture is None:
            return
        with Image.open(io.BytesIO(picture)) as image:
            scale = side / max(image.size)
        options = {"image_data": io.BytesIO(picture), "x_scale": scale, "y_scale": scale, "object_position": 1}
        sheet.insert_image(row, column, "picture.jpg", {**options, **place, "decorative": True})


def _lines(text: str, width: float) -> int:
    """About the number of lines that a text takes in a column of this many letters."""
    return sum(1 + int(len(line) / width) for line in text.splitlines())
