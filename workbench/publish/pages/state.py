"""The state of datasets and runs in few words: what home, lists and headers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from workbench.publish import charts, markup
from workbench.publish.collect.facts import CheckCounts, DatasetFacts, RunFacts
from workbench.publish.health import Freshness, Health, freshness, health
from workbench.publish.markup import Markup, Th
from workbench.publish.pages.writer import Writer

#: Runs that trends look back on.
TREND = 20


def health_badge(w: Writer, found: Health) -> Markup:
    """The level in a word, and its points."""
    if found.level == "unknown":
        return markup.status("unknown", w.t("health.unknown"))
    return markup.status(found.level, w.t(f"health.{found.level}", points=found.points))


def freshness_badge(w: Writer, found: Freshness) -> Markup:
    """On time or late; judged again when the page is read."""
    if found.due is None or found.period is None:
        return markup.tag("span", w.t("freshness.none"), class_="wb-muted")
    return markup.status(
        found.kind,
        w.t(f"status.{found.kind}"),
        data_due=markup.iso(found.due),
        data_period=int(found.period.total_seconds()),
    )


def check_words(w: Writer, counts: CheckCounts | None) -> Markup:
    """How many checks failed, or that all held."""
    if counts is None or not counts.total:
        return markup.tag("span", w.t("status.unchecked"), class_="wb-muted")
    bad = counts.total - counts.held
    if not bad:
        return markup.status("passed", w.count("checks.held", counts.total))
    return markup.status(counts.status, w.t("checks.bad", bad=w.n(bad), total=w.n(counts.total)))


def last_checks(w: Writer, dataset: str) -> CheckCounts | None:
    """How the dataset's checks came out when they were last evaluated."""
    snapshot = w.world.snapshot
    for run, _ in snapshot.by_dataset.get(dataset, ()):
        counts = snapshot.checks_of.get((dataset, run.id))
        if counts:
            return counts
    return None


def rows_trend(w: Writer, dataset: DatasetFacts) -> Markup | None:
    """Rows of the published versions, oldest first, as a sparkline."""
    layer = dataset.published.layer if dataset.published else dataset.layer
    versions = [
        each
        for each in w.world.snapshot.versions
        if each.dataset == dataset.name and each.layer == layer and each.rows is not None
    ][-TREND:]
    if len(versions) < 2:
        return None
    values = [float(each.rows or 0) for each in versions]
    title = w.t("rows.trend", n=len(values))
    return Markup(charts.sparkline(values, title=title, number=w.number))


def dataset_table(w: Writer, datasets: Iterable[DatasetFacts], at: datetime) -> Markup:
    """Every dataset with its state; the worst stands first."""
    found = [(each, health(w.world.snapshot, each), freshness(each, at)) for each in datasets]
    order = {"poor": 0, "fair": 1, "unknown": 2, "good": 3}
    found.sort(key=lambda item: (order[item[1].level], item[1].points, item[0].name))
    columns = [
        Th(w.t("dataset")),
        Th(w.t("health"), "number", sorted="asc"),
        Th(w.t("freshness")),
        Th(w.t("published"), "date"),
        Th(w.t("last_run")),
        Th(w.t("checks")),
        Th(w.t("rows"), "number"),
        Th(w.t("trend"), "none", export=False),
        Th(w.t("quarantine"), "number"),
        Th(w.t("owner")),
        Th(w.t("layer"), hidden=True),
        Th(w.t("tags"), hidden=True),
    ]
    rows = []
    for dataset, points, fresh in found:
        published = dataset.published
        runs = w.world.snapshot.by_dataset.get(dataset.name, ())
        rows.append(
            (
                _named(w, dataset),
                markup.td(health_badge(w, points), class_="wb-num", data_value=points.points),
                freshness_badge(w, fresh),
                w.when(published.published if published else None),
                last_run(w, runs[0][0], runs[0][1]) if runs else "–",
                check_words(w, last_checks(w, dataset.name)),
                w.num(published.rows if published else None),
                markup.td(rows_trend(w, dataset), class_="wb-cell-chart"),
                w.num(dataset.open_rows),
                markup.bdi(dataset.owner) if dataset.owner else "–",
                markup.chip(dataset.layer, dataset.layer),
                markup.join((markup.chip(each) for each in dataset.tags), " "),
            )
        )
    return markup.table("datasets", w.t("datasets.state"), columns, rows)


def _named(w: Writer, dataset: DatasetFacts) -> Markup:
    link = w.dataset_link(dataset.name)
    if not dataset.title or dataset.title == dataset.name:
        return link
    title = markup.tag("span", markup.bdi(dataset.title), class_="wb-muted wb-small")
    return markup.join((link, Markup("<br>"), title))


def last_run(w: Writer, run: RunFacts, steps: Sequence[Any]) -> Markup:
    """What became of a dataset in a run, linked to it."""
    statuses = [step.status for step in steps]
    for each in ("FAILED", "RUNNING", "QUEUED", "PENDING", "CANCELLED", "SKIPPED"):
        if each in statuses:
            return markup.link(w.href(f"runs/{run.id}"), w.status(each))
    return markup.link(w.href(f"runs/{run.id}"), w.status("SUCCESS"))


def run_table(
    w: Writer, runs: Iterable[RunFacts], name: str = "runs", *, caption: str = ""
) -> Markup:
    """Runs, newest first."""
    columns = [
        Th(w.t("run")),
        Th(w.t("status")),
        Th(w.t("started"), "date", sorted="desc"),
        Th(w.t("duration"), "duration"),
        Th(w.t("datasets"), "number"),
        Th(w.t("rows_published"), "number"),
        Th(w.t("quarantine"), "number"),
        Th(w.t("checks")),
        Th(w.t("trigger")),
        Th(w.t("by")),
    ]
    rows = []
    snapshot = w.world.snapshot
    for run in runs:
        names = tuple(dict.fromkeys(step.dataset for step in snapshot.steps.get(run.id, ())))
        versions = [snapshot.version_of.get((name, run.id)) for name in names]
        published = [each.rows or 0 for each in versions if each]
        refused = sum(snapshot.refused.get((name, run.id), 0) for name in names)
        rows.append(
            (
                markup.join(
                    (
                        w.run_link(run.id),
                        markup.tag("span", markup.bdi(w.title_of(run)), class_="wb-muted wb-small"),
                    ),
                    " ",
                ),
                w.status(run.status),
                w.when(run.started or run.created),
                w.seconds_cell(run.seconds),
                w.num(len(names)),
                w.num(sum(published) if published else None),
                w.num(refused),
                check_words(w, added(snapshot.checks_of.get((name, run.id)) for name in names)),
                w.word("trigger", run.trigger),
                markup.bdi(run.by),
            )
        )
    return markup.table(name, caption or w.t("runs.all"), columns, rows)


def added(counts: Iterable[CheckCounts | None]) -> CheckCounts:
    """Several counts as one."""
    held = failed = warned = errored = 0
    for each in counts:
        if each:
            held, failed = held + each.held, failed + each.failed
            warned, errored = warned + each.warned, errored + each.errored
    return CheckCounts(held, failed, warned, errored)


def error_box(w: Writer, error: Any, title: str = "") -> Markup:
    """An error record: what, where, and the remedy."""
    return markup.callout(
        "bad",
        title or str(error.get("type") or w.t("error")),
        markup.tag("p", markup.bdi(error.get("message") or "")),
        markup.facts(
            (
                (w.t("where"), markup.code(error["where"]) if error.get("where") else None),
                (w.t("remedy"), markup.bdi(error["remedy"]) if error.get("remedy") else None),
            )
        ),
    )
