"""Edits of the graph, as edits of the specs: an edge is a source, a join, a lookup or a target.

What one edit cannot say is refused with words about what is to be written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from workbench.config import Settings
from workbench.durable import sync
from workbench.errors import ConfigError, EditRefused, NotFound, SpecConflict
from workbench.spec.edits import Edit, Insert, Remove, Set
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec

JoinKind = Literal["join", "lookup"]


def read_from(project: Project, dataset: str, upstream: str) -> tuple[Edit, ...]:
    """``dataset`` is made from ``upstream``: its source becomes that dataset."""
    _refuse_circle(project, dataset, upstream)
    return (Set(("source",), {"dataset": upstream}),)


def join_with(
    project: Project,
    dataset: str,
    upstream: str,
    kind: JoinKind,
    on: Mapping[str, str],
    columns: Sequence[str] = (),
    *,
    prefix: str = "",
    position: int | None = None,
) -> tuple[Edit, ...]:
    """A join or lookup of ``upstream`` among the transforms of ``dataset``, by default the last.

    ``on`` maps columns here to columns there; ``columns`` are those to take, by default all.
    """
    _refuse_circle(project, dataset, upstream)
    if not on:
        raise EditRefused(
            f"a {kind} needs to know which columns must be equal",
            where=f"dataset {dataset}",
            remedy="choose a column here and the one there that it is matched with",
        )
    same = all(here == there for here, there in on.items())
    options: dict[str, Any] = {"dataset": upstream, "on": list(on) if same else dict(on)}
    if columns:
        options["columns"] = list(columns)
    if prefix:
        options["prefix"] = prefix
    count = len(project.dataset(dataset).transforms)
    at = count if position is None else position
    if not 0 <= at <= count:
        raise EditRefused(
            f"there is no place {at + 1} among {count} transforms", where=f"dataset {dataset}"
        )
    return (Insert(("transforms",), at, {kind: options}),)


def load_into(project: Project, dataset: str, connection: str, table: str = "") -> tuple[Edit, ...]:
    """A target of ``dataset``: a table of a connection, by default of the dataset's name."""
    project.connection(connection)
    target = {"connection": connection} | ({"table": table} if table else {})
    count = len(project.dataset(dataset).targets)
    return (Insert(("targets",), count, target),)


def disconnect(data: Any, spec: DatasetSpec, kind: str, other: str) -> tuple[Edit, ...]:
    """Take an edge away: the joins or lookups of ``other``, or the target named ``other``.

    ``data`` is the YAML of the spec as read. Raises ``EditRefused`` for edges that a dataset
    cannot be without.
    """
    where = f"dataset {spec.dataset}"
    if kind in ("source", "ingest"):
        raise EditRefused(
            "a dataset cannot be without a source",
            where=where,
            remedy="let it be made from another dataset (connect that one), write another"
            " `source:` in its spec, or delete the dataset",
        )
    if kind == "load":
        found = [("targets", place) for place in _targets(spec, other)]
    else:
        found = [("transforms", place) for place in _joins(data, kind, other)]
    if not found:
        raise NotFound(f"there is no {kind} of {other!r} in the spec", where=where)
    (part, _), *_ = found
    if len(found) == len(data.get(part) or ()):
        return (Remove((part,)),)  # an empty list would say nothing
    return tuple(Remove(path) for path in reversed(found))


def new_dataset(project: Project, name: str, upstream: str) -> str:
    """The text of a spec for a new dataset that is made from another one."""
    project.dataset(upstream)
    if name in project.datasets:
        raise EditRefused(
            f"there is a dataset {name!r} already",
            where=project.dataset(name).file,
            remedy="choose another name",
        )
    return f"dataset: {name}\n\nsource: {{dataset: {upstream}}}\n"


def delete_spec(settings: Settings, project: Project, dataset: str, expected: str) -> str:
    """Delete the file of a dataset's spec; the path that it had.

    ``expected`` is the text that whoever asks has seen: ``SpecConflict`` when the file says
    something else by now. Raises ``ConfigError`` while other datasets need this one. What is
    published stays, and the records keep the text of the spec.
    """
    spec = project.dataset(dataset)
    needing = [name for name, needs in project.needs.items() if dataset in needs]
    if needing:
        raise ConfigError(
            f"{', '.join(needing)} {'needs' if len(needing) == 1 else 'need'} {dataset!r}",
            where=spec.file,
            remedy="take those edges away first, or delete those datasets",
        )
    path = settings.project / spec.file
    try:
        found = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"the spec of {dataset!r} is gone already", where=spec.file) from None
    if found != expected.removeprefix("\ufeff"):
        raise SpecConflict(spec.file, mine="", theirs=found, base=expected)
    path.unlink()
    sync(path.parent)
    return spec.file


def _refuse_circle(project: Project, dataset: str, upstream: str) -> None:
    project.dataset(upstream)
    if dataset == upstream or dataset in project.upstreams(upstream):
        road = "itself" if dataset == upstream else f"{upstream!r}, which is made from it"
        raise EditRefused(
            f"{dataset!r} cannot be made from {road}: that would be a circle",
            where=project.dataset(dataset).file,
            remedy="connect the other way round, or take an edge of the circle away first",
        )


def _targets(spec: DatasetSpec, name: str) -> list[int]:
    full = (
        ".".join(part for part in (t.connection, t.schema_, t.table or spec.dataset) if part)
        for t in spec.targets
    )
    return [place for place, each in enumerate(full) if each == name]


def _joins(data: Any, kind: str, other: str) -> list[int]:
    places = []
    for place, item in enumerate(data.get("transforms") or ()):
        options = item.get(kind) if isinstance(item, dict) else None
        if isinstance(options, dict) and options.get("dataset") == other:
            places.append(place)
    return places
