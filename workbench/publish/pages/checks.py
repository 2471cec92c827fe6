"""Data Docs: the checks of each dataset and run, what was expected and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.publish import markdown, markup
from workbench.publish.collect.runs import RunDetails, StepDetails
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import Language
from workbench.publish.pages import state
from workbench.publish.pages.check_list import check_table, of, outcome
from workbench.publish.pages.dataset_history import check_trend
from workbench.publish.pages.head import head
from workbench.publish.pages.writer import World, Writer


def page(world: World, lang: Language, details: RunDetails, step: StepDetails) -> Page:
    """All checks of a dataset in a run, by the column that they are about."""
    run, name = details.facts, step.facts.dataset
    path = f"checks/{run.id}-{name}"
    w = Writer(world, lang, path)
    checks: Sequence[Mapping[str, Any]] = step.result.get("checks") or ()
    bad = sum(outcome(check) != "passed" for check in checks)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        groups.setdefault(of(check), []).append(check)
    crumbs = ((w.t("checks"), "checks/index"), (name, f"datasets/{name}"))
    title = w.t("checks.of", name=name)
    counts = state.added([world.snapshot.checks_of.get((name, run.id))])
    blocks = [
        head(
            w,
            title,
            kicker=f"{w.t('run')} · {run.id}",
            lead=w.t("checks.lead_bad", bad=w.n(bad), total=w.n(len(checks)))
            if bad
            else w.t("checks.lead_good", total=w.n(len(checks))),
            facts=[
                state.check_words(w, counts),
                w.dataset_link(name),
                w.run_link(run.id),
                w.when(step.facts.finished),
                w.data_docs_link(name, run.id),
            ],
            crumbs=crumbs,
        )
    ]
    for number, (column, some) in enumerate(groups.items()):
        heading = column or w.t("check.table")
        table = check_table(w, f"{name}-{number}", w.t("checks.of", name=heading), some)
        blocks.append(markdown.section(f"group-{number}", heading, markdown.html(table)))
    as_of = markup.iso(step.facts.finished or run.latest)
    return Page(path, lang, "checks", title, tuple(blocks), crumbs=crumbs, as_of=as_of)


def index(world: World, lang: Language) -> Page:
    """How the checks of every dataset came out last, and over time."""
    w = Writer(world, lang, "checks/index")
    snapshot = world.snapshot
    columns = [
        Th(w.t("dataset")), Th(w.t("status")), Th(w.t("checks.held_head"), "number"),
        Th(w.t("checks.all_head"), "number"), Th(w.t("trend"), "none", export=False),
        Th(w.t("last_run"), "date"), Th(w.t("checks.docs")),
    ]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for name, dataset in snapshot.datasets.items():
        last = next(
            (
                (run, snapshot.checks_of[name, run.id])
                for run, _ in snapshot.by_dataset.get(name, ())
                if (name, run.id) in snapshot.checks_of
            ),
            None,
        )
        if last is None:
            if dataset.active:
                unchecked = w.check_status("none")
                rows.append((w.dataset_link(name), unchecked, *("–",) * 5))
            continue
        run, counts = last
        rows.append(
            (
                w.dataset_link(name),
                state.check_words(w, counts),
                w.num(counts.held),
                w.num(counts.total),
                markup.td(check_trend(w, name) or Markup("–"), class_="wb-cell-chart"),
                w.when(run.latest),
                w.link(f"checks/{run.id}-{name}", w.t("checks.see")),
            )
        )
    blocks = [head(w, w.t("checks"), lead=w.t("checks.lead"), crumbs=())]
    if rows:
        blocks.append(markdown.html(markup.table("checks", w.t("checks.of_all"), columns, rows)))
    else:
        blocks.append(markdown.html(markup.empty(w.t("checks.none"), w.t("home.empty.hint"))))
    docs = w.data_docs_index()
    if docs:
        said = markup.tag("p", w.t("data_docs.lead"), " ", docs)
        blocks.append(markdown.html(said))
    as_of = markup.iso(snapshot.as_of)
    return Page("checks/index", lang, "checks", w.t("checks"), tuple(blocks), as_of=as_of)
