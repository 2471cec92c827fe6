"""What pages look things up in: the search index, the lineage, the texts of the scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from workbench.publish.embedded import contents
from workbench.publish.lineage.data import lineage_data
from workbench.publish.messages import Language, catalogue, formats, text
from workbench.publish.pages.dataset_schema import column_anchor
from workbench.publish.pages.lineage import Lineage
from workbench.publish.pages.writer import STATUS, World
from workbench.publish.site.docs import Doc
from workbench.publish.site.shell import NAVIGATION

KINDS = ("dataset", "column", "run", "term", "doc", "page", "check")
#: Runs that can be searched, newest first.
_MOST_RUNS = 500

Entry = list[Any]


def search(world: World, docs: Sequence[Doc], lang: Language) -> dict[str, Any]:
    """The value of ``PORTAL_SEARCH``: datasets, columns, runs, terms, docs and pages."""
    entries = [
        *_pages(lang),
        *_datasets(world, lang),
        *_terms(world),
        *_runs(world, lang),
        *_docs(docs, lang),
    ]
    return {"kinds": list(KINDS), "entries": entries}


def _entry(kind: str, title: str, url: str, context: str, more: str = "") -> Entry:
    return [KINDS.index(kind), title, url, context, more]


def _pages(lang: Language) -> Iterator[Entry]:
    for key, path in NAVIGATION:
        yield _entry("page", text(f"nav.{key}", lang), f"{path}.html", "")


def _datasets(world: World, lang: Language) -> Iterator[Entry]:
    checked = text("checks", lang)
    for name, dataset in world.snapshot.datasets.items():
        url = f"datasets/{name}.html"
        context = " · ".join(
            part for part in (dataset.label, text(f"layer.{dataset.layer}", lang)) if part != name
        )
        more = " ".join((dataset.description, dataset.owner, *dataset.tags))
        yield _entry("dataset", name, url, context, more)
        for column in dataset.columns:
            term = world.glossary.get(column.term or "")
            said = column.description or (term.name if term else "")
            words = " ".join((column.original or "", term.name if term else "", column.type))
            anchor = column_anchor(column.name)
            yield _entry(
                "column",
                column.name,
                f"{url}#{anchor}",
                f"{name} · {said}" if said else name,
                words,
            )
        for run, _ in world.snapshot.by_dataset.get(name, ())[:1]:
            if (name, run.id) in world.snapshot.checks_of:
                path = f"checks/{run.id}-{name}.html"
                yield _entry("check", f"{checked}: {name}", path, dataset.label)


def _terms(world: World) -> Iterator[Entry]:
    for key, term in world.glossary.items():
        more = " ".join((key, *term.synonyms))
        yield _entry("term", term.name, f"glossary/index.html#term-{key}", term.definition, more)


def _runs(world: World, lang: Language) -> Iterator[Entry]:
    for run in world.snapshot.runs[:_MOST_RUNS]:
        status = text(f"status.{STATUS.get(run.status, 'pending')}", lang)
        when = formats.moment(run.created, lang)
        names = dict.fromkeys(step.dataset for step in world.snapshot.steps.get(run.id, ()))
        title = text("run.all", lang) if run.workflow == "all" else run.workflow
        yield _entry(
            "run", run.id, f"runs/{run.id}.html", f"{title} · {status} · {when}", " ".join(names)
        )


def _docs(docs: Sequence[Doc], lang: Language) -> Iterator[Entry]:
    for doc in docs:
        yield _entry("doc", doc.title, f"{doc.path}.html", "")
        written = doc.texts.get(lang, doc.texts["en"])
        for anchor, title in contents(written, levels=(2, 3)):
            yield _entry("doc", title, f"{doc.path}.html#{anchor}", doc.title)


def lineage(graph: Lineage) -> dict[str, Any]:
    """The value of ``PORTAL_LINEAGE``."""
    nodes = [replace(node) for node in graph.nodes]
    return lineage_data(nodes, graph.edges, graph.layout)


def messages(lang: Language) -> dict[str, str]:
    """The value of ``PORTAL_MESSAGES``: the texts that scripts need."""
    prefixes = (
        *("chart.", "code.", "edge.", "kind.", "layer.", "lineage.", "plot.", "search."),
        *("status.", "table.", "theme."),
    )
    return {key: said for key, said in catalogue(lang).items() if key.startswith(prefixes)}
