"""A dataset: what it is, whether it can be trusted, where it comes from, what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.publish import markdown, markup
from workbench.publish.collect.datasets import MOST_REFUSED, DatasetDetails
from workbench.publish.health import POINTS, Health, freshness, health
from workbench.publish.markdown import Page
from workbench.publish.markup import Markup, Th
from workbench.publish.messages import Language
from workbench.publish.pages import dataset_history, dataset_schema, state
from workbench.publish.pages.check_list import check_table
from workbench.publish.pages.head import head, sections
from workbench.publish.pages.lineage import Lineage, neighbours
from workbench.publish.pages.writer import World, Writer


def page(world: World, lang: Language, details: DatasetDetails, lineage: Lineage) -> Page:
    """The page of a dataset."""
    facts = details.facts
    path = f"datasets/{facts.name}"
    w = Writer(world, lang, path)
    found = health(world.snapshot, facts)
    runs = world.snapshot.by_dataset.get(facts.name, ())
    edges = [edge for edge in world.snapshot.edges if edge.target == facts.name]
    parts: list[tuple[str, str, int | None, Sequence[str]]] = [
        ("schema", w.t("schema"), len(facts.columns), _schema(w, details, edges)),
        ("checks", w.t("checks"), len(details.checks), _checks(w, details)),
        ("quarantine", w.t("quarantine"), facts.open_rows, _quarantine(w, details)),
        ("sample", w.t("sample"), None, [dataset_schema.sample(w, details)]),
        ("lineage", w.t("lineage"), None, neighbours(w, lineage, facts.name)),
        ("targets", w.t("targets"), len(facts.spec.targets), dataset_history.targets(w, details)),
        ("runs", w.t("runs"), len(runs), dataset_history.history(w, details, runs)),
    ]
    if world.specs:
        parts.append(("spec", w.t("spec"), None, dataset_history.spec(w, details)))
    blocks = [
        _head(w, details, found),
        markdown.html(_tiles(w, details, found)),
        markdown.html(_health(w, found)),
        sections(w, [(anchor, title, count) for anchor, title, count, _ in parts]),
        *(markdown.section(anchor, title, *inner) for anchor, title, _, inner in parts),
    ]
    latest = [facts.updated, *(run.latest for run, _ in runs[:1])]
    return Page(
        path,
        lang,
        "dataset",
        facts.name,
        tuple(blocks),
        crumbs=((w.t("datasets"), "datasets/index"),),
        as_of=markup.iso(max(latest)),
    )


def index(world: World, lang: Language) -> Page:
    """All datasets, those that need attention first."""
    w = Writer(world, lang, "datasets/index")
    snapshot = world.snapshot
    active = [each for each in snapshot.datasets.values() if each.active]
    gone = [each for each in snapshot.datasets.values() if not each.active]
    blocks = [head(w, w.t("datasets"), lead=w.t("datasets.lead"), crumbs=())]
    if active:
        blocks.append(markdown.html(state.dataset_table(w, active, snapshot.as_of)))
    else:
        blocks.append(markdown.html(markup.empty(w.t("home.empty"), w.t("home.empty.hint"))))
    if gone:
        table = state.dataset_table(w, gone, snapshot.as_of)
        intro = markdown.words(w.t("datasets.gone.words"))
        blocks.append(markdown.section("gone", w.t("datasets.gone"), intro, markdown.html(table)))
    as_of = markup.iso(snapshot.as_of)
    return Page("datasets/index", lang, "datasets", w.t("datasets"), tuple(blocks), as_of=as_of)


def _head(w: Writer, details: DatasetDetails, found: Health) -> str:
    facts = details.facts
    shown: list[Any] = [
        state.health_badge(w, found),
        state.freshness_badge(w, freshness(facts, facts.published.published))
        if facts.published
        else None,
        markup.chip(facts.layer, facts.layer),
        *(markup.chip(tag) for tag in facts.tags),
        None if facts.active else markup.status("cancelled", w.t("dataset.gone")),
    ]
    title = facts.label
    kicker = " · ".join((w.t("dataset"), facts.name) if title != facts.name else (w.t("dataset"),))
    return head(
        w,
        title,
        kicker=kicker,
        lead=facts.description,
        facts=shown,
        crumbs=((w.t("datasets"), "datasets/index"),),
    )


def _tiles(w: Writer, details: DatasetDetails, found: Health) -> Markup:
    facts = details.facts
    published = facts.published
    runs = w.world.snapshot.by_dataset.get(facts.name, ())
    refused_tone = "warn" if facts.open_rows else "good"
    checks = state.last_checks(w, facts.name)
    items = [
        markup.tile(
            w.t("rows"), w.n(published.rows if published else None),
            w.t("version", n=published.version) if published else w.t("never_published"),
            chart=state.rows_trend(w, facts),
        ),
        markup.tile(
            w.t("published"), w.when(published.published if published else None),
            _schedule(w, details),
        ),
        markup.tile(
            w.t("checks"), state.check_words(w, checks), w.t("checks.last"),
            href="#checks",
        ),
        markup.tile(
            w.t("quarantine"), w.n(facts.open_rows), w.t("quarantine.open"), tone=refused_tone,
            href="#quarantine",
        ),
    ]  # fmt: skip
    if runs:
        run, steps = runs[0]
        seconds = sum(step.seconds or 0 for step in steps)
        items.append(
            markup.tile(w.t("last_run"), state.last_run(w, run, steps), w.seconds(seconds))
        )
    if facts.owner:
        items.append(markup.tile(w.t("owner"), markup.bdi(facts.owner)))
    return markup.tiles(*items)


def _schedule(w: Writer, details: DatasetDetails) -> Any:
    facts = details.facts
    if facts.spec.cron is None:
        return w.t("freshness.none")
    fresh = freshness(facts, facts.published.published if facts.published else facts.updated)
    cron = markup.code(f"{facts.spec.cron} {facts.spec.timezone}")
    if fresh.due is None:
        return cron
    return markup.join((w.t("next_due"), " ", w.when(fresh.due), " (", cron, ")"))


def _health(w: Writer, found: Health) -> Markup:
    """The health, part by part, in words."""
    if found.level == "unknown":
        return markup.callout(
            "info", w.t("health.unknown"), markup.tag("p", w.t("health.unknown.words"))
        )
    items = []
    for part in found.parts:
        said = w.t(f"health.{part.name}.{part.case}", count=w.n(part.count), total=w.n(part.total))
        points = w.t("health.points", points=w.n(round(part.points, 1)), of=POINTS[part.name])
        items.append(markup.tag("li", said, " ", markup.tag("span", points, class_="wb-muted")))
    return markup.tag(
        "details",
        markup.tag("summary", w.t("health.why", points=found.points)),
        markup.tag("ul", *items),
        open=found.level == "poor",
    )


def _schema(w: Writer, details: DatasetDetails, edges: Sequence[Any]) -> list[str]:
    facts = details.facts
    profiled = next(iter(details.profiles.values()), None)
    said = w.t("schema.words")
    if profiled and profiled.get("rows") is not None:
        said += " " + w.t("profile.words", rows=w.n(profiled["rows"]))
    if not facts.columns:
        return [markdown.words(w.t("schema.none"))]
    return [markdown.words(said), markdown.html(dataset_schema.schema(w, details, edges))]


def _checks(w: Writer, details: DatasetDetails) -> list[str]:
    facts = details.facts
    blocks = dataset_history.check_history(w, facts.name)
    if not details.checks:
        return [*blocks, markdown.words(w.t("checks.none"))]
    table = check_table(
        w, f"{facts.name}-checks", w.t("checks.of", name=facts.name), details.checks
    )
    blocks.append(markdown.html(table))
    snapshot = w.world.snapshot
    runs = (run.id for run, _ in snapshot.by_dataset.get(facts.name, ()))
    last = next((run for run in runs if (facts.name, run) in snapshot.checks_of), "")
    docs = w.data_docs_link(facts.name, last)
    if docs:
        blocks.append(markdown.html(markup.tag("p", w.t("data_docs.lead"), " ", docs)))
    return blocks


def _quarantine(w: Writer, details: DatasetDetails) -> list[str]:
    facts = details.facts
    if not facts.open_rows:
        return [markdown.words(w.t("quarantine.none"))]
    by_reason = markup.table(
        f"{facts.name}-reasons",
        w.t("quarantine.reasons"),
        [Th(w.t("reason")), Th(w.t("rows"), "number", sorted="desc")],
        [(markup.bdi(reason), w.num(count)) for reason, count in details.reasons.items()],
    )
    rows = markup.table(
        f"{facts.name}-quarantine",
        w.t("quarantine.rows"),
        [
            Th(w.t("file")), Th(w.t("row"), "number"), Th(w.t("reasons")), Th(w.t("run")),
            Th(w.t("since"), "date"),
        ],
        [
            (
                markup.bdi(row.source or "–"),
                w.num(row.row),
                markup.join((markup.bdi(each) for each in row.reasons), "; "),
                w.run_link(row.run_id),
                w.when(row.when),
            )
            for row in details.refused
        ],
    )  # fmt: skip
    blocks = [
        markdown.words(w.count("quarantine.words", facts.open_rows)),
        markdown.html(by_reason),
        markdown.html(rows),
    ]
    if facts.open_rows > MOST_REFUSED:
        blocks.append(markdown.words(w.t("quarantine.first", n=MOST_REFUSED)))
    blocks.append(markdown.words(w.t("quarantine.mend")))
    command = f"workbench quarantine {facts.name} --export mend.csv"
    return [*blocks, markdown.html(markup.source(command, "sh"))]
