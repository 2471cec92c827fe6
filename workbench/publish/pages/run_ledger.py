"""The ledger of a run: for each step equations that balance, drawn and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.publish import charts, markdown, markup
from workbench.publish.collect.runs import RunDetails, StepDetails
from workbench.publish.markup import Markup, Th
from workbench.publish.pages.writer import Writer

#: Terms of each equation: (left side, right side) with the tone in which they are drawn.
_EQUATIONS: dict[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]] = {
    "parse": (
        (("records", "accent"),),
        (
            ("parsed", "good"), ("preamble", "idle"), ("header", "idle"), ("blank", "idle"),
            ("footer", "idle"), ("unparseable", "bad"),
        ),
    ),
    "transform": (
        (("rows_in", "accent"), ("expanded", "info")),
        (
            ("rows_out", "good"), ("filtered", "idle"), ("deduplicated", "idle"),
            ("collapsed", "info"), ("quarantined", "warn"),
        ),
    ),
    "load": (
        (("candidate", "accent"),),
        (("inserted", "good"), ("updated", "info"), ("unchanged", "idle"), ("rejected", "bad")),
    ),
}  # fmt: skip
_ORDER = ("parse", "transform", "load")
_MOST_DRAWN = 6


def ledger(w: Writer, details: RunDetails) -> list[str]:
    """Every row accounted for, dataset by dataset."""
    blocks: list[str] = []
    for name in details.datasets:
        steps = [step for step in details.steps if step.facts.dataset == name]
        found = [(step, one) for step in steps for one in step.result.get("ledgers", ()) if one]
        if not found:
            continue
        link = markup.tag("h3", w.dataset_link(name), id=f"ledger-{name}")
        drawn = [chart for step, one in _telling(found) if (chart := _drawn(w, step, one))]
        grid = markup.tag("div", *drawn, class_="wb-grid") if drawn else None
        blocks.append(markdown.html(markup.join((link, grid, _table(w, name, found)))))
    if not blocks:
        return [markdown.words(w.t("ledger.none"))]
    return [markdown.words(w.t("ledger.words")), *blocks]


def _telling(
    found: Sequence[tuple[StepDetails, Mapping[str, Any]]],
) -> list[tuple[StepDetails, Mapping[str, Any]]]:
    """The ledgers that are worth a picture: those in which something became of the rows."""

    def terms(one: Mapping[str, Any]) -> int:
        left, right = _EQUATIONS[one["kind"]]
        return sum(bool(one.get(term)) for term, _ in (*left, *right))

    return [(step, one) for step, one in found if terms(one) > 2][:_MOST_DRAWN]


def _drawn(w: Writer, step: StepDetails, one: Mapping[str, Any]) -> Markup | None:
    left, right = _EQUATIONS[one["kind"]]

    def side(terms: Sequence[tuple[str, str]]) -> list[charts.Term]:
        return [
            charts.Term(w.t(f"term.{name}"), int(one.get(name) or 0), tone)  # type: ignore[arg-type]
            for name, tone in terms
            if one.get(name)
        ]

    title = w.t(
        "ledger.title", kind=w.t(f"ledger.{one['kind']}"), name=f"\u2068{one.get('name', '')}\u2069"
    )
    try:
        svg = charts.flow(side(left), side(right), title=title, number=w.number)
    except ValueError:  # it does not balance: the table beside it says so
        return None
    rows = [
        (w.t(f"term.{name}"), w.n(int(one.get(name) or 0)))
        for name, _ in (*left, *right)
        if one.get(name)
    ]
    header = (w.t("term.head"), w.t("rows"))
    return Markup(
        charts.figure(svg, caption=title, summary=w.t("as_table"), header=header, rows=rows)
    )


def _table(
    w: Writer, dataset: str, found: Sequence[tuple[StepDetails, Mapping[str, Any]]]
) -> Markup:
    tables = []
    for kind in _ORDER:
        ledgers = [(step, one) for step, one in found if one["kind"] == kind]
        if not ledgers:
            continue
        left, right = _EQUATIONS[kind]
        terms = [name for name, _ in (*left, *right)]
        if kind == "load":
            terms += ["before", "deleted", "after"]
        columns = [
            Th(w.t("ledger.of")), *(Th(w.t(f"term.{term}"), "number") for term in terms),
            Th(w.t("ledger.balance")), Th(w.t("step"), hidden=True),
        ]  # fmt: skip
        rows = [
            (
                markup.bdi(one.get("name", "")),
                *(w.num(one.get(term)) for term in terms),
                _balance(w, one),
                w.t(f"verb.{step.facts.verb}"),
            )
            for step, one in ledgers
        ]
        caption = w.t(f"ledger.equation.{kind}")
        tables.append(
            markup.table(f"{dataset}-{kind}", caption, columns, rows, caption_hidden=False)
        )
    return markup.join(tables, "\n")


def balances(one: Mapping[str, Any]) -> bool:
    """Whether the equations of a ledger hold."""
    left, right = _EQUATIONS[one["kind"]]
    sums = [sum(int(one.get(name) or 0) for name, _ in side) for side in (left, right)]
    if sums[0] != sums[1]:
        return False
    if one["kind"] != "load":
        return True
    before, inserted, deleted, after = (
        int(one.get(name) or 0) for name in ("before", "inserted", "deleted", "after")
    )
    return before + inserted - deleted == after


def _balance(w: Writer, one: Mapping[str, Any]) -> Markup:
    if balances(one):
        return markup.status("passed", w.t("ledger.balances"))
    return markup.status("failed", w.t("ledger.differs"))


def loads(w: Writer, found: Sequence[tuple[StepDetails, Mapping[str, Any]]]) -> list[str]:
    """What went into the targets."""
    terms = ("candidate", "inserted", "updated", "unchanged", "rejected", "deleted", "after")
    columns = [
        Th(w.t("dataset")),
        Th(w.t("target")),
        *(Th(w.t(f"term.{term}"), "number") for term in terms),
    ]
    rows = [
        (
            w.dataset_link(step.facts.dataset, "targets"),
            markup.code(one.get("name", "")),
            *(w.num(one.get(term)) for term in terms),
        )
        for step, one in found
    ]
    return [markdown.html(markup.table("loads", w.t("loads"), columns, rows))]
