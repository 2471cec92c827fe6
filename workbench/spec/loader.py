"""Reads all specs of a project and reports every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.config import Settings
from workbench.errors import ConfigError, Problem, SpecError
from workbench.spec.checks import check_dataset, check_project
from workbench.spec.connections import WAREHOUSE, Connection, read_connection, warehouse
from workbench.spec.models import DatasetSpec
from workbench.spec.project import Project
from workbench.spec.reading import Draft, read_dataset
from workbench.spec.yaml_source import Source, read_file, read_text

__all__ = [
    "Project",
    "ProjectReader",
    "Reading",
    "load_dataset",
    "load_project",
    "parse_dataset",
    "sources_in",
]


def load_project(settings: Settings, *, tolerant: bool = False) -> Project:
    """All specs below ``settings.specs``.

    Raises ``SpecError`` with all problems of all files, ``ConfigError`` if there is no folder of
    specs. A ``tolerant`` reader goes on with the datasets that have no fault and rest on none: one
    broken file stops neither the runs nor the schedules of the others. A broken connection stops
    it, since not all secrets are known then.
    """
    return ProjectReader(settings).project(tolerant=tolerant)


@dataclass(frozen=True)
class Reading:
    """What reading all specs gave.

    ``sound`` is the project without the datasets that have ``problems`` or rest on one that has.
    ``drafts`` are the datasets as far as they could be read, by file. ``known`` are the names of
    all connections, broken ones too; ``connects`` says that none is broken.
    """

    sound: Project
    problems: tuple[Problem, ...]
    drafts: Mapping[str, Draft]
    known: frozenset[str] = frozenset()
    connects: bool = True

    @property
    def project(self) -> Project | None:
        """All of the project, if there are no problems."""
        return None if self.problems else self.sound

    def of(self, file: str) -> tuple[Problem, ...]:
        """The problems of one file."""
        return tuple(problem for problem in self.problems if problem.file == file)


class ProjectReader:
    """Reads the specs of a project again and again: only files that changed are read anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._datasets: dict[str, tuple[object, Draft | None, list[Problem]]] = {}

    def project(self, *, tolerant: bool = False) -> Project:
        """All specs as they are now; see ``load_project``."""
        reading = self.read()
        if reading.problems and not (tolerant and reading.connects):
            raise SpecError(reading.problems)
        return reading.sound

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
        for source in sources_in(settings, "connections", problems):
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
        connects = not problems
        found = dict(self._read_datasets(texts or {}, problems))
        known = connections.keys() | named.keys()
        kinds = {name: connection.type for name, connection in connections.items()}
        problems += check_project(list(found.values()), known, kinds)
        needs = {
            each.name: tuple(dict.fromkeys(name for _, name in each.uses))
            for each in found.values()
        }
        faults = _faults(problems, found.values(), needs)
        datasets = {
            each.name: each.spec
            for each in found.values()
            if each.spec is not None and each.name not in faults
        }
        sound = Project(settings.project, datasets, connections, needs, faults)
        return Reading(sound, tuple(sorted(set(problems))), found, frozenset(known), connects)

    def files(self) -> list[Path]:
        """The files of all datasets."""
        return spec_files(self.settings, "datasets")

    def _read_datasets(
        self, texts: Mapping[str, str], problems: list[Problem]
    ) -> Iterator[tuple[str, Draft]]:
        """The datasets that can be read, in the order of their files."""
        root = self.settings.project
        files = {path.relative_to(root).as_posix(): path for path in self.files()}
        for shown in sorted(files.keys() | texts.keys()):
            draft, told = self._read_dataset(shown, files.get(shown), texts.get(shown))
            problems += told
            if draft is not None:
                yield shown, draft
        for gone in self._datasets.keys() - files.keys() - texts.keys():
            self._datasets.pop(gone, None)  # another thread may have seen it too

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


def _faults(
    problems: Iterable[Problem], drafts: Iterable[Draft], needs: Mapping[str, Iterable[str]]
) -> dict[str, tuple[Problem, ...]]:
    """The problems of each dataset that has some, or rests on one that has."""
    names = {draft.source.file: draft.name for draft in drafts}
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in problems:
        name = names.get(problem.file) or Path(problem.file).stem
        found[name] = (*found.get(name, ()), problem)
    while resting := {
        name: tuple(problem for other in others for problem in found.get(other, ()))
        for name, others in needs.items()
        if name not in found and not found.keys().isdisjoint(others)
    }:
        found |= resting
    return found


def spec_files(settings: Settings, folder: str) -> list[Path]:
    """The YAML files of a folder of specs, in the order of their names."""
    root = settings.specs / folder
    found = [*root.rglob("*.yml"), *root.rglob("*.yaml")]
    return sorted(each for each in found if not each.name.startswith("."))


def sources_in(settings: Settings, folder: str, problems: list[Problem]) -> Iterator[Source]:
    """The YAML files of a folder of specs that can be read, in the order of their names; what
    cannot is added to ``problems``."""
    for path in spec_files(settings, folder):
        try:
            yield read_file(path, path.relative_to(settings.project).as_posix())
        except SpecError as error:
            problems += error.problems


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
