"""Catalog and lineage in open formats: JSON-LD (DCAT, schema.org, PROV-O) and OpenLineage."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import workbench
from workbench.publish.collect.facts import DatasetFacts, EdgeFacts, RunFacts, StepFacts
from workbench.publish.collect.snapshot import Snapshot
from workbench.publish.markup import iso
from workbench.publish.pages.writer import World

NAMES = ("lineage.jsonld", "openlineage.json")

_NAMESPACE = "workbench"
_PRODUCER = f"urn:data-workbench:{workbench.__version__}"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets/"
#: Fixed, so that the same run has the same identifier in every publication.
_SPACE = uuid.UUID("6f0d8c4e-5c53-4d2e-9f0a-3f1c7b1f2a10")
_SUBTYPES = {
    "direct": ("DIRECT", "IDENTITY"),
    "derived": ("DIRECT", "TRANSFORMATION"),
    "aggregated": ("DIRECT", "AGGREGATION"),
    "filter": ("INDIRECT", "FILTER"),
    "join": ("INDIRECT", "JOIN"),
    "dedupe": ("INDIRECT", "GROUP_BY"),
}


def files(world: World) -> dict[str, str]:
    """The files by name."""
    made = {NAMES[0]: json_ld(world), NAMES[1]: open_lineage(world.snapshot)}
    return {
        name: json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        for name, content in made.items()
    }


def json_ld(world: World) -> dict[str, Any]:
    """The catalog as JSON-LD; identifiers are URNs, since a site may be anywhere."""
    snapshot = world.snapshot
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "prov": "http://www.w3.org/ns/prov#",
            "schema": "https://schema.org/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@type": "dcat:Catalog",
        "@id": "urn:workbench:catalog",
        "dct:title": world.title,
        "dcat:dataset": [_catalogued(snapshot, each) for each in snapshot.datasets.values()],
    }


def _catalogued(snapshot: Snapshot, dataset: DatasetFacts) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "@type": ["dcat:Dataset", "schema:Dataset", "prov:Entity"],
        "@id": _urn(dataset.name),
        "dct:identifier": dataset.name,
        "dct:title": dataset.label,
        "dct:description": dataset.description,
        "dcat:keyword": list(dataset.tags),
        "dct:publisher": {"@type": "schema:Organization", "schema:name": dataset.owner},
        "schema:variableMeasured": [
            {
                "@type": "schema:PropertyValue",
                "@id": f"{_urn(dataset.name)}:{column.name}",
                "schema:name": column.name,
                "schema:description": column.description,
                "schema:propertyID": column.term,
                "dct:format": column.type,
            }
            for column in dataset.columns
        ],
    }
    if dataset.published:
        entry["dct:modified"] = {
            "@type": "xsd:dateTime", "@value": iso(dataset.published.published),
        }  # fmt: skip
        entry["dcat:version"] = str(dataset.published.version)
        entry["prov:wasGeneratedBy"] = {
            "@type": "prov:Activity", "@id": f"urn:workbench:run:{dataset.published.run_id}",
        }  # fmt: skip
    sources = dict.fromkeys(
        edge.source
        for edge in snapshot.edges
        if edge.target == dataset.name and edge.source in snapshot.datasets
    )
    if sources:
        entry["prov:wasDerivedFrom"] = [{"@id": _urn(name)} for name in sources]
    return {key: value for key, value in entry.items() if value not in ("", None, [])}


def _urn(dataset: str) -> str:
    return f"urn:workbench:dataset:{dataset}"


def open_lineage(snapshot: Snapshot) -> list[dict[str, Any]]:
    """An event for the newest ended run of each dataset."""
    return [
        _event(snapshot, dataset, *last)
        for dataset in snapshot.datasets.values()
        if (last := _last(snapshot, dataset.name))
    ]


def _last(snapshot: Snapshot, dataset: str) -> tuple[RunFacts, tuple[StepFacts, ...]] | None:
    for run, steps in snapshot.by_dataset.get(dataset, ()):
        if run.finished is not None:
            return run, steps
    return None


def _event(
    snapshot: Snapshot, dataset: DatasetFacts, run: RunFacts, steps: tuple[StepFacts, ...]
) -> dict[str, Any]:
    failed = any(step.status != "SUCCESS" for step in steps)
    edges = [edge for edge in snapshot.edges if edge.target == dataset.name]
    inputs = dict.fromkeys(edge.source.removesuffix(".bronze") for edge in edges)
    columns = dict(_column_lineage(edges))
    facets: dict[str, Any] = {
        "schema": {
            **_facet("1-1-1/SchemaDatasetFacet.json"),
            "fields": [
                {"name": each.name, "type": each.type, "description": each.description}
                for each in dataset.columns
            ],
        }
    }
    if columns:
        facets["columnLineage"] = {
            **_facet("1-2-0/ColumnLineageDatasetFacet.json"), "fields": columns,
        }  # fmt: skip
    return {
        "eventType": "FAIL" if failed else "COMPLETE",
        "eventTime": iso(run.latest),
        "producer": _PRODUCER,
        "schemaURL": _SCHEMA,
        "run": {"runId": str(uuid.uuid5(_SPACE, f"{run.id}/{dataset.name}"))},
        "job": {"namespace": _NAMESPACE, "name": dataset.name},
        "inputs": [
            {"namespace": _NAMESPACE, "name": _input_name(name, dataset.name)} for name in inputs
        ],
        "outputs": [{"namespace": _NAMESPACE, "name": dataset.name, "facets": facets}],
    }


def _input_name(name: str, dataset: str) -> str:
    return f"{dataset}.received" if name == dataset else name


def _column_lineage(edges: list[EdgeFacts]) -> Iterator[tuple[str, dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for edge in edges:
        if edge.target_column is None or edge.source_column is None:
            continue
        kind, subtype = _SUBTYPES.get(edge.kind, ("INDIRECT", edge.kind.upper()))
        found.setdefault(edge.target_column, []).append(
            {
                "namespace": _NAMESPACE,
                "name": _input_name(edge.source.removesuffix(".bronze"), edge.target),
                "field": edge.source_column,
                "transformations": [{"type": kind, "subtype": subtype}],
            }
        )
    for column, inputs in found.items():
        yield column, {"inputFields": inputs}


def _facet(path: str) -> dict[str, str]:
    return {"_producer": _PRODUCER, "_schemaURL": f"{_FACETS}{path}"}
