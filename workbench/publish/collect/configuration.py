"""What a project says about its portal and its words, as plain values that can be kept.

The files are validated when they have changed; until then what they said is remembered, so that
publishing need not import what validates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.config import Settings


@dataclass(frozen=True)
class AudienceFacts:
    """Who may see what: see ``spec.portal.Audience``."""

    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    hide_columns: tuple[str, ...] = ()
    samples: bool = True
    notebooks: bool = False
    specs: bool = False
    title: str = ""


@dataclass(frozen=True)
class ToolFacts:
    """A link of the tools hub."""

    title: str
    url: str
    description: str = ""
    kind: str = "other"


@dataclass(frozen=True)
class TermFacts:
    """A term of the glossary."""

    name: str
    definition: str = ""
    synonyms: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True)
class Configuration:
    """``portal.yml`` and ``glossary.yml`` together."""

    title: str
    description: str
    runs: int
    sample_rows: int
    tools: tuple[ToolFacts, ...] = ()
    audiences: Mapping[str, AudienceFacts] = field(default_factory=dict)
    terms: Mapping[str, TermFacts] = field(default_factory=dict)


def read(settings: Settings) -> dict[str, Any]:
    """What the two files say, as plain values. Raises ``SpecError`` with file and line."""
    from workbench.spec.portal import load_glossary, load_portal

    return {
        "portal": load_portal(settings).model_dump(mode="json"),
        "glossary": load_glossary(settings).model_dump(mode="json"),
    }


def configuration(said: Mapping[str, Any]) -> Configuration:
    """The values that ``read`` gave, as facts."""
    portal = said["portal"]
    return Configuration(
        title=portal["title"],
        description=portal["description"],
        runs=portal["runs"],
        sample_rows=portal["sample_rows"],
        tools=tuple(ToolFacts(**each) for each in portal["tools"]),
        audiences={
            name: AudienceFacts(**_tuples(each)) for name, each in portal["audiences"].items()
        },
        terms={key: TermFacts(**_tuples(each)) for key, each in said["glossary"]["terms"].items()},
    )


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
