"""A received file becomes the first delivery of a new dataset, or one more of an existing one.

The file is on the disk, whole, before anything speaks of it; nothing that was there before is
lost: a file that is replaced goes to RAW first, where the runs find it too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workbench import durable
from workbench.config import Settings
from workbench.errors import ConfigError, SourceError, SpecError, WorkbenchError
from workbench.lake.raw import RawStore
from workbench.sources import files
from workbench.sources.parsing.looking import HEAD, look
from workbench.sources.parsing.options import ReadOptions
from workbench.sources.parsing.skeleton import TypeChoice, spec_text
from workbench.spec.loader import Project, load_project, parse_dataset
from workbench.spec.models import DatasetSpec
from workbench.spec.parts import Identifier
from workbench.steps.receiving.names import file_name, free_path

INBOX = "inbox"


@dataclass(frozen=True)
class Origin:
    """A file to be delivered: where its ``content`` is and what it was called.

    ``stays``: it is in the project already, and is used where it is.
    """

    content: Path
    name: str
    stays: bool = False


@dataclass(frozen=True)
class Outline:
    """A dataset that would be made: its spec, where that goes, and where the file goes."""

    dataset: str
    text: str
    spec: Path
    file: Path


@dataclass(frozen=True)
class Fit:
    """How a file fits a dataset: where it would go, and what differs from what came before."""

    place: str
    exists: bool
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    fault: str | None = None


def outline(
    settings: Settings,
    origin: Origin,
    dataset: str = "",
    reading: ReadOptions | None = None,
    types: Mapping[str, TypeChoice] | None = None,
) -> Outline:
    """The spec of a new dataset made from a file, as it would be written; writes nothing.

    Without a name the dataset is named after the file. Raises ``WorkbenchError`` for a wrong one.
    """
    name = _dataset_name(dataset or _name_from(origin.name))
    spec = settings.specs / "datasets" / f"{name}.yml"
    if origin.stays:
        place, pattern = origin.content, None
    else:
        place = free_path(settings.project / INBOX / name, file_name(origin.name))
        pattern = f"{INBOX}/{name}/*{place.suffix}"
    text = spec_text(
        origin.content,
        settings.project,
        name=name,
        place=place,
        pattern=pattern,
        options=reading,
        types=types,
    )
    return Outline(name, text, spec, place)


def create(
    settings: Settings,
    origin: Origin,
    dataset: str = "",
    reading: ReadOptions | None = None,
    types: Mapping[str, TypeChoice] | None = None,
) -> Outline:
    """Make the dataset: the file goes to its folder, then the spec is written.

    Raises ``WorkbenchError``, ``SpecError`` or ``StorageFull``; nothing of it stays then.
    """
    made = outline(settings, origin, dataset, reading, types)
    parse_dataset(made.text, made.spec.name)
    _refuse_taken(settings, made.dataset, made.spec)
    if not origin.stays:
        _put(origin.content, made.file)
    try:
        durable.write(made.spec, made.text)
    except BaseException:
        if not origin.stays:
            made.file.unlink(missing_ok=True)
        raise
    return made


def fit(settings: Settings, project: Project, dataset: str, origin: Origin) -> Fit:
    """Where the file would go as a delivery of a dataset, and how its columns compare."""
    spec = _files_of(project, dataset)
    place = _place(settings, spec, origin.name)
    shown = _shown(settings, place)
    try:
        seen = look(origin.content, place.name, spec.source, HEAD)
    except SourceError as error:
        return Fit(shown, place.exists(), fault=str(error))
    try:
        known = [column.name for column in files.observe(spec.source, settings)]
    except SourceError:
        return Fit(shown, place.exists())
    found = [column.name for column in seen.parsed.columns]
    return Fit(
        shown,
        place.exists(),
        missing=tuple(name for name in known if name not in found),
        new=tuple(name for name in found if name not in known),
    )


def deliver(
    settings: Settings, project: Project, dataset: str, origin: Origin, *, replace: bool = False
) -> Path:
    """Put the file where the dataset's next run finds it; the path.

    A file that has the place already is only replaced when told so, and goes to RAW before; where
    the spec's pattern allows it, the new one gets a name beside it instead.
    """
    spec = _files_of(project, dataset)
    place = _place(settings, spec, origin.name)
    if place.exists() and not replace:
        beside = free_path(place.parent, place.name)
        if files.place_for(spec.source, settings, beside.name) != beside:
            raise WorkbenchError(
                "there is a file in its place already",
                where=_shown(settings, place),
                remedy="replace it (what it holds is kept in RAW), or give the spec a pattern "
                "such as *.csv that takes more than one file",
            )
        place = beside
    elif place.exists():
        RawStore(settings).store(place, place.name, dataset)
    _put(origin.content, place)
    if not files.takes(spec.source, settings, place):
        place.unlink()
        raise WorkbenchError(
            "no name for the file fits the dataset's path",
            where=", ".join(spec.source.path),
            remedy="rename the file so that it fits, and choose it again",
        )
    return place


def _files_of(project: Project, dataset: str) -> DatasetSpec:
    spec = project.dataset(dataset)
    if not isinstance(spec.source, files.Options):
        raise WorkbenchError(
            f"{dataset!r} is not made from files",
            where=f"source of {dataset}",
            remedy="choose a dataset that is, or make a new one",
        )
    return spec


def _place(settings: Settings, spec: DatasetSpec, name: str) -> Path:
    source: Any = spec.source
    return files.place_for(source, settings, file_name(name))


def _put(content: Path, place: Path) -> None:
    """A copy that is on the disk when this returns; readers see all of it or nothing."""
    with content.open("rb") as file, durable.writing(place, mode=0o644) as copy:
        shutil.copyfileobj(file, copy, 1 << 20)


def _name_from(name: str) -> str:
    from workbench.sources.parsing.headers import safe_name

    stem = Path(file_name(name)).stem
    return safe_name(re.sub(r"[\d_.-]+$", "", stem)) or safe_name(stem) or "dataset"


def _dataset_name(name: str) -> str:
    try:
        return str(TypeAdapter(Identifier).validate_python(name))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise WorkbenchError(
            str(fault["msg"]),
            where="name of the dataset",
            remedy=str(fault.get("ctx", {}).get("remedy", "")) or None,
        ) from None


def _refuse_taken(settings: Settings, name: str, spec: Path) -> None:
    try:
        taken = name in load_project(settings).datasets
    except (SpecError, ConfigError):
        taken = False  # other specs have faults: the file's name has to do
    if taken or spec.exists():
        raise WorkbenchError(
            f"there is a dataset {name!r} already",
            where=f"specs/datasets/{spec.name}",
            remedy="give it another name, or deliver the file to that dataset",
        )


def _shown(settings: Settings, path: Path) -> str:
    inside = path.is_relative_to(settings.project)
    return (path.relative_to(settings.project) if inside else path).as_posix()
