"""What every page needs to be written: its language, its place, and where the others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.publish import markup
from workbench.publish.collect.configuration import Configuration, TermFacts
from workbench.publish.collect.facts import DatasetFacts, RunFacts
from workbench.publish.collect.snapshot import Snapshot
from workbench.publish.markup import Markup
from workbench.publish.messages import Language, counted, formats, known, text

#: How statuses of runs and steps are shown.
STATUS = {
    "SUCCESS": "success",
    "FAILED": "failed",
    "RUNNING": "running",
    "QUEUED": "queued",
    "PENDING": "pending",
    "CANCELLED": "cancelled",
    "SKIPPED": "skipped",
}


@dataclass(frozen=True)
class World:
    """What all pages may refer to. ``docs`` are (path, title), ``data_docs`` addresses from the
    root of the site by (dataset, run); ``samples`` and so on say what the readers of this portal
    may see."""

    snapshot: Snapshot
    portal: Configuration
    glossary: Mapping[str, TermFacts]
    title: str
    docs: tuple[tuple[str, str], ...] = ()
    data_docs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notebooks: bool = True
    specs: bool = True

    @property
    def terms(self) -> Mapping[str, tuple[tuple[DatasetFacts, str], ...]]:
        """For each term the columns that stand for it."""
        found: dict[str, list[tuple[DatasetFacts, str]]] = {}
        for dataset in self.snapshot.datasets.values():
            for column in dataset.columns:
                if column.term:
                    found.setdefault(column.term, []).append((dataset, column.name))
        return {term: tuple(uses) for term, uses in found.items()}


@dataclass(frozen=True)
class Writer:
    """Writes one page: texts in its language, links relative to its place (``here``)."""

    world: World
    lang: Language
    here: str

    def t(self, key: str, **values: Any) -> str:
        """A text of the catalogue."""
        return text(key, self.lang, **values)

    def count(self, key: str, n: float, **values: Any) -> str:
        """A text that depends on a number."""
        return counted(key, n, self.lang, **values)

    def number(self, value: float) -> str:
        """A number as the language writes it; what charts call."""
        return formats.number(value, self.lang)

    def n(self, value: float | None) -> str:
        """A number, or a dash."""
        return "–" if value is None else formats.number(value, self.lang)

    def percent(self, share: float) -> str:
        """A share of 1."""
        return formats.percent(share, self.lang)

    def seconds(self, value: float | None) -> str:
        """A time span, or a dash."""
        return "–" if value is None else formats.duration(value, self.lang)

    def duration(self, value: float) -> str:
        """A time span; what charts call."""
        return formats.duration(value, self.lang)

    def when(self, value: datetime | None, *, short: bool = False) -> Markup:
        """An instant."""
        return markup.time(value, self.lang, short=short)

    def num(self, value: float | None) -> Markup:
        """A cell with a number."""
        return markup.num(value, self.n(value))

    def seconds_cell(self, value: float | None) -> Markup:
        """A cell with a time span."""
        return markup.num(value, self.seconds(value))

    def href(self, path: str, anchor: str = "") -> str:
        """The address of another page of this language, from here."""
        return "../" * self.here.count("/") + f"{path}.html" + (f"#{anchor}" if anchor else "")

    def link(self, path: str, content: Any, anchor: str = "") -> Markup:
        """A link to another page; its text keeps its own direction of writing."""
        return markup.link(self.href(path, anchor), markup.bdi(content))

    def data_docs_link(self, dataset: str, run_id: str) -> Markup | None:
        """Great Expectations' page about the checks of a dataset in a run, if it is built.

        There is one for all languages, in English as the library writes it.
        """
        address = self.world.data_docs.get((dataset, run_id))
        if address is None:
            return None
        return self._data_docs(address)

    def data_docs_index(self) -> Markup | None:
        """The page that lists all of these, if there are any."""
        return self._data_docs("data-docs/index.html") if self.world.data_docs else None

    def _data_docs(self, address: str) -> Markup:
        up = "../" * (self.here.count("/") + (self.lang != "en"))
        foreign = None if self.lang == "en" else "en"
        return markup.link(f"{up}{address}", self.t("data_docs"), hreflang=foreign)

    def dataset_link(self, name: str, anchor: str = "") -> Markup:
        """A dataset by its name, linked if it has a page."""
        if name not in self.world.snapshot.datasets:
            return markup.code(name)
        return markup.link(self.href(f"datasets/{name}", anchor), markup.code(name))

    def run_link(self, run_id: str) -> Markup:
        """A run by its id, linked if it has a page."""
        if run_id not in self.world.snapshot.run_ids:
            return markup.code(run_id)
        return markup.link(self.href(f"runs/{run_id}"), markup.code(run_id))

    def status(self, status: str) -> Markup:
        """The status of a run or a step."""
        kind = STATUS.get(status, "pending")
        return markup.status(kind, self.t(f"status.{kind}"))

    def check_status(self, status: str) -> Markup:
        """How checks came out: passed, warned, failed, errored, none."""
        if status == "none":
            return markup.tag("span", self.t("status.unchecked"), class_="wb-muted")
        return markup.status(status, self.t(f"status.{status}"))

    def word(self, family: str, value: str) -> str:
        """A fixed word of the records in the reader's language, as it is where it has none."""
        return known(f"{family}.{value.lower()}", self.lang) or value

    def title_of(self, run: RunFacts) -> str:
        """What a run was about."""
        return self.t("run.all") if run.workflow == "all" else run.workflow
