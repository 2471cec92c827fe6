"""Reads all specs of a project and reports every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from workbench.config import Settings
from workbench.errors import ConfigError, NotFound, Problem, SpecError
from workbench.spec.checks import check_dataset, check_project
from workbench.spec.connections import WAREHOUSE, Connection, read_connection, warehouse
from workbench.spec.models import DatasetSpec
from workbench.spec.problems import did_you_mean, listed
from workbench.spec.reading import Draft, read_dataset
from workbench.spec.yaml_source import Source, read_file, read_text

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """All specs of a project, valid and in agreement with each other.

    ``needs`` maps each dataset to the datasets it reads directly.
    """

    root: Path
    datasets: Mapping[str, DatasetSpec]
    connections: Mapping[str, Connection]
    needs: Mapping[str, tuple[str, ...]]

    @property
    def texts(self) -> dict[str, str]:
        """The YAML of each dataset, by name."""
        return {name: spec.text for name, spec in self.datasets.items()}

    @property
    def hashes(self) -> dict[str, str]:
        """The hash of each dataset's spec, by name."""
        return {name: spec.hash for name, spec in self.datasets.items()}

    def secrets(self) -> tuple[str, ...]:
        """The secrets of all connections, so that what is saved can be scrubbed of them."""
        return tuple(s for connection in self.connections.values() for s in connection.secrets())

    def dataset(self, name: str) -> DatasetSpec:
        """The spec of a dataset; ``NotFound`` names the nearest one."""
        return _get(self.datasets, name, "dataset", "specs/datasets/")

    def connection(self, name: str) -> Connection:
        """A connection; ``NotFound`` names the nearest one."""
        return _get(self.connections, name, "connection", "specs/connections/")

    def direct_upstreams(self, name: str) -> tuple[str, ...]:
        """The datasets that this one reads itself: by its source, joins and lookups."""
        self.dataset(name)
        return self.needs[name]

    def upstreams(self, name: str) -> tuple[str, ...]:
        """All datasets that must be there before this one, in an order that can be walked."""
        order: dict[str, None] = {}

        def visit(each: str) -> None:
            for other in self.needs[each]:
                if other not in order:
                    visit(other)
                    order[other] = None

        self.dataset(name)
        visit(name)
        return tuple(order)


    def downstreams(self, name: str) -> tuple[str, ...]:
        """All datasets that are made from this one, in an order that can be walked."""
        self.dataset(name)
        return tuple(each for each in self.in_order() if name in self.upstreams(each))

    def with_downstreams(self, names: Iterable[str]) -> tuple[str, ...]:
        """These datasets and all that are made from them, in an order that can be walked."""
        wanted = {other for name in names for other in (name, *self.downstreams(name))}
        return tuple(name for name in self.in_order() if name in wanted)

    def in_order(self) -> tuple[str, ...]:
        """All datasets, each after those that it needs."""
        order: dict[str, None] = {}
        for name in self.datasets:
            order.update(dict.fromkeys((*self.upstreams(name), name)))
        return tuple(order)


def load_project(settings: Settings) -> Project:
    """All specs below ``settings.specs``.

    Raises ``SpecError`` with all problems of all files, ``ConfigError`` if there is no folder of
    specs.
    """
    reading = ProjectReader(settings).read()
    if reading.project is None:
        raise SpecError(reading.problems)
    return reading.project


@dataclass(frozen=True)
class Reading:
    """What reading all specs gave: the ``project`` if there are no ``problems``.

    ``drafts`` are the datasets as far as they could be read, by file. ``known`` are the names of
    all connections, broken ones too.
    """

    project: Project | None
    problems: tuple[Problem, ...]
    drafts: Mapping[str, Draft]
    known: frozenset[str] = frozenset()

    def of(self, file: str) -> tuple[Problem, ...]:
        """The problems of one file."""
        return tuple(problem for problem in self.problems if problem.file == file)


class ProjectReader:
    """Reads the specs of a project again and again: only files that changed are read anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._datasets: dict[str, tuple[object, Draft | None, list[Problem]]] = {}

    def read(self, texts: Mapping[str, str] | None = None) -> Reading:
        """All specs; ``texts`` are datasets that are not saved, by file relative to the project.

        Raises ``ConfigError`` if there is no folder of specs.
        """
        settings = self.settings
        if not settings.specs.is_dir():
            raise ConfigError(
                "there is no folder specs/ in the project",
                where=str(settings.project),
                remedy="go to the project folder, or name it: WORKBENCH_PROJECT=/path/to/project",
            )
        problems: list[Problem] = []
        connections: dict[str, Connection] = {WAREHOUSE: warehouse(settings)}
        named: dict[str, str] = {}
        for path in spec_files(settings, "connections"):
            shown = path.relative_to(settings.project).as_posix()
            try:
                source = read_file(path, shown)
            except SpecError as error:
                problems += error.problems
                continue
            connection = read_connection(source, settings.project, problems)
            given = source.data.get("connection") if isinstance(source.data, dict) else None
            if isinstance(given, str) and given in named:
                problems.append(
                    source.problem(("connection",), f"the connection {given!r} is already in "
                                   f"{named[given]}", "give one of them another name")
                )  # fmt: skip
            elif isinstance(given, str):
                named[given] = source.file
            if connection is not None:
                connections[connection.name] = connection
        found = dict(self._read_datasets(texts or {}, problems))
        known = connections.keys() | named.keys()
        problems += check_project(list(found.values()), known)
        project = None
        if not problems:
            datasets = {each.name: each.spec for each in found.values() if each.spec is not None}
            needs = {
                each.name: tuple(dict.fromkeys(name for _, name in each.uses))
                for each in found.values()
            }
            project = Project(settings.project, datasets, connections, needs)
        return Reading(project, tuple(sorted(set(problems))), found, frozenset(known))

    def files(self) -> list[Path]:
        """The files of all datasets."""
        return spec_files(self.settings, "datasets")

    def _read_datasets(
        self, texts: Mapping[str, str], problems: list[Problem]
    ) -> Iterator[tuple[str, Draft]]:
        """The datasets that can be read, in the order of their files."""
        root = self.settings.project
        files = {path.relative_to(root).as_posix(): path
                 for path in self.files()}  # fmt: skip
        for shown in sorted(files.keys() | texts.keys()):
            draft, told = self._read_dataset(shown, files.get(shown), texts.get(shown))
            problems += told
            if draft is not None:
                yield shown, draft
        for gone in self._datasets.keys() - files.keys() - texts.keys():
            del self._datasets[gone]

    def _read_dataset(
        self, shown: str, path: Path | None, text: str | None
    ) -> tuple[Draft | None, list[Problem]]:
        state = text if text is not None or path is None else _state(path)
        kept = self._datasets.get(shown)
        if kept is not None and kept[0] == state is not None:
            return kept[1], kept[2]
        problems: list[Problem] = []
        draft = None
        try:
            source = (
                read_text(text, shown) if text is not None else read_file(path or Path(), shown)
            )
            draft = read_dataset(source, problems)
        except SpecError as error:
            problems += error.problems
        if draft is not None:
            problems += check_dataset(draft)
        self._datasets[shown] = (state, draft, problems)
        return draft, problems


def spec_files(settings: Settings, folder: str) -> list[Path]:
    """The YAML files of a folder of specs, in the order of their names."""
    root = settings.specs / folder
    found = [*root.rglob("*.yml"), *root.rglob("*.yaml")]
    return sorted(each for each in found if not each.name.startswith("."))


def _state(path: Path) -> object:
    """What tells whether a file changed; ``None`` if it cannot be told."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def load_dataset(path: Path) -> DatasetSpec:
    """One dataset spec by itself: references to other files are not followed."""
    return _single(read_file(path, path.name))


def parse_dataset(text: str, file: str = "spec.yml") -> DatasetSpec:
    """One dataset spec from YAML text; ``file`` is its name in messages."""
    return _single(read_text(text, file))


def _single(source: Source) -> DatasetSpec:
    problems: list[Problem] = []
    draft = read_dataset(source, problems)
    if draft is not None:
        problems += check_dataset(draft)
    if problems or draft is None or draft.spec is None:
        raise SpecError(problems)
    return draft.spec


def sources_in(settings: Settings, folder: str, problems: list[Problem]) -> Iterator[Source]:
    """The YAML files of a folder of specs that can be read, in the order of their names; what
    cannot is added to ``problems``."""
    for path in spec_files(settings, folder):
        try:
            yield read_file(path, path.relative_to(settings.project).as_posix())
        except SpecError as error:
            problems += error.problems


def _get(known: Mapping[str, T], name: str, what: str, folder: str) -> T:
    try:
        return known[name]
    except KeyError:
        raise NotFound(
            f"there is no {what} {name!r}{did_you_mean(name, known)}",
            remedy=f"{listed('known', known.keys(), name)}; new ones are files in {folder}",
        ) from None
