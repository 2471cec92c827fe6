"""The catalog: what datasets, columns and terms are and mean, from specs and records.

Specs may be drafts that nobody has saved: what is shown is what was written last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from workbench.model.dataset import PROVENANCE, Column
from workbench.model.value import Value
from workbench.plan.build import target_name
from workbench.records.latest import latest
from workbench.records.schema import profiles
from workbench.records.store import Records
from workbench.records.versions import DatasetVersion, published_version
from workbench.spec.loader import Project
from workbench.spec.models import DatasetSpec
from workbench.spec.portal import Glossary

#: Kinds of what is searched, as the portal's search knows them.
KINDS = ("dataset", "column", "term")


class CatalogColumn(Value):
    """A column: what it is called, is and means. ``nulls`` is a share; ``published`` says whether
    readers have it already."""

    name: str
    type: str = ""
    original: str | None = None
    key: bool = False
    nullable: bool = True
    published: bool = False
    description: str = ""
    term: str | None = None
    mask: bool | None = None
    nulls: float | None = None
    distinct: int | None = None


class CatalogDataset(Value):
    """A dataset with its columns; ``needs`` and ``used_by`` are its direct neighbours."""

    name: str
    title: str
    description: str
    owner: str
    tags: tuple[str, ...]
    layer: str
    file: str
    version: int | None = None
    rows: int | None = None
    published_at: datetime | None = None
    columns: tuple[CatalogColumn, ...] = ()
    needs: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[int, int]:
        """How much of what readers ask for is said, and how much there is to say: owner,
        description, and the description of each column. The portal's health counts the same."""
        said = [bool(self.owner), bool(self.description)]
        said += [bool(column.description) for column in self.columns]
        return sum(said), len(said)


def catalog_dataset(
    records: Records, project: Project, spec: DatasetSpec, *, profiled: bool = False
) -> CatalogDataset:
    """A dataset of the catalog; with ``profiled`` its columns have their figures."""
    name = spec.dataset
    version = published_version(records, name)
    figures = _figures(records, name) if profiled else {}
    return CatalogDataset(
        name=name,
        title=spec.title,
        description=spec.description,
        owner=spec.owner,
        tags=spec.tags,
        layer=spec.layer,
        file=spec.file,
        version=version.ref.version if version else None,
        rows=version.ref.rows if version else None,
        published_at=version.published_at if version else None,
        columns=tuple(_columns(spec, version, figures)),
        needs=tuple(project.needs.get(name, ())),
        used_by=tuple(sorted(each for each, needs in project.needs.items() if name in needs)),
        targets=tuple(target_name(spec, target) for target in spec.targets),
    )


def search_entries(datasets: Iterable[CatalogDataset], glossary: Glossary) -> dict[str, Any]:
    """What is searched, in the form of the portal's index: kind, title, place, context, words."""
    entries: list[list[Any]] = []
    for dataset in datasets:
        about = " · ".join(part for part in (dataset.title, dataset.owner) if part)
        words = " ".join((dataset.description, *dataset.tags))
        entries.append([0, dataset.name, dataset.name, about, words])
        for column in dataset.columns:
            term = glossary.terms.get(column.term or "")
            said = column.description or (term.name if term else "")
            words = " ".join((column.original or "", term.name if term else "", column.type))
            context = f"{dataset.name} · {said}" if said else dataset.name
            entries.append([1, column.name, f"{dataset.name}#{column.name}", context, words])
    for key, each in glossary.terms.items():
        entries.append([2, each.name, key, each.definition, " ".join((key, *each.synonyms))])
    return {"kinds": list(KINDS), "entries": entries}


def uses_of(datasets: Iterable[CatalogDataset]) -> dict[str, list[tuple[str, str]]]:
    """The columns (dataset, column) that stand for each term."""
    found: dict[str, list[tuple[str, str]]] = {}
    for dataset in datasets:
        for column in dataset.columns:
            if column.term:
                found.setdefault(column.term, []).append((dataset.name, column.name))
    return found


def _columns(
    spec: DatasetSpec, version: DatasetVersion | None, figures: Mapping[str, Mapping[str, Any]]
) -> Iterable[CatalogColumn]:
    """The published columns, then those that only the spec names."""
    published = [each for each in (version.ref.columns if version else ())]
    there = {column.name for column in published}
    named = [
        Column(name=name, type=each.type or "text")
        for name, each in spec.columns.items()
        if name not in there
    ]
    for column in (*published, *named):
        if column.name in PROVENANCE:
            continue
        said = spec.columns.get(column.name)
        found = figures.get(column.name, {})
        rows, nulls = found.get("rows"), found.get("nulls")
        is_stated = column.name in there or (said is not None and said.type is not None)
        yield CatalogColumn(
            name=column.name,
            type=column.type if is_stated else "",
            original=column.original,
            key=column.name in spec.key,
            nullable=column.nullable,
            published=column.name in there,
            description=said.description if said else "",
            term=said.term if said else None,
            mask=said.mask if said else None,
            nulls=nulls / rows if rows and nulls is not None else None,
            distinct=found.get("distinct"),
        )


def _figures(records: Records, dataset: str) -> dict[str, Mapping[str, Any]]:
    rows = records.rows(latest(profiles, dataset).order_by(profiles.c.position))
    return {row.profile["column"]: row.profile for row in rows}
