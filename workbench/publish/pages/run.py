"""A run: what started it, what each step did, and where every row went."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.publish import charts, markdown, markup
from workbench.publish.collect.runs import RunDetails, StepDetails
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import Language
from workbench.publish.pages import run_ledger, run_origin, state
from workbench.publish.pages.check_list import check_table, outcome
from workbench.publish.pages.head import head, sections
from workbench.publish.pages.writer import STATUS, World, Writer


def notebook_path(step: StepDetails) -> str:
    """Where the page of a step's executed notebook is."""
    facts = step.facts
    return f"notebooks/{facts.run_id}-{facts.position:03d}-{facts.dataset}-{facts.verb}"


def page(world: World, lang: Language, details: RunDetails, notebooks: Mapping[str, str]) -> Page:
    """The page of a run; ``notebooks`` maps ids of steps to the paths of notebook pages."""
    run = details.facts
    w = Writer(world, lang, f"runs/{run.id}")
    checks = [(step, check) for step in details.steps for check in step.result.get("checks", ())]
    loads = [
        (step, ledger)
        for step in details.steps
        if step.facts.verb == "materialize"
        for ledger in step.result.get("ledgers", ())
        if ledger.get("kind") == "load"
    ]
    parts: list[tuple[str, str, int | None, list[str]]] = [
        ("steps", w.t("steps"), len(details.steps), _steps(w, details, notebooks)),
        ("ledger", w.t("ledger"), None, run_ledger.ledger(w, details)),
        ("checks", w.t("checks"), len(checks), _checks(w, details)),
    ]
    refused = _quarantine(w, details)
    if refused:
        parts.append(("quarantine", w.t("quarantine"), None, refused))
    if loads:
        parts.append(("loads", w.t("loads"), len(loads), run_ledger.loads(w, loads)))
    parts.append(("made-from", w.t("run.made_from"), None, run_origin.made_from(w, details)))
    blocks = [
        _head(w, details),
        markdown.html(_tiles(w, details)),
        *_errors(w, details, notebooks),
        *_warnings(w, details),
        sections(w, [(anchor, title, count) for anchor, title, count, _ in parts]),
        *(markdown.section(anchor, title, *inner) for anchor, title, _, inner in parts),
    ]
    return Page(
        f"runs/{run.id}", lang, "run", run.id, tuple(blocks),
        crumbs=((w.t("runs"), "runs/index"),), as_of=markup.iso(run.latest),
    )  # fmt: skip


def index(world: World, lang: Language) -> Page:
    """All runs."""
    w = Writer(world, lang, "runs/index")
    runs = world.snapshot.runs
    blocks = [head(w, w.t("runs"), lead=w.t("runs.lead"), crumbs=())]
    if runs:
        blocks.append(markdown.html(state.run_table(w, runs)))
    else:
        blocks.append(markdown.html(markup.empty(w.t("runs.none"), w.t("home.empty.hint"))))
    as_of = markup.iso(world.snapshot.as_of)
    return Page("runs/index", lang, "runs", w.t("runs"), tuple(blocks), as_of=as_of)


def _head(w: Writer, details: RunDetails) -> str:
    run = details.facts
    started = markup.join((w.t("started"), " ", w.when(run.started or run.created)))
    return head(
        w,
        w.title_of(run),
        kicker=f"{w.t('run')} · {run.id}",
        lead=w.t("run.lead", trigger=w.word("trigger", run.trigger), by=f"\u2068{run.by}\u2069"),
        facts=[w.status(run.status), started, w.seconds(run.seconds) if run.seconds else None],
        crumbs=((w.t("runs"), "runs/index"),),
    )


def _tiles(w: Writer, details: RunDetails) -> Markup:
    snapshot, run = w.world.snapshot, details.facts
    published = [snapshot.version_of.get((name, run.id)) for name in details.datasets]
    rows = sum((each.rows or 0) for each in published if each)
    refused = sum(snapshot.refused.get((name, run.id), 0) for name in details.datasets)
    checks = state.added(snapshot.checks_of.get((name, run.id)) for name in details.datasets)
    done = sum(step.facts.status == "SUCCESS" for step in details.steps)
    tries = sum(len(step.attempts) for step in details.steps)
    again = tries - sum(bool(step.attempts) for step in details.steps)
    return markup.tiles(
        markup.tile(w.t("duration"), w.seconds(run.seconds)),
        markup.tile(
            w.t("steps"), w.t("of", part=w.n(done), total=w.n(len(details.steps))),
            w.count("run.retried", again) if again else None, href="#steps",
        ),
        markup.tile(w.t("datasets"), w.n(len(details.datasets))),
        markup.tile(w.t("rows_published"), w.n(rows), href="#ledger"),
        markup.tile(w.t("checks"), state.check_words(w, checks), href="#checks"),
        markup.tile(
            w.t("quarantine"), w.n(refused), tone="warn" if refused else "good",
            href="#quarantine" if refused else "",
        ),
    )  # fmt: skip


def _errors(w: Writer, details: RunDetails, notebooks: Mapping[str, str]) -> list[str]:
    boxes = []
    for step in details.steps:
        if not step.error or step.facts.status == "SUCCESS":
            continue
        title = w.t("run.step_failed", step=f"\u2068{step.facts.step_id}\u2069")
        box = state.error_box(w, step.error, title)
        path = notebooks.get(step.facts.step_id)
        link = markup.tag("p", w.link(path, w.t("notebook.see"))) if path else None
        boxes.append(markup.join((box, link)))
    error = details.facts.error
    if error and not boxes and "step" not in error:
        boxes.append(state.error_box(w, error))
    return [markdown.html(markup.join(boxes, "\n"))] if boxes else []


def _warnings(w: Writer, details: RunDetails) -> list[str]:
    said = [
        markup.tag("li", w.dataset_link(step.facts.dataset), ": ", markup.bdi(warning))
        for step in details.steps
        for warning in step.result.get("warnings", ())
    ]
    if not said:
        return []
    return [markdown.html(markup.callout("warn", w.t("warnings"), markup.tag("ul", *said)))]


def _steps(w: Writer, details: RunDetails, notebooks: Mapping[str, str]) -> list[str]:
    if not details.steps:
        return [markdown.words(w.t("steps.none"))]
    columns = [
        Th(w.t("dataset")), Th(w.t("step")), Th(w.t("status")), Th(w.t("duration"), "duration"),
        Th(w.t("attempts"), "number"), Th(w.t("rows_out"), "number"), Th(w.t("notebook")),
        Th(w.t("worker"), hidden=True), Th(w.t("started"), "date", hidden=True),
    ]  # fmt: skip
    rows = []
    for step in details.steps:
        facts = step.facts
        path = notebooks.get(facts.step_id)
        skipped = step.result.get("skipped")
        status = w.status(facts.status)
        if skipped:
            status = markup.join(
                (status, " ", markup.tag("span", markup.bdi(skipped), class_="wb-muted"))
            )
        rows.append(
            (
                w.dataset_link(facts.dataset), w.t(f"verb.{facts.verb}"), status,
                w.seconds_cell(facts.seconds), w.num(len(step.attempts) or facts.attempt),
                w.num(_rows_out(step)),
                w.link(path, w.t("notebook.open")) if path else "–",
                markup.bdi(step.worker or "–"), w.when(facts.started),
            )
        )  # fmt: skip
    table = markup.table(f"{details.facts.id}-steps", w.t("steps.of"), columns, rows)
    gantt = _gantt(w, details, notebooks)
    return [*([markdown.html(gantt)] if gantt else []), markdown.html(table)]


def _rows_out(step: StepDetails) -> int | None:
    rows = [
        ref.get("rows") for ref in step.result.get("outputs", ()) if ref.get("rows") is not None
    ]
    return rows[0] if rows else None


def _gantt(w: Writer, details: RunDetails, notebooks: Mapping[str, str]) -> Markup | None:
    start = details.facts.created
    rows, table = [], []
    for step in details.steps:
        spans = []
        for attempt in step.attempts:
            begin = (attempt.started - start).total_seconds()
            end = (attempt.finished - start).total_seconds() if attempt.finished else None
            queued = None
            if step.queued and attempt.number == step.facts.attempt:
                queued = max(0.0, min(begin, (step.queued - start).total_seconds()))
            kind = STATUS.get(attempt.status, "pending")
            words = w.t(f"status.{kind}")
            label = w.t("attempt.label", n=attempt.number, status=words)
            spans.append(charts.Span(begin, end, kind, label, queued))
            table.append(
                (step.facts.step_id, str(attempt.number), words, w.duration(max(0.0, begin)),
                 w.duration(max(0.0, end - begin)) if end is not None else "–")
            )  # fmt: skip
        if spans:
            path = notebooks.get(step.facts.step_id)
            label = f"{step.facts.dataset} · {w.t(f'verb.{step.facts.verb}')}"
            rows.append(charts.GanttRow(label, tuple(spans), w.href(path) if path else None))
    if not rows:
        return None
    title = w.t("run.gantt")
    svg = charts.gantt(rows, title=title, number=w.duration)
    header = (
        w.t("step"), w.t("attempt"), w.t("status"), w.t("attempt.after"), w.t("duration"),
    )  # fmt: skip
    return Markup(
        charts.figure(svg, caption=title, summary=w.t("as_table"), header=header, rows=table)
    )


def _checks(w: Writer, details: RunDetails) -> list[str]:
    blocks = []
    for step in details.steps:
        checks = step.result.get("checks") or ()
        if not checks:
            continue
        name = step.facts.dataset
        failing = [check for check in checks if outcome(check) != "passed"]
        held = len(checks) - len(failing)
        path = f"checks/{details.facts.id}-{name}"
        words = w.t("of", part=w.n(held), total=w.n(len(checks)))
        line = markup.tag(
            "p", w.dataset_link(name), ": ", w.t("checks.held_of", of=words), " ",
            w.link(path, w.t("checks.see")), *_data_docs(w, name, details.facts.id),
        )  # fmt: skip
        blocks.append(markdown.html(line))
        if failing:
            table = check_table(w, f"{name}-failing", w.t("checks.failing", name=name), failing)
            blocks.append(markdown.html(table))
    return blocks or [markdown.words(w.t("checks.none_in_run"))]


def _data_docs(w: Writer, name: str, run_id: str) -> list[Markup | str]:
    link = w.data_docs_link(name, run_id)
    return [" · ", link] if link else []


def _quarantine(w: Writer, details: RunDetails) -> list[str]:
    rows = [
        (w.dataset_link(step.facts.dataset, "quarantine"), markup.bdi(reason), w.num(count))
        for step in details.steps
        for batch in step.result.get("quarantine", ())
        for reason, count in sorted(batch.get("reasons", {}).items(), key=lambda item: -item[1])
    ]
    if not rows:
        return []
    columns = [Th(w.t("dataset")), Th(w.t("reason")), Th(w.t("rows"), "number")]
    table = markup.table(f"{details.facts.id}-quarantine", w.t("quarantine.reasons"), columns, rows)
    return [markdown.html(table)]
