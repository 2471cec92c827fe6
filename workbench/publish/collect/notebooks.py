"""Executed notebooks as plain values: code, words, and outputs that carry no HTML of their own.

Raw HTML of outputs never goes further than this module: of a table its texts are read, of
everything else the plain text is taken. Where a dataset has masked columns, only the
workbench's own tables are shown, without the values of those columns; the rest is withheld.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.publish.collect import masking
from workbench.publish.collect.html_tables import TableText, tables

TABLE_MIME = "application/vnd.workbench.table+json"
PLOTLY_MIME = "application/vnd.plotly.v1+json"

#: Longest text of an output and largest figure or image that a page takes.
MAX_TEXT = 40_000
MAX_BYTES = 3_000_000
#: Kinds of traces that would ask other servers for maps.
_FOREIGN = re.compile(r"geo|map")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
_IMAGES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/gif": b"GIF8"}
_ERROR_CELLS = frozenset({"papermill-error-cell-tag"})

Kind = Literal["table", "figure", "image", "text", "stderr", "error", "withheld"]


@dataclass(frozen=True)
class Output:
    """An output of a cell: a table, a figure, an image (as ``data:`` address), or text."""

    kind: Kind
    text: str = ""
    table: TableText | None = None
    figure: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Cell:
    """A cell; ``state`` is done, failed or skipped (it was not executed)."""

    kind: Literal["markdown", "code"]
    source: str
    count: int | None = None
    outputs: tuple[Output, ...] = ()
    state: Literal["done", "failed", "skipped"] = "done"
    parameters: bool = False


@dataclass(frozen=True)
class Notebook:
    """An executed notebook: its cells, and how many after a failed one were not executed."""

    cells: tuple[Cell, ...]
    language: str = "python"
    not_executed: int = 0

    @property
    def has_figures(self) -> bool:
        """Whether a page with it needs Plotly."""
        return any(out.kind == "figure" for cell in self.cells for out in cell.outputs)


def read(path: Path, masked: Collection[str] = ()) -> Notebook | None:
    """The notebook in a file; ``None`` if there is none that can be read."""
    try:
        content = json.loads(path.read_bytes())
        given = list(content["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    cells: list[Cell] = []
    failed = False
    left = 0
    for cell in given:
        tags = set((cell.get("metadata") or {}).get("tags") or ())
        if tags & _ERROR_CELLS:
            continue
        if failed:
            left += cell.get("cell_type") == "code"
            continue
        made = _cell(cell, tags, masked)
        if made is not None:
            cells.append(made)
            failed = made.state == "failed"
    language = (content.get("metadata") or {}).get("kernelspec", {}).get("language", "python")
    return Notebook(tuple(cells), str(language), left)


def _cell(cell: Mapping[str, Any], tags: set[str], masked: Collection[str]) -> Cell | None:
    source = _text(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        return Cell("markdown", source)
    if cell.get("cell_type") != "code":
        return None
    outputs = tuple(_outputs(cell.get("outputs") or (), masked))
    state: Literal["done", "failed", "skipped"] = "done"
    papermill = (cell.get("metadata") or {}).get("papermill") or {}
    if any(output.kind == "error" for output in outputs):
        state = "failed"
    elif papermill.get("status") == "pending":
        state = "skipped"
    count = cell.get("execution_count")
    return Cell(
        "code",
        source.rstrip("\n"),
        count if isinstance(count, int) else None,
        outputs,
        state,
        bool(tags & {"parameters", "injected-parameters"}),
    )


def _outputs(given: Any, masked: Collection[str]) -> Iterator[Output]:
    for output in given:
        kind = output.get("output_type")
        if kind == "stream":
            made = Output(
                "stderr" if output.get("name") == "stderr" else "text", _plain(output.get("text"))
            )
        elif kind == "error":
            made = _error(output, masked)
        elif kind in ("display_data", "execute_result"):
            made = _display(output.get("data") or {}, masked)
        else:
            continue
        if masked and made.kind in ("text", "stderr", "figure", "image"):
            made = Output("withheld")
        if made.text or made.table or made.figure or made.kind == "withheld":
            yield made


def _error(output: Mapping[str, Any], masked: Collection[str]) -> Output:
    said = f"{output.get('ename', '')}: {output.get('evalue', '')}"
    if masked:
        return Output("error", masking.text(_plain(said), masked))
    return Output("error", _plain("\n".join(output.get("traceback") or ())) or _plain(said))


def _display(data: Mapping[str, Any], masked: Collection[str]) -> Output:
    if TABLE_MIME in data:
        table = _own_table(data[TABLE_MIME], masked)
        if table is not None:
            return Output("table", table=table)
        if masked:
            return Output("withheld")
    if masked:
        return Output("withheld")
    if PLOTLY_MIME in data:
        figure = _figure(data[PLOTLY_MIME])
        if figure is not None:
            return Output("figure", _plain(data.get("text/plain")), figure=figure)
    for mime, start in _IMAGES.items():
        if mime in data and (image := _image(data[mime], mime, start)):
            return Output("image", image)
    if "image/svg+xml" in data:
        svg = _text(data["image/svg+xml"]).encode("utf-8", "replace")
        if len(svg) <= MAX_BYTES:
            encoded = base64.b64encode(svg).decode()
            return Output("image", f"data:image/svg+xml;base64,{encoded}")
    if "text/html" in data:
        found = tables(_text(data["text/html"]))
        if found is not None:
            return Output("table", table=found)
    return Output("text", _plain(data.get("text/plain")))


def _figure(value: Any) -> Mapping[str, Any] | None:
    """A Plotly figure without what would ask for files from elsewhere."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        return None
    if any(
        _FOREIGN.search(str(trace.get("type", "")))
        for trace in value["data"]
        if isinstance(trace, dict)
    ):
        return None
    layout = value.get("layout")
    layout = dict(layout) if isinstance(layout, dict) else {}
    for name in ("images", "mapbox", "map", "geo"):
        layout.pop(name, None)
    figure = {"data": value["data"], "layout": layout}
    return figure if len(json.dumps(figure)) <= MAX_BYTES else None


def _image(value: Any, mime: str, start: bytes) -> str | None:
    try:
        raw = base64.b64decode(_text(value), validate=False)
    except (binascii.Error, ValueError):
        return None
    if not raw.startswith(start) or len(raw) > MAX_BYTES:
        return None
    return f"data:{mime};base64,{base64.b64encode(raw).decode()}"


#: The workbench's own tables that hold no values of the data.
_SAFE = ("Parsed:", "Transformed:", "Loaded:", "Read and written", "Lineage")


def _own_table(value: Any, masked: Collection[str]) -> TableText | None:
    """A table of the workbench; of one with masked columns, what may be shown of it."""
    try:
        caption = str(value["caption"])
        columns = tuple(str(name) for name in value["columns"])
        rows = tuple(tuple(row) for row in value["rows"])
        numeric = tuple(bool(each) for each in value.get("numeric") or ())
    except (KeyError, TypeError):
        return None
    if masked and not caption.startswith(_SAFE):
        if caption.startswith("Profile") and columns[:1] == ("column",):
            rows = tuple(
                (*row[:5], *(masking.MASK for _ in row[5:])) if row[0] in masked else row
                for row in rows
            )
        elif caption.startswith("Checks:") and "of" in columns:
            place = columns.index("of")
            rows = tuple(
                (*row[:6], *(masking.MASK for _ in row[6:]))
                if masking.is_about({"of": row[place]}, masked)
                else row
                for row in rows
            )
        elif caption.startswith("Quarantine:"):
            rows = tuple(
                tuple(masking.text(c, masked) if isinstance(c, str) else c for c in row)
                for row in rows
            )
        else:
            return None
    return TableText(caption, columns, rows, numeric)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(str(each) for each in value)
    return "" if value is None else str(value)


def _plain(value: Any) -> str:
    """Text without colours; what is very long loses its middle."""
    text = _ANSI.sub("", _text(value)).replace("\r\n", "\n")
    if len(text) > MAX_TEXT:
        half = MAX_TEXT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return text
