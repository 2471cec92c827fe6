"""What the portal needs of a spec, from the text that the records keep of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.publish.collect.facts import SpecFacts, TargetFacts


def spec_facts(hash_: str, text: str, name: str) -> SpecFacts:
    """Schedule, key, masks, terms and targets of a spec.

    The text was valid when it was recorded; what a later version of the workbench cannot read of
    it is left out. Raises ``SpecError`` for a text that is no YAML at all: it would mask nothing.
    """
    from workbench.spec.yaml_source import read_text

    data = read_text(text, name).data
    spec: Mapping[str, Any] = data if isinstance(data, dict) else {}
    columns = {
        str(column): value
        for column, value in _mapping(spec.get("columns")).items()
        if isinstance(value, dict)
    }
    schedule = _mapping(spec.get("schedule"))
    cron = schedule.get("cron")
    return SpecFacts(
        hash=hash_,
        cron=str(cron) if cron else None,
        timezone=str(schedule.get("timezone") or "UTC"),
        key=tuple(str(each) for each in _list(spec.get("key"))),
        masked=tuple(c for c, value in columns.items() if value.get("mask") is True),
        unmasked=tuple(c for c, value in columns.items() if value.get("mask") is False),
        not_in_sample=tuple(c for c, value in columns.items() if value.get("sample") is False),
        terms={c: str(value["term"]) for c, value in columns.items() if value.get("term")},
        described={
            c: str(value["description"]) for c, value in columns.items() if value.get("description")
        },
        targets=tuple(_target(each, name) for each in _list(spec.get("targets"))),
    )


def _target(given: Any, dataset: str) -> TargetFacts:
    target = _mapping(given)
    parts = (
        target.get("connection") or "warehouse",
        target.get("schema"),
        target.get("table") or dataset,
    )
    return TargetFacts(
        name=".".join(str(part) for part in parts if part),
        strategy=str(target.get("strategy") or ""),
    )


def to_json(facts: SpecFacts) -> dict[str, Any]:
    """The facts as plain values, so that a spec is read once."""
    return {
        "cron": facts.cron,
        "timezone": facts.timezone,
        "key": facts.key,
        "masked": facts.masked,
        "unmasked": facts.unmasked,
        "not_in_sample": facts.not_in_sample,
        "terms": facts.terms,
        "described": facts.described,
        "targets": [[each.name, each.strategy] for each in facts.targets],
    }


def from_json(hash_: str, value: Mapping[str, Any]) -> SpecFacts:
    """The facts that ``to_json`` wrote."""
    return SpecFacts(
        hash=hash_,
        cron=value["cron"],
        timezone=value["timezone"],
        key=tuple(value["key"]),
        masked=tuple(value["masked"]),
        unmasked=tuple(value["unmasked"]),
        not_in_sample=tuple(value["not_in_sample"]),
        terms=value["terms"],
        described=value["described"],
        targets=tuple(TargetFacts(name, strategy) for name, strategy in value["targets"]),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
