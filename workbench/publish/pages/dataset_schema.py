"""The schema of a dataset: dictionary, profile and where each column comes from; and a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.publish import charts, markdown, markup
from workbench.publish.collect.datasets import DatasetDetails
from workbench.publish.collect.facts import ColumnFacts, EdgeFacts
from workbench.publish.collect.masking import MASK
from workbench.publish.markup import Markup, Th
from workbench.publish.pages.writer import Writer

_MOST_SOURCES = 6


def column_anchor(name: str) -> str:
    """The anchor of a column's row; names may hold anything."""
    plain = "".join(
        c if c.isascii() and (c.isalnum() or c in "_-") else f"-{ord(c):x}-" for c in name
    )
    return f"column-{plain}"


def schema(w: Writer, details: DatasetDetails, edges: Sequence[EdgeFacts]) -> Markup:
    """The data dictionary."""
    facts = details.facts
    columns = [
        Th(w.t("column")),
        Th(w.t("type")),
        Th(w.t("description")),
        Th(w.t("term")),
        Th(w.t("column.nulls"), "number"),
        Th(w.t("column.distinct"), "number"),
        Th(w.t("column.values"), "none", export=False),
        Th(w.t("column.least")),
        Th(w.t("column.most")),
        Th(w.t("column.mean"), "number", hidden=True),
        Th(w.t("column.origin")),
        Th(w.t("column.original"), hidden=True),
    ]
    rows = [
        _row(w, column, details.profiles.get(column.name, {}), edges) for column in facts.columns
    ]
    ids = [column_anchor(column.name) for column in facts.columns]
    name = f"{facts.name}-columns"
    return markup.table(
        name, w.t("columns.of", name=facts.name), columns, rows, ids=ids, tools=True
    )


def _row(
    w: Writer, column: ColumnFacts, profile: Mapping[str, Any], edges: Sequence[EdgeFacts]
) -> tuple[Any, ...]:
    marks = []
    if column.key:
        marks.append(markup.tag("span", w.t("mark.key"), class_="wb-mark wb-mark--key"))
    if column.masked:
        marks.append(markup.tag("span", w.t("mark.masked"), class_="wb-mark wb-mark--masked"))
    name = markup.join((markup.code(column.name), *marks), " ")
    rows, nulls = profile.get("rows"), profile.get("nulls")
    distinct = profile.get("distinct")
    hidden = column.masked and bool(profile)
    dash: Any = Markup('<span class="wb-masked">•••</span>') if hidden else "–"
    return (
        name,
        markup.tag("code", column.type, class_="wb-type"),
        markup.bdi(column.description) if column.description else "–",
        _term(w, column),
        _nulls(w, rows, nulls),
        w.num(distinct),
        markup.td(_values(w, column, profile), class_="wb-cell-chart"),
        dash if profile.get("minimum") is None else markup.bdi(_limit(w, profile["minimum"])),
        dash if profile.get("maximum") is None else markup.bdi(_limit(w, profile["maximum"])),
        w.num(profile.get("mean")),
        _origin(w, column, edges),
        markup.bdi(column.original) if column.original else "–",
    )


def _limit(w: Writer, value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _term(w: Writer, column: ColumnFacts) -> Any:
    if not column.term:
        return "–"
    term = w.world.glossary.get(column.term)
    if term is None:
        return markup.bdi(column.term)
    return w.link("glossary/index", term.name, f"term-{column.term}")


def _nulls(w: Writer, rows: int | None, nulls: int | None) -> Markup:
    if not rows or nulls is None:
        return w.num(None)
    share = nulls / rows
    words = w.percent(share)
    bar = Markup(charts.share(share, title=w.t("column.nulls.title", n=w.n(nulls), share=words)))
    return markup.td(words, " ", bar, class_="wb-num", data_value=repr(share))


def _values(w: Writer, column: ColumnFacts, profile: Mapping[str, Any]) -> Markup:
    """A histogram of numbers and times, the most frequent ones of texts."""
    title = w.t("column.values.title", column=column.name)
    if profile.get("masked"):
        return markup.tag("span", MASK, class_="wb-masked")
    if profile.get("histogram"):
        bins = [(float(low), float(high), int(count)) for low, high, count in profile["histogram"]]
        return Markup(charts.histogram(bins, title=title, number=w.number))
    if profile.get("top"):
        top = [(str(value), int(count)) for value, count in profile["top"]]
        total = int(profile["rows"])
        return Markup(charts.frequencies(top, total=total, title=title, number=w.number))
    return Markup("–")


def _origin(w: Writer, column: ColumnFacts, edges: Sequence[EdgeFacts]) -> Markup:
    """Kind and source of each edge that ends at the column."""
    mine = [edge for edge in edges if edge.target_column == column.name]
    if not mine:
        return Markup("–")
    parts = []
    for kind in dict.fromkeys(edge.kind for edge in mine):
        badge = markup.tag("span", w.t(f"kind.{kind}"), class_=f"wb-kind wb-kind--{kind}")
        sources = [edge for edge in mine if edge.kind == kind]
        named = [_source(w, edge) for edge in sources[:_MOST_SOURCES]]
        if len(sources) > _MOST_SOURCES:
            named.append(markup.esc(w.count("more", len(sources) - _MOST_SOURCES)))
        parts.append(markup.join((badge, " ", markup.join(named, ", "))))
    return markup.join(parts, "; ")


def _source(w: Writer, edge: EdgeFacts) -> Markup:
    dataset = edge.source
    column = edge.source_column or ""
    if dataset in w.world.snapshot.datasets:
        target = w.href(f"datasets/{dataset}", column_anchor(column))
        return markup.link(target, markup.code(f"{dataset}.{column}"))
    return markup.code(column)


def sample(w: Writer, details: DatasetDetails) -> str:
    """Rows of the published version."""
    found = details.sample
    if found is None or not found.rows:
        return markdown.words(w.t("sample.none"))
    facts = details.facts
    numeric = {
        column.name
        for column in facts.columns
        if column.type.split("(")[0] in ("integer", "decimal", "number")
    }
    heads = [
        Th(markup.code(name), "number" if name in numeric else "text") for name in found.columns
    ]
    rows = [
        tuple(
            _cell(w, name in numeric, value) for name, value in zip(found.columns, row, strict=True)
        )
        for row in found.rows
    ]
    return markdown.html(
        markup.table(
            f"{facts.name}-sample",
            w.t("sample.caption", name=facts.name),
            heads,
            rows,
            head=False,
        )
    )


def _cell(w: Writer, numeric: bool, value: str | None) -> Markup:
    if value is None:
        return markup.td(w.t("null"), class_="wb-null")
    if value == MASK:
        return markup.td(MASK, class_="wb-masked")
    if numeric:
        return markup.td(value, class_="wb-num", data_value=value)
    return markup.td(markup.bdi(value))
