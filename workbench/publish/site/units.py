"""What a site is made of: each unit makes some pages, and has a fingerprint of what they show.

A unit whose fingerprint is the one of the last time is neither loaded nor written again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.config import Settings
from workbench.publish.collect import datasets, guarding, notebooks, runs, sample
from workbench.publish.collect.audience import Guard
from workbench.publish.collect.facts import DatasetFacts, RunFacts
from workbench.publish.collect.runs import RunDetails
from workbench.publish.collect.sample import Read
from workbench.publish.markdown import Page
from workbench.publish.messages import LANGUAGES
from workbench.publish.pages import checks, dataset, home, notebook, reference, run
from workbench.publish.pages import lineage as lineage_pages
from workbench.publish.pages.lineage import Lineage
from workbench.publish.pages.writer import World
from workbench.publish.site import docs
from workbench.publish.site.docs import Doc
from workbench.publish.site.state import fingerprint
from workbench.records.store import Records

#: Runs of a dataset that its page shows.
_SHOWN = 31


@dataclass(frozen=True)
class Site:
    """Everything that units are made from."""

    settings: Settings
    records: Records
    world: World
    guard: Guard
    docs: tuple[Doc, ...]
    samples: bool
    read_rows: Read

    @cached_property
    def lineage(self) -> Lineage:
        """The lineage graph."""
        return lineage_pages.graph(self.world.snapshot)

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every unit by its key."""
        snapshot = self.world.snapshot
        common = fingerprint(
            self.world.title, self.world.notebooks, self.world.specs, self.samples,
            sorted(self.guard.names), self.world.portal.sample_rows,
        )  # fmt: skip
        found = {f"run:{each.id}": self._run(each, common) for each in snapshot.runs}
        for each in snapshot.datasets.values():
            found[f"dataset:{each.name}"] = self._dataset(each, common)
        found["overview"] = fingerprint(common, "always")
        for doc in self.docs:
            found[f"doc:{doc.name}"] = fingerprint(common, doc.texts)
        return found

    def _run(self, facts: RunFacts, common: str) -> str:
        snapshot = self.world.snapshot
        steps = snapshot.steps.get(facts.id, ())
        names = dict.fromkeys(step.dataset for step in steps)
        return fingerprint(
            common,
            facts,
            steps,
            [self._short(facts, name) for name in names],
            [self.world.data_docs.get((name, facts.id)) for name in names],
            [(name in snapshot.datasets, sorted(snapshot.masked.get(name, ()))) for name in names],
            [_size(step.notebook) for step in steps] if self.world.notebooks else (),
        )

    def _short(self, facts: RunFacts, name: str) -> tuple[Any, ...]:
        """What tables of runs say of a dataset in a run."""
        snapshot = self.world.snapshot
        return (
            name,
            snapshot.version_of.get((name, facts.id)),
            snapshot.refused.get((name, facts.id)),
            snapshot.checks_of.get((name, facts.id)),
        )

    def _dataset(self, facts: DatasetFacts, common: str) -> str:
        snapshot = self.world.snapshot
        mine = snapshot.by_dataset.get(facts.name, ())
        shown = []
        for each, steps in mine[:_SHOWN]:
            names = dict.fromkeys(step.dataset for step in snapshot.steps.get(each.id, ()))
            shown.append((each, steps, [self._short(each, name) for name in names]))
        terms = [self.world.glossary.get(column.term or "") for column in facts.columns]
        return fingerprint(
            common,
            facts,
            len(mine),
            shown,
            lineage_pages.edges_near(snapshot.edges, facts.name),
            snapshot.loads.get(facts.name),
            snapshot.spec_seen.get(facts.name),
            snapshot.quarantine.get(facts.name),
            [self.world.data_docs.get((facts.name, each.id)) for each, _ in mine[:_SHOWN]],
            terms,
        )

    def pages(self, keys: Iterable[str]) -> Iterator[tuple[str, list[Page]]]:
        """The pages of units, by key, in any order."""
        wanted = list(keys)
        ids = [key.removeprefix("run:") for key in wanted if key.startswith("run:")]
        for details in runs.details(self.records, self.world.snapshot, ids):
            yield (
                f"run:{details.facts.id}",
                list(self._run_pages(guarding.run(details, self.guard))),
            )
        for key in wanted:
            kind, _, name = key.partition(":")
            if kind == "dataset":
                yield key, list(self._dataset_pages(self.world.snapshot.datasets[name]))
            elif kind == "overview":
                yield key, list(self._overview())
            elif kind == "doc":
                doc = next(each for each in self.docs if each.name == name)
                yield key, list(docs.pages(self.world, doc))

    def _run_pages(self, details: RunDetails) -> Iterator[Page]:
        found: dict[str, notebooks.Notebook] = {}
        if self.world.notebooks:
            for step in details.steps:
                if step.notebook is None:
                    continue
                read = notebooks.read(step.notebook, step.masked)
                if read is not None:
                    found[step.facts.step_id] = read
        paths = notebook.paths(details, tuple(found))
        for lang in LANGUAGES:
            yield run.page(self.world, lang, details, paths)
            for step in details.steps:
                if step.result.get("checks"):
                    yield checks.page(self.world, lang, details, step)
                if step.facts.step_id in found:
                    made = found[step.facts.step_id]
                    yield notebook.page(self.world, lang, details, step, made)

    def _dataset_pages(self, facts: DatasetFacts) -> Iterator[Page]:
        rows = self.world.portal.sample_rows if self.samples else 0
        drawn = sample.sample(facts, rows, self.read_rows)
        details = datasets.details(self.records, facts, drawn)
        shown = guarding.dataset(details, self.world.snapshot, self.guard, samples=self.samples)
        for lang in LANGUAGES:
            yield dataset.page(self.world, lang, shown, self.lineage)

    def _overview(self) -> Iterator[Page]:
        for lang in LANGUAGES:
            yield home.page(self.world, lang)
            yield dataset.index(self.world, lang)
            yield run.index(self.world, lang)
            yield checks.index(self.world, lang)
            yield lineage_pages.page(self.world, lang, self.lineage)
            yield reference.glossary(self.world, lang)
            yield reference.tools(self.world, lang)
            yield reference.docs(self.world, lang)


def _size(notebook: str | None) -> int | None:
    """The size of a notebook's file; ``None`` if it is gone."""
    if notebook is None:
        return None
    try:
        return os.stat(notebook).st_size
    except OSError:
        return None
