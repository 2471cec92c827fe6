"""HTML made by escaping builders: text goes in, and only these builders make tags.

``Markup`` is HTML; every other value is text and is escaped when it is put into HTML. What is
made of markup by other means than these builders is text again, so that a mistake shows tags
instead of running them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from workbench.publish.messages import Language, formats

#: Control characters cannot stand in HTML; they are shown as what they are.
_CONTROL = {
    n: f"\\x{n:02x}" for n in (*range(9), 11, 12, *range(14, 32), *range(127, 160))
} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Markup(str):
    """HTML that was made by builders. Joined, cut or formatted it is plain text again."""

    __slots__ = ()


def clean(text: str) -> str:
    """``text`` without characters that HTML cannot carry."""
    return text if text.isprintable() else text.translate(_CONTROL)


def _html(value: Any) -> str:
    """Any value as HTML; pages are made of hundreds of thousands of these."""
    if type(value) is Markup:
        return value
    text = value if type(value) is str else str(value)
    if not text.isprintable():
        text = text.translate(_CONTROL)
    # attributes stand in double quotes, always, so that apostrophes may stay as they are
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def esc(value: Any) -> Markup:
    """Any value as HTML: markup as it is, everything else as text."""
    return value if type(value) is Markup else Markup(_html(value))


def tag(name: str, *content: Any, **attributes: Any) -> Markup:
    """An element. ``class_`` is ``class``, ``_`` in other names ``-``; ``None`` leaves it out."""
    inner = "".join([_html(each) for each in content if each is not None])
    return Markup(f"<{name}{_attributes(attributes)}>{inner}</{name}>")


def _attributes(attributes: dict[str, Any]) -> str:
    parts = [
        _flag(name) if value is True else f'{_name(name)}"{_html(value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    ]
    return "".join(parts)


@lru_cache
def _name(name: str) -> str:
    return f" {_written(name)}="


@lru_cache
def _flag(name: str) -> str:
    return f" {_written(name)}"


def _written(name: str) -> str:
    return "class" if name == "class_" else name.replace("_", "-")


def join(parts: Iterable[Any], separator: str = "") -> Markup:
    """Parts one after another; ``separator`` is text."""
    return Markup(_html(separator).join([_html(part) for part in parts if part is not None]))


def bdi(value: Any) -> Markup:
    """Text from outside within a sentence: its direction of writing cannot turn the sentence's."""
    return Markup(f"<bdi>{_html(value)}</bdi>")


def code(value: Any) -> Markup:
    """A name as it stands in code."""
    return Markup(f"<code><bdi>{_html(value)}</bdi></code>")


def link(href: str, *content: Any, **attributes: Any) -> Markup:
    """A link within the site, or to an address that has been checked."""
    return tag("a", *content, href=href, **attributes)


def image(source: str, alternative: str, **attributes: Any) -> Markup:
    """An image with what it shows in words."""
    return Markup(f"<img{_attributes({**attributes, 'src': source, 'alt': alternative})}>")


def chip(value: Any, kind: str = "") -> Markup:
    """A tag, a layer, an owner."""
    return tag("span", bdi(value), class_=f"wb-chip wb-chip--{kind}" if kind else "wb-chip")


def status(kind: str, words: str, **attributes: Any) -> Markup:
    """A status: the words carry the meaning, the kind its colour and sign."""
    return tag("span", words, class_=f"wb-status wb-status--{kind}", **attributes)


def iso(value: datetime) -> str:
    """An instant as ISO 8601 in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time(value: datetime | None, lang: Language, *, short: bool = False) -> Markup:
    """An instant for people, with the exact one for programs."""
    if value is None:
        return Markup("–")
    words = formats.short_moment(value, lang) if short else formats.moment(value, lang)
    return tag("time", words, datetime=iso(value))


@dataclass(frozen=True)
class Th:
    """A column of a table: its head, ``kind`` (text, number, date, duration, bytes, none)."""

    head: Any
    kind: str = "text"
    hidden: bool = False
    sorted: str | None = None
    export: bool = True

    @property
    def html(self) -> Markup:
        """The head of the column; without words it is a plain cell, which heads nothing."""
        named = self.head not in (None, "")
        return tag(
            "th" if named else "td",
            self.head,
            scope="col" if named else None,
            class_="wb-num" if self.kind in ("number", "duration", "bytes") else None,
            data_type=None if self.kind == "text" else self.kind,
            data_hidden=self.hidden or None,
            data_sorted=self.sorted,
            data_export=None if self.export else "no",
        )


def num(value: float | None, words: str | None) -> Markup:
    """A cell with a number: ``words`` are for people, ``value`` for sorting and export."""
    if value is None or words is None:
        return Markup('<td class="wb-num">–</td>')
    return Markup(f'<td class="wb-num" data-value="{value!r}">{_html(words)}</td>')


def cell(text: str, *, numeric: bool = False) -> Markup:
    """A cell with text from outside."""
    side = ' class="wb-num"' if numeric else ""
    return Markup(f"<td{side}><bdi>{_html(text)}</bdi></td>" if text else f"<td{side}></td>")


def td(*content: Any, **attributes: Any) -> Markup:
    """A cell."""
    return tag("td", *content, **attributes)


def table(
    name: str,
    caption: str,
    columns: Sequence[Th],
    rows: Iterable[Sequence[Any]],
    *,
    ids: Sequence[str] | None = None,
    caption_hidden: bool = True,
    tools: bool | None = None,
    head: bool = True,
) -> Markup:
    """A data table; the first cell of a row is its head. Cells that are ``<td>`` stay as they are.

    ``name`` is the file name of its export; ``ids`` are anchors of the rows.
    """
    lines = []
    for number, row in enumerate(rows):
        anchor = f' id="{_html(ids[number])}"' if ids else ""
        first = f'<th scope="row">{_html(row[0])}</th>' if head else _cell(row[0])
        lines.append(f"<tr{anchor}>{first}{''.join(_cell(cell) for cell in row[1:])}</tr>")
    hidden = "wb-hidden-text" if caption_hidden else None
    return tag(
        "div",
        Markup("<table>"),
        tag("caption", caption, class_=hidden),
        Markup("<thead><tr>"),
        *(column.html for column in columns),
        Markup("</tr></thead>\n<tbody>\n"),
        Markup("\n".join(lines)),
        Markup("\n</tbody></table>"),
        class_="wb-table",
        data_name=name,
        data_tools=None if tools is None else ("yes" if tools else "no"),
    )


def _cell(cell: Any) -> str:
    if type(cell) is Markup and cell.startswith("<td"):
        return cell
    return f"<td>{_html(cell)}</td>"


def facts(pairs: Iterable[tuple[Any, Any]], *, inline: bool = False) -> Markup:
    """A list of names and values; pairs without a value are left out."""
    items = [
        tag("div", tag("dt", name), tag("dd", value))
        for name, value in pairs
        if value is not None and value != ""
    ]
    return tag("dl", *items, class_="wb-dl wb-dl--inline" if inline else "wb-dl")


def tiles(*items: Markup) -> Markup:
    """Figures at a glance."""
    return tag("ul", *items, class_="wb-tiles")


def tile(
    label: str, value: Any, note: Any = None, *, tone: str = "", chart: Any = None, href: str = ""
) -> Markup:
    """One figure: ``tone`` is good, warn or bad."""
    parts = [
        tag("span", label, class_="wb-tile__label"),
        tag("span", value, class_="wb-tile__value"),
        tag("span", note, class_="wb-tile__note") if note else None,
        tag("span", chart, class_="wb-tile__chart") if chart else None,
    ]
    inner = link(href, *parts, class_="wb-tile__link") if href else join(parts)
    return tag("li", inner, class_=f"wb-tile wb-tile--{tone}" if tone else "wb-tile")


def callout(kind: str, title: Any, *content: Any) -> Markup:
    """A box for what must not be missed: info, good, warn or bad."""
    return tag(
        "div",
        tag("p", title, class_="wb-callout__title"),
        *content,
        class_=f"wb-callout wb-callout--{kind}",
        role="note",
    )


def empty(title: str, hint: Any) -> Markup:
    """What stands where there is nothing yet."""
    return tag("div", tag("p", title, class_="wb-empty__title"), tag("p", hint), class_="wb-empty")


def source(
    text: str, language: str, name: str | None = None, *, html: Markup | None = None
) -> Markup:
    """Source code to read and to copy; ``html`` is the same with its tokens marked."""
    inner = _html(text.rstrip("\n")) if html is None else html
    return tag(
        "div",
        Markup(f'<pre tabindex="0"><code>{inner}</code></pre>'),
        class_="wb-code",
        data_language=language,
        data_name=name,
    )
