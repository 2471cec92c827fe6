"""The catalog as pages show it: datasets with their columns, masks and what is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import sqlalchemy as sa

from workbench.model.provenance import PROVENANCE
from workbench.publish.collect import masking
from workbench.publish.collect.facts import (
    ColumnFacts,
    DatasetFacts,
    EdgeFacts,
    SpecFacts,
    VersionFacts,
)
from workbench.publish.collect.specs import spec_facts
from workbench.records import schema_data
from workbench.records.latest import latest
from workbench.records.schema import lineage_edges
from workbench.records.schema_data import dataset_versions, published, quarantine, spec_versions
from workbench.records.store import Records

#: Gives the facts of a spec by dataset, hash and text.
ReadSpec = Callable[[str, str, str], SpecFacts]


def edges(records: Records) -> tuple[EdgeFacts, ...]:
    """The edges of the lineage that the last successful steps found."""
    rows = records.rows(latest(lineage_edges, None))
    found = {EdgeFacts(e.source, e.target, e.source_column, e.target_column, e.kind) for e in rows}
    # by name, whatever was run last: a page must not change because its neighbour ran again
    return tuple(sorted(found, key=lambda edge: tuple(map(str, astuple(edge)))))


def masked_columns(records: Records) -> dict[str, frozenset[str]]:
    """The masked columns of each dataset, by their specs and the lineage."""
    d, s = schema_data.datasets.c, spec_versions.c
    rows = records.rows(
        sa.select(d.name, d.spec_hash, s.text).outerjoin(
            spec_versions, sa.and_(s.dataset == d.name, s.hash == d.spec_hash)
        )
    )
    specs = {row.name: spec_facts(row.spec_hash, row.text or "", row.name) for row in rows}
    return masking.spread(specs, edges(records))


def datasets(
    records: Records, read_spec: ReadSpec, lineage: tuple[EdgeFacts, ...]
) -> dict[str, DatasetFacts]:
    """The datasets of the catalog, and those without a spec of which something is published."""
    d, v, s, p = schema_data.datasets.c, dataset_versions.c, spec_versions.c, published.c
    opened: dict[str, int] = dict(
        records.rows(
            sa.select(quarantine.c.dataset, sa.func.count())
            .where(quarantine.c.status == "open")
            .group_by(quarantine.c.dataset)
        )
    )
    now = {
        row.dataset: (VersionFacts(*row[:7]), row[7])
        for row in records.rows(
            sa.select(
                v.dataset, v.layer, v.version, v.run_id, v.rows, v.published_at, v.uri, v.columns
            ).join(
                published,
                sa.and_(p.dataset == v.dataset, p.layer == v.layer, p.version == v.version),
            )
        )
    }
    rows = records.rows(
        sa.select(
            d.name, d.title, d.description, d.owner, d.tags, d.layer, d.spec_path, d.active,
            d.updated_at, d.spec_hash, d.columns, s.text,
        )
        .outerjoin(
            spec_versions, sa.and_(s.dataset == d.name, s.hash == d.spec_hash)
        )
        .order_by(d.name)
    )  # fmt: skip
    specs = {row.name: read_spec(row.name, row.spec_hash, row.text or "") for row in rows}
    masked = masking.spread(specs, lineage)
    found = {}
    for row in rows:
        if not row.active and row.name not in now:
            continue
        version, published_columns = now.get(row.name, (None, None))
        found[row.name] = DatasetFacts(
            name=row.name,
            title=row.title,
            description=row.description,
            owner=row.owner,
            tags=tuple(row.tags),
            layer=row.layer,
            spec_path=row.spec_path,
            active=row.active,
            updated=row.updated_at,
            spec=specs[row.name],
            columns=_columns(
                published_columns or row.columns, specs[row.name], masked.get(row.name, frozenset())
            ),
            published=version,
            open_rows=opened.get(row.name, 0),
        )
    return found


def _columns(
    given: list[dict[str, Any]], spec: SpecFacts, masked: frozenset[str]
) -> tuple[ColumnFacts, ...]:
    return tuple(
        ColumnFacts(
            name=each["name"],
            type=each.get("type", "text"),
            nullable=each.get("nullable", True),
            description=spec.described.get(each["name"]) or each.get("description") or "",
            original=each.get("original"),
            term=spec.terms.get(each["name"]),
            masked=each["name"] in masked,
            in_sample=each["name"] not in spec.not_in_sample,
            key=each["name"] in spec.key,
        )
        for each in given
        if each["name"] not in PROVENANCE
    )
