"""The texts of a table in HTML, such as pandas and polars display one. Nothing else is kept."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

#: A larger table is cut; a page is no place for it.
MAX_ROWS = 200
MAX_COLUMNS = 60
_MAX_HTML = 2_000_000
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg"})


@dataclass(frozen=True)
class TableText:
    """A table as texts and numbers; ``numeric`` columns stand to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    numeric: tuple[bool, ...] = ()


def tables(html: str) -> TableText | None:
    """The first table of a text in HTML; ``None`` if there is none."""
    if "<table" not in html or len(html) > _MAX_HTML:
        return None
    reader = _Reader()
    reader.feed(html)
    reader.close()
    rows = [row for row in reader.rows if row]
    if not rows:
        return None
    width = min(max(len(row) for row in rows), MAX_COLUMNS)
    filled = [tuple((row + [""] * width)[:width]) for row in rows]
    heads = reader.heads
    columns = filled[heads - 1] if heads else ("",) * width
    body = filled[heads:]
    numeric = tuple(
        bool(body) and all(_is_number(row[n]) for row in body) and any(row[n] for row in body)
        for n in range(width)
    )
    return TableText(reader.caption.strip(), columns, tuple(body[:MAX_ROWS]), numeric)


def _is_number(text: str) -> bool:
    if text in ("", "NaN", "None", "null", "<NA>", "nan"):
        return True
    return (
        text.replace(",", "").replace(".", "", 1).replace("-", "", 1).replace("e", "", 1).isdigit()
    )


class _Reader(HTMLParser):
    """Collects the texts of cells of the first table; of nested tables the texts only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.caption = ""
        self.heads = 0
        self._depth = 0
        self._done = False
        self._in_head = False
        self._cell: list[str] | None = None
        self._span = 1
        self._in_caption = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if self._done:
            return
        if tag == "table":
            self._depth += 1
        if self._depth != 1:
            return
        if tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self._end_cell()
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), MAX_COLUMNS) if span.isdigit() else 1
        elif tag == "caption":
            self._in_caption = True
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if self._done:
            return
        if tag == "table" and self._depth:
            self._end_cell()
            self._depth -= 1
            self._done = self._depth == 0
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()
        elif self._depth == 1 and tag == "thead":
            self._in_head = False
            self.heads = len(self.rows)
        elif tag == "caption":
            self._in_caption = False

    def handle_data(self, data: str) -> None:
        if self._silent or self._done:
            return
        if self._in_caption:
            self.caption += data
        elif self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None or not self.rows:
            return
        self.rows[-1].append(" ".join("".join(self._cell).split()))
        self.rows[-1].extend([""] * (self._span - 1))
        self._cell = None
        self._span = 1
