"""Home: the state of everything at a glance, what needs attention, what has changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from workbench.publish import markdown, markup
from workbench.publish.collect.facts import DatasetFacts
from workbench.publish.health import freshness, health, last_status
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup
from workbench.publish.messages import Language
from workbench.publish.pages import state
from workbench.publish.pages.head import head
from workbench.publish.pages.writer import World, Writer

_RECENT = 10
_MOST_CHANGES = 40


def page(world: World, lang: Language) -> Page:
    """The home page."""
    w = Writer(world, lang, "index")
    snapshot = world.snapshot
    datasets = [each for each in snapshot.datasets.values() if each.active]
    blocks = [
        head(
            w,
            world.title,
            lead=world.portal.description or w.t("home.lead"),
            facts=[markup.join((w.t("data_as_of"), " ", w.when(snapshot.as_of)))]
            if datasets
            else [],
        )
    ]
    if not datasets:
        blocks.append(markdown.html(markup.empty(w.t("home.empty"), w.t("home.empty.hint"))))
        return Page("index", lang, "home", world.title, tuple(blocks))
    blocks += [
        markdown.html(_tiles(w, datasets)),
        markdown.section("attention", w.t("home.attention"), _attention(w, datasets)),
        markdown.section(
            "state",
            w.t("home.state"),
            markdown.words(w.t("home.state.words")),
            markdown.html(state.dataset_table(w, datasets, snapshot.as_of)),
            markdown.html(_explained(w)),
        ),
        markdown.section("changes", w.t("home.changes"), _changes(w)),
        markdown.section(
            "recent",
            w.t("home.recent"),
            markdown.html(state.run_table(w, snapshot.runs[:_RECENT], "recent-runs"))
            if snapshot.runs
            else markdown.words(w.t("runs.none")),
            f"[{markdown.words(w.t('runs.see_all'))}]({w.href('runs/index')})",
        ),
    ]
    return Page("index", lang, "home", world.title, tuple(blocks), as_of=markup.iso(snapshot.as_of))


def _tiles(w: Writer, datasets: list[DatasetFacts]) -> Markup:
    snapshot = w.world.snapshot
    levels = [health(snapshot, each).level for each in datasets]
    good = levels.count("good")
    since = snapshot.as_of - timedelta(days=1)
    runs = [run for run in snapshot.runs if run.latest >= since]
    failed = [run for run in runs if run.status == "FAILED"]
    checks = state.added(state.last_checks(w, each.name) for each in datasets)
    refused = sum(each.open_rows for each in datasets)
    rows = sum((each.published.rows or 0) for each in datasets if each.published)
    bad_checks = checks.total - checks.held
    return markup.tiles(
        markup.tile(
            w.t("datasets"), w.n(len(datasets)), w.t("home.tile.good", good=w.n(good)),
            tone="good" if good == len(datasets) else "warn", href="#state",
        ),
        markup.tile(
            w.t("home.tile.runs"), w.n(len(runs)),
            w.count("home.tile.failed", len(failed)) if failed else w.t("home.tile.none_failed"),
            tone="bad" if failed else "good", href=w.href("runs/index"),
        ),
        markup.tile(
            w.t("checks"), w.t("of", part=w.n(checks.held), total=w.n(checks.total)),
            w.count("home.tile.bad_checks", bad_checks) if bad_checks else w.t("checks.all_held"),
            tone="warn" if bad_checks else "good", href=w.href("checks/index"),
        ),
        markup.tile(w.t("rows_published"), w.n(rows), w.t("home.tile.rows")),
        markup.tile(
            w.t("quarantine"), w.n(refused),
            w.t("home.tile.refused") if refused else w.t("home.tile.none_refused"),
            tone="warn" if refused else "good", href="#attention",
        ),
    )  # fmt: skip


def _attention(w: Writer, datasets: list[DatasetFacts]) -> str:
    """What fails, what is late and what was refused, dataset by dataset."""
    snapshot = w.world.snapshot
    cards = []
    for dataset in datasets:
        said: list[Any] = []
        status = last_status(snapshot, dataset.name)
        if status == "FAILED":
            said.append(markup.status("failed", w.t("attention.run_failed")))
        checks = state.last_checks(w, dataset.name)
        if checks and checks.held < checks.total:
            said.append(state.check_words(w, checks))
        fresh = freshness(dataset, snapshot.as_of)
        if fresh.kind in ("late", "stale"):
            said.append(state.freshness_badge(w, fresh))
        if dataset.open_rows:
            words = w.count("attention.refused", dataset.open_rows)
            said.append(markup.status("warned", words))
        if not said:
            continue
        error = _last_error(w, dataset.name) if status == "FAILED" else None
        cards.append(
            markup.tag(
                "li",
                markup.tag("h3", w.dataset_link(dataset.name), class_="wb-card__title"),
                markup.tag("p", markup.bdi(error or dataset.label), class_="wb-card__text"),
                markup.tag("div", markup.join(said, " "), class_="wb-card__foot"),
                class_="wb-card",
            )
        )
    if not cards:
        return markdown.html(
            markup.callout("good", w.t("attention.none"), markup.tag("p", w.t("attention.fine")))
        )
    return markdown.html(markup.tag("ul", *cards, class_="wb-cards"))


def _last_error(w: Writer, dataset: str) -> str | None:
    runs = w.world.snapshot.by_dataset.get(dataset, ())
    error = runs[0][0].error if runs else None
    if not error or str(error.get("step", "")).split(".")[0] not in ("", dataset):
        return None
    return str(error.get("message") or "")[:200] or None


def _explained(w: Writer) -> Markup:
    """How the health is counted, in words."""
    parts = [
        markup.tag("li", w.t(f"health.explained.{name}")) for name in
        ("run", "checks", "refused", "described")
    ]  # fmt: skip
    return markup.tag(
        "details",
        markup.tag("summary", w.t("health.explained")),
        markup.tag("p", w.t("health.explained.intro")),
        markup.tag("ul", *parts),
        markup.tag("p", w.t("freshness.explained")),
    )


def _changes(w: Writer) -> str:
    """What happened in the 24 hours before the newest record."""
    snapshot = w.world.snapshot
    since = snapshot.as_of - timedelta(days=1)
    events: list[tuple[datetime, Markup]] = []
    for run in snapshot.runs:
        if run.latest >= since and run.status in ("FAILED", "CANCELLED"):
            said = markup.join((w.status(run.status), " ", w.run_link(run.id)))
            events.append((run.latest, said))
    before: dict[tuple[str, str], int] = {}
    for version in snapshot.versions:
        rows = version.rows or 0
        earlier = before.get((version.dataset, version.layer))
        before[version.dataset, version.layer] = rows
        if version.published < since or version.dataset not in snapshot.datasets:
            continue
        if earlier is None:
            words = w.count("change.first", rows)
        elif earlier == rows:
            words = w.count("change.same", rows)
        else:
            sign = "+" if rows > earlier else "−"
            words = w.count("change.rows", rows, change=f"{sign}{w.n(abs(rows - earlier))}")
        said = markup.join((w.dataset_link(version.dataset), " ", words))
        events.append((version.published, said))
    for name, versions in snapshot.spec_seen.items():
        if name not in snapshot.datasets:
            continue
        for number, (_, seen) in enumerate(versions):
            if seen >= since:
                key = "change.spec" if number < len(versions) - 1 else "change.new"
                link = w.dataset_link(name, "spec" if w.world.specs else "")
                events.append((seen, markup.join((link, " ", w.t(key)))))
    if not events:
        return markdown.words(w.t("change.none"))
    events.sort(key=lambda event: (event[0], str(event[1])), reverse=True)
    items = [
        markup.tag("li", w.when(moment), " ", markup.tag("div", said))
        for moment, said in events[:_MOST_CHANGES]
    ]
    listed = markup.tag("ol", *items, class_="wb-timeline")
    left = len(events) - _MOST_CHANGES
    more = markup.tag("p", w.count("change.more", left), class_="wb-muted") if left > 0 else None
    return markdown.html(markup.join((listed, more)))
