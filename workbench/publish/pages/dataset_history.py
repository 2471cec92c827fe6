"""How a dataset has come to be what it is: its runs, loads, checks over time, and its spec."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from workbench.publish import charts, markdown, markup
from workbench.publish.collect.datasets import DatasetDetails
from workbench.publish.collect.facts import RunFacts, StepFacts
from workbench.publish.highlight import highlighted
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import formats
from workbench.publish.pages import state
from workbench.publish.pages.writer import STATUS, Writer

_SHOWN = 30
_CHARTED = 20
_TONES = {"success": "good", "failed": "bad", "cancelled": "idle", "skipped": "idle"}

_LOADED = ("inserted", "updated", "unchanged", "after")

Runs = Sequence[tuple[RunFacts, tuple[StepFacts, ...]]]


def check_trend(w: Writer, dataset: str) -> Markup | None:
    """How the checks came out in the last runs, oldest first: a chart for a cell."""
    cells = [cell for _, _, cell in _outcomes(w, dataset)]
    if not cells:
        return None
    return Markup(charts.strip(cells, title=w.t("checks.trend", n=len(cells))))


def check_history(w: Writer, dataset: str) -> list[str]:
    """The same with its words, its legend and as a table; nothing while there is one run."""
    outcomes = _outcomes(w, dataset)
    if len(outcomes) < 2:
        return []
    title = w.t("checks.trend", n=len(outcomes))
    tones = {cell.status: charts.STATUS_TONES.get(cell.status, "idle") for _, _, cell in outcomes}
    figure = charts.figure(
        charts.strip([cell for _, _, cell in outcomes], title=title, in_column=False),
        caption=title,
        summary=w.t("as_table"),
        header=(w.t("run"), w.t("checks.all_head")),
        rows=[(moment, words) for moment, words, _ in outcomes],
        legend=[charts.Series(w.t(f"status.{status}"), tone) for status, tone in tones.items()],
    )
    return [markdown.html(Markup(figure))]


def _outcomes(w: Writer, dataset: str) -> list[tuple[str, str, charts.Cell]]:
    """Of the last runs that checked it, oldest first: when, what came out, and its mark."""
    snapshot = w.world.snapshot
    outcomes = []
    for run, _ in reversed(snapshot.by_dataset.get(dataset, ())[:_SHOWN]):
        counts = snapshot.checks_of.get((dataset, run.id))
        if counts is None:
            continue
        moment = formats.short_moment(run.created, w.lang)
        words = (
            w.count("checks.held", counts.total)
            if counts.held == counts.total
            else w.t("checks.bad", bad=w.n(counts.total - counts.held), total=w.n(counts.total))
        )
        href = w.href(f"checks/{run.id}-{dataset}")
        cell = charts.Cell(counts.status, f"{moment}: {words}", href)
        outcomes.append((moment, words, cell))
    return outcomes


def history(w: Writer, details: DatasetDetails, runs: Runs) -> list[str]:
    """Rows and durations as charts, then the runs."""
    if not runs:
        return [markdown.words(w.t("runs.none"))]
    blocks = []
    if len(runs) > 1:
        rows, seconds = _rows(w, details, runs), _seconds(w, runs)
        blocks.append(markdown.html(markup.tag("div", rows, seconds, class_="wb-grid")))
    table = state.run_table(
        w, (run for run, _ in runs[:_SHOWN]), f"{details.facts.name}-runs",
        caption=w.t("runs.of", name=details.facts.name),
    )  # fmt: skip
    blocks.append(markdown.html(table))
    if len(runs) > _SHOWN:
        blocks.append(markdown.words(w.t("runs.first", n=_SHOWN, total=w.n(len(runs)))))
    return blocks


def _rows(w: Writer, details: DatasetDetails, runs: Runs) -> Markup:
    snapshot, name = w.world.snapshot, details.facts.name
    bars, table = [], []
    for run, _ in reversed(runs[:_CHARTED]):
        version = snapshot.version_of.get((name, run.id))
        rows = float(version.rows or 0) if version else 0.0
        refused = float(snapshot.refused.get((name, run.id), 0))
        label = formats.short_moment(run.created, w.lang)
        bars.append(charts.Bar(label, (rows, refused), w.href(f"runs/{run.id}")))
        table.append((label, w.n(int(rows)), w.n(int(refused))))
    series = (
        charts.Series(w.t("rows_published"), "accent"),
        charts.Series(w.t("rows_refused"), "warn"),
    )
    svg = charts.bars(bars, series=series, title=w.t("runs.rows"), number=w.number)
    header = (w.t("run"), w.t("rows_published"), w.t("rows_refused"))
    return Markup(
        charts.figure(
            svg, caption=w.t("runs.rows"), summary=w.t("as_table"), header=header, rows=table,
            legend=series,
        )
    )  # fmt: skip


def _seconds(w: Writer, runs: Runs) -> Markup:
    points, table = [], []
    for run, steps in reversed(runs[:_CHARTED]):
        value = sum(step.seconds or 0 for step in steps)
        tone = _TONES.get(STATUS.get(run.status, ""), "accent")
        label = formats.short_moment(run.created, w.lang)
        note = w.t(f"status.{STATUS.get(run.status, 'pending')}")
        points.append(
            charts.Point(label, value, w.href(f"runs/{run.id}"), tone, note)  # type: ignore[arg-type]
        )
        table.append((label, w.duration(value), note))
    svg = charts.line(points, title=w.t("runs.durations"), number=w.duration)
    header = (w.t("run"), w.t("duration"), w.t("status"))
    return Markup(
        charts.figure(
            svg, caption=w.t("runs.durations"), summary=w.t("as_table"), header=header, rows=table
        )
    )


def targets(w: Writer, details: DatasetDetails) -> list[str]:
    """Where the dataset is loaded, and the last load of each target."""
    declared = details.facts.spec.targets
    if not declared and not details.loads:
        return [markdown.words(w.t("targets.none"))]
    last = {load.target: load for load in reversed(details.loads)}
    known = {target.name: target.strategy for target in declared}
    names = [*known, *(name for name in last if name not in known)]
    columns = [
        Th(w.t("target")), Th(w.t("strategy")), Th(w.t("loaded"), "date"),
        Th(w.t("version.head"), "number"), Th(w.t("term.inserted"), "number"),
        Th(w.t("term.updated"), "number"), Th(w.t("term.unchanged"), "number"),
        Th(w.t("term.after"), "number"), Th(w.t("run")),
    ]  # fmt: skip
    rows = []
    for name in names:
        load = last.get(name)
        if load is None:
            dash = "–"
            rows.append((markup.code(name), known.get(name) or dash, dash, *([dash] * 6)))
            continue
        ledger = load.ledger
        rows.append(
            (
                markup.code(name), load.strategy, w.when(load.loaded), w.num(load.version),
                *(w.num(ledger.get(term)) for term in _LOADED),
                w.run_link(load.run_id),
            )
        )  # fmt: skip
    table = markup.table(
        f"{details.facts.name}-targets", w.t("targets.of", name=details.facts.name), columns, rows
    )
    return [markdown.html(table)]


def spec(w: Writer, details: DatasetDetails) -> list[str]:
    """The spec as it is now, and what changed from each version to the next."""
    if not details.specs:
        return [markdown.words(w.t("spec.none"))]
    _, text, seen = details.specs[0]
    file = details.facts.spec_path.rpartition("/")[2]
    code = markup.source(text, "yaml", file or None, html=highlighted(text, "yaml"))
    now = markup.join((markup.tag("p", w.t("spec.since"), " ", w.when(seen)), code))
    if len(details.specs) == 1:
        return [markdown.html(now)]
    tabs = [_tab("spec-now", markup.esc(w.t("spec.now")), now)]
    for number, (newer, older) in enumerate(zip(details.specs, details.specs[1:], strict=False), 1):
        title = w.when(newer[2], short=True)
        tabs.append(_tab(f"spec-{number}", title, _diff(older[1], newer[1])))
    return [
        markdown.html(markup.tag("div", *tabs, class_="wb-tabs", data_label=w.t("spec.versions")))
    ]


def _tab(anchor: str, title: Markup, content: Markup) -> Markup:
    heading = markup.tag("h3", title, class_="wb-tab__title")
    return markup.tag("section", heading, content, class_="wb-tab", id=anchor)


def _diff(older: str, newer: str) -> Markup:
    lines = []
    kinds = {"+": "add", "-": "del", "@": "hunk", " ": "same"}
    for line in list(difflib.unified_diff(older.splitlines(), newer.splitlines(), lineterm=""))[2:]:
        kind = kinds.get(line[:1], "same")
        lines.append(markup.tag("span", line, class_=f"wb-diff__{kind}"))
    body = markup.join(lines, "\n")
    return markup.tag(
        "div", Markup(f'<pre tabindex="0"><code>{body}</code></pre>'), class_="wb-diff"
    )
