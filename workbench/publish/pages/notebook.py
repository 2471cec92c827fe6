"""An executed notebook: its cells with their outputs; of a failed one up to the failing cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.publish import markdown, markup, remembered
from workbench.publish.collect.html_tables import TableText
from workbench.publish.collect.notebooks import Cell, Notebook, Output
from workbench.publish.collect.runs import RunDetails, StepDetails
from workbench.publish.highlight import highlighted
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import Language
from workbench.publish.pages import state
from workbench.publish.pages.head import head
from workbench.publish.pages.run import notebook_path
from workbench.publish.pages.writer import World, Writer

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def page(
    world: World, lang: Language, run: RunDetails, step: StepDetails, notebook: Notebook
) -> Page:
    """The page of a step's notebook."""
    path = notebook_path(step)
    w = Writer(world, lang, path)
    facts = step.facts
    title = w.t("notebook.title", step=w.t(f"verb.{facts.verb}"), dataset=facts.dataset)
    crumbs = ((w.t("runs"), "runs/index"), (run.facts.id, f"runs/{run.facts.id}"))
    blocks = [
        head(
            w,
            title,
            kicker=f"{w.t('notebook')} · {facts.step_id}",
            facts=[
                w.status(facts.status),
                w.dataset_link(facts.dataset),
                w.when(facts.started) if facts.started else None,
                w.seconds(facts.seconds) if facts.seconds is not None else None,
            ],
            crumbs=crumbs,
        )
    ]
    if step.error and facts.status != "SUCCESS":
        blocks.append(markdown.html(state.error_box(w, step.error)))
    if step.masked:
        words = markup.tag("p", w.t("notebook.masked"))
        blocks.append(markdown.html(markup.callout("info", w.t("mark.masked"), words)))
    cells = markup.join(
        (
            _cell(w, cell, number, notebook.language)
            for number, cell in enumerate(notebook.cells, 1)
        ),
        "\n",
    )
    blocks.append(markdown.html(markup.tag("div", cells, class_="wb-notebook")))
    if notebook.not_executed:
        blocks.append(markdown.words(w.count("notebook.left", notebook.not_executed)))
    return Page(
        path, lang, "notebook", title, tuple(blocks), crumbs=crumbs,
        as_of=markup.iso(facts.finished or run.facts.latest), figures=notebook.has_figures,
    )  # fmt: skip


def _cell(w: Writer, cell: Cell, number: int, language: str) -> Markup:
    if cell.kind == "markdown":
        html = Markup(remembered.piece("cell", cell.source, _rendered))
        return markup.tag("div", html, class_="wb-cell wb-cell--markdown")
    classes = "wb-cell wb-cell--code"
    if cell.state != "done":
        classes += f" wb-cell--{cell.state}"
    if cell.parameters:
        classes += " wb-cell--parameters"
    count = "" if cell.count is None else f"[{cell.count}]"
    code = markup.source(cell.source, language, html=highlighted(cell.source, language))
    inner = markup.tag(
        "div", markup.tag("span", count, class_="wb-cell__count"), code, class_="wb-cell__in"
    )
    outputs = [_output(w, output, number) for output in cell.outputs]
    shown = markup.tag("div", *outputs, class_="wb-cell__out") if outputs else None
    return markup.tag("div", inner, shown, class_=classes)


def _output(w: Writer, output: Output, number: int) -> Markup:
    if output.table is not None:
        return _table(w, output.table, number)
    if output.figure is not None:
        label = output.text.partition("\n")[0] or w.t("notebook.plot", n=number)
        data = json.dumps(output.figure, ensure_ascii=True).replace("<", "\\u003c")
        script = Markup(f'<script type="application/json">{data}</script>')
        caption = markup.tag("figcaption", _lines(output.text or label))
        return markup.tag("figure", script, caption, class_="wb-out wb-plotly", data_label=label)
    if output.kind == "image":
        return markup.image(output.text, w.t("notebook.plot", n=number), class_="wb-out")
    if output.kind == "withheld":
        return markup.tag("p", w.t("notebook.withheld"), class_="wb-out wb-muted")
    kind = {"text": "stream", "stderr": "stderr", "error": "error"}[output.kind]
    return markup.tag("pre", output.text, class_=f"wb-out wb-out--{kind}", tabindex="0")


def _lines(text: str) -> Markup:
    return markup.join((markup.bdi(line) for line in text.splitlines()), Markup("<br>"))


def _table(w: Writer, table: TableText, number: int) -> Markup:
    numeric = table.numeric or (False,) * len(table.columns)
    columns = [
        Th(markup.bdi(name) if name.strip() else "", "number" if right else "text")
        for name, right in zip(table.columns, numeric, strict=False)
    ]
    rows = [
        [_value(w, cell, right) for cell, right in zip(row, numeric, strict=False)]
        for row in table.rows
    ]
    caption = markup.bdi(table.caption or w.t("notebook.table", n=number))
    made = markup.table(
        f"cell-{number}", caption, columns, rows, head=False, caption_hidden=not table.caption,
        tools=False,
    )  # fmt: skip
    return Markup(made.replace('class="wb-table"', 'class="wb-out wb-table"', 1))


def _value(w: Writer, cell: Any, right: bool) -> Markup:
    if isinstance(cell, bool) or cell is None or isinstance(cell, str):
        text = "" if cell is None else str(cell)
        return markup.cell(text, numeric=right)
    if isinstance(cell, int | float):
        return w.num(cell)
    return markup.td(markup.bdi(str(cell)))


def _rendered(source: str) -> str:
    """The words of a notebook; HTML in them is text, and links lead to the web or nowhere."""
    parser = _parser()
    tokens = parser.parse(source)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and not _is_web(child):
                child.attrs = {}
        if token.type in ("heading_open", "heading_close"):
            # the page has its own title: the notebook's headings come below it
            token.tag = f"h{min(int(token.tag[1:]) + 1, 6)}"
    return str(parser.renderer.render(tokens, parser.options, {})).rstrip("\n")


def _is_web(token: Token) -> bool:
    return str(token.attrGet("href") or "").startswith(("https://", "http://", "mailto:"))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return (
        MarkdownIt("commonmark", {"html": False})
        .enable(["table", "strikethrough"])
        .disable(["image"])
    )


def paths(details: RunDetails, known: Sequence[str]) -> dict[str, str]:
    """The pages of a run's notebooks by step; ``known`` are the steps whose file is there."""
    return {
        step.facts.step_id: notebook_path(step)
        for step in details.steps
        if step.facts.step_id in known
    }
