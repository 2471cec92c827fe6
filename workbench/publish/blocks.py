"""Great Expectations' content blocks as escaped HTML, without its styles and scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape as escape_html
from typing import Any

from workbench.steps.tables import printable

_PARAMETER = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


def escape(text: str) -> str:
    """A text of the data as HTML that shows it; what would turn its direction is made visible."""
    return escape_html("\n".join(map(printable, text.split("\n"))))


def html_of(block: Any) -> str:
    """A block, a list of blocks, or a plain value as HTML; all text is escaped."""
    if block is None:
        return ""
    if isinstance(block, list | tuple):
        if any(isinstance(item, Mapping) and "content_block_type" in item for item in block):
            return "".join(f"<div>{html_of(item)}</div>" for item in block)
        return "<br>".join(html_of(item) for item in block if item is not None)
    if isinstance(block, Mapping):
        kind = str(block.get("content_block_type", ""))
        render = _BLOCKS.get(kind)
        return render(block) if render else escape(_flat(block))
    return escape(str(block)).replace("\n", "<br>")


def _template(block: Mapping[str, Any]) -> str:
    """A sentence with parameters: ``$column values must never be null.``"""
    content = block.get("string_template", block)
    if not isinstance(content, Mapping):
        return html_of(content)
    params = content.get("params") or {}
    parts, end = [], 0
    template = str(content.get("template", "")).strip("\n")
    for match in _PARAMETER.finditer(template):
        if match[1] in params:
            parts.append(_text(template[end : match.start()]))
            parts.append(f'<span class="v">{_text(str(params[match[1]]))}</span>')
            end = match.end()
    parts.append(_text(template[end:]))
    return "".join(parts)


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _table(block: Mapping[str, Any]) -> str:
    header = "".join(
        f"<th scope=col>{html_of(cell)}</th>" for cell in block.get("header_row") or ()
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in block.get("table") or ()
    )
    head = f"<thead><tr>{header}</tr></thead>" if header else ""
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _cell(cell: Any) -> str:
    """A value of the data on one line, several values with commas between."""
    plain = isinstance(cell, list | tuple) and not any(isinstance(item, Mapping) for item in cell)
    return escape(", ".join(map(str, cell))) if plain else html_of(cell)


def _children(*names: str) -> Callable[[Mapping[str, Any]], str]:
    """Blocks that only hold others: these are shown one below the other."""

    def render(block: Mapping[str, Any]) -> str:
        found = [block.get(name) for name in ("header", "subheader", *names)]
        return "".join(f"<div>{html_of(item)}</div>" for item in found if item)

    return render


def _nothing(block: Mapping[str, Any]) -> str:
    """A Vega chart needs a script; the same figures stand in the table beside it."""
    return ""


def _flat(block: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in block.items())


_BLOCKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "string_template": _template,
    "table": _table,
    "value_list": _children("value_list"),
    "bullet_list": _children("bullet_list"),
    "text": _children("text"),
    "header": _children(),
    "collapse": _children("collapse"),
    "content_block_container": _children("content_blocks"),
    "graph": _nothing,
}
