"""What an audience may see: the snapshot without the rest, and a guard for every text.

Datasets that are not listed, and columns that are hidden, are left out as if they were not
there. Names of what is hidden may stand in messages, reasons, conditions and descriptions of what
is shown; a text that mentions one is left out, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from workbench.errors import ConfigError
from workbench.publish.collect.configuration import AudienceFacts, Configuration, TermFacts
from workbench.publish.collect.facts import DatasetFacts, RunFacts, StepFacts
from workbench.publish.collect.snapshot import Snapshot

_EVERYONE = AudienceFacts(notebooks=True, specs=True)


class Guard:
    """Knows the names that must not be read anywhere."""

    def __init__(self, names: frozenset[str] = frozenset(), common: frozenset[str] = frozenset()):
        self.names = names
        self._common = common

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        names = sorted(self.names - self._common, key=len, reverse=True)
        if not names:
            return None
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self.names)

    def allows(self, value: Any) -> bool:
        """Whether nothing in the value (a text, or lists and mappings of texts) is hidden."""
        if self._pattern is None:
            return True
        if isinstance(value, str):
            return self._pattern.search(value) is None
        if isinstance(value, Mapping):
            return all(self.allows(key) and self.allows(item) for key, item in value.items())
        if isinstance(value, list | tuple):
            return all(self.allows(item) for item in value)
        return True

    def text(self, value: str, otherwise: str = "") -> str:
        """The text, or another one in its place if it mentions what is hidden."""
        return value if self.allows(value) else otherwise


def audience(portal: Configuration, name: str | None) -> AudienceFacts:
    """The audience with this name; without a name everyone, who sees everything."""
    if name is None:
        return _EVERYONE
    if name not in portal.audiences:
        from workbench.registry import unknown

        raise ConfigError(
            unknown("audience", name, tuple(portal.audiences)),
            where="specs/portal.yml",
            remedy="name it under audiences:",
        )
    return portal.audiences[name]


def restrict(
    snapshot: Snapshot, words: Mapping[str, TermFacts], chosen: AudienceFacts, name: str | None
) -> tuple[Snapshot, Mapping[str, TermFacts], Guard]:
    """The part of the snapshot and of the glossary's terms that an audience may see."""
    if name is None:
        return snapshot, words, Guard()
    _check(snapshot, chosen, name)
    seen = {dataset: facts for dataset, facts in snapshot.datasets.items() if _sees(chosen, facts)}
    hidden_columns = {
        dataset: frozenset(
            column.name
            for column in facts.columns
            if column.name in chosen.hide_columns
            or f"{dataset}.{column.name}" in chosen.hide_columns
        )
        for dataset, facts in snapshot.datasets.items()
    }
    guard = _guard(snapshot, seen, hidden_columns)
    shown = {
        dataset: _dataset(facts, hidden_columns[dataset], guard) for dataset, facts in seen.items()
    }
    steps = {
        run_id: kept
        for run_id, some in snapshot.steps.items()
        if (kept := tuple(step for step in some if step.dataset in shown))
    }
    runs = tuple(_run(run, steps[run.id], guard) for run in snapshot.runs if run.id in steps)
    kept_runs = {run.id for run in runs}
    terms = {
        key: term
        for key, term in words.items()
        if guard.allows([key, term.name, term.definition, *term.synonyms, term.owner])
    }
    return (
        replace(
            snapshot,
            runs=runs,
            steps=steps,
            datasets=shown,
            versions=tuple(
                each
                for each in snapshot.versions
                if each.dataset in shown and each.run_id in kept_runs
            ),
            refused={key: n for key, n in snapshot.refused.items() if key[0] in shown},
            edges=tuple(
                edge
                for edge in snapshot.edges
                if _owner(edge.source) in (*shown, None)
                and _owner(edge.target) in (*shown, None)
                and (_owner(edge.source) or _owner(edge.target))
                and guard.allows(
                    [
                        edge.source, edge.target, edge.source_column or "",
                        edge.target_column or "",
                    ]
                )
            ),
            spec_seen={key: each for key, each in snapshot.spec_seen.items() if key in shown},
            hidden=guard.names,
        ),
        terms,
        guard,
    )  # fmt: skip


def _check(snapshot: Snapshot, chosen: AudienceFacts, name: str) -> None:
    """A name that matches nothing is a mistake that would show what was meant to be hidden."""
    for column in chosen.hide_columns:
        dataset, dot, short = column.rpartition(".")
        known = any(
            (not dot or each.name == dataset) and each.column(short if dot else column)
            for each in snapshot.datasets.values()
        )
        if not known and snapshot.datasets:
            raise ConfigError(
                f"audience {name} hides the column {column!r}, which no dataset has",
                where="specs/portal.yml",
                remedy="write it as column, or as dataset.column",
            )
    for dataset in chosen.datasets:
        if snapshot.datasets and dataset not in snapshot.datasets:
            from workbench.registry import unknown

            raise ConfigError(
                unknown("dataset", dataset, tuple(snapshot.datasets)),
                where=f"specs/portal.yml, audience {name}",
            )


def _sees(chosen: AudienceFacts, facts: DatasetFacts) -> bool:
    if not chosen.datasets and not chosen.tags:
        return True
    return facts.name in chosen.datasets or bool(set(chosen.tags) & set(facts.tags))


def _guard(
    snapshot: Snapshot,
    seen: Mapping[str, DatasetFacts],
    hidden_columns: Mapping[str, frozenset[str]],
) -> Guard:
    """Names of what is hidden, less those that something visible has, too."""
    hidden = {name for name in snapshot.datasets if name not in seen}
    visible = set(seen)
    for name, facts in snapshot.datasets.items():
        for column in facts.columns:
            if name in seen and column.name not in hidden_columns[name]:
                visible.add(column.name)
        if name in seen:
            hidden |= hidden_columns[name]
        hidden |= {
            text
            for column in facts.columns
            if column.name in hidden_columns[name]
            for text in (column.name, column.original or "")
            if text
        }
    for name, facts in snapshot.datasets.items():
        if name not in seen:
            if facts.title:
                hidden.add(facts.title)
            hidden |= {column.name for column in facts.columns if len(column.name) > 3}
    return Guard(frozenset(hidden), frozenset(visible))


def _dataset(facts: DatasetFacts, hidden: frozenset[str], guard: Guard) -> DatasetFacts:
    columns = tuple(
        replace(
            column,
            description=guard.text(column.description),
            original=guard.text(column.original) if column.original else None,
        )
        for column in facts.columns
        if column.name not in hidden
    )
    return replace(
        facts,
        title=guard.text(facts.title),
        description=guard.text(facts.description),
        tags=tuple(tag for tag in facts.tags if guard.allows(tag)),
        spec_path="",
        spec=replace(
            facts.spec,
            key=tuple(key for key in facts.spec.key if key not in hidden),
            targets=tuple(each for each in facts.spec.targets if guard.allows(each.name)),
        ),
        columns=columns,
    )


def _run(run: RunFacts, steps: tuple[StepFacts, ...], guard: Guard) -> RunFacts:
    names = dict.fromkeys(step.dataset for step in steps)
    workflow = run.workflow if guard.allows(run.workflow) else "+".join(names)
    params = {name: value for name, value in run.params.items() if guard.allows([name, str(value)])}
    error = run.error if run.error and guard.allows(dict(run.error)) else None
    return replace(run, workflow=workflow, params=params, error=error)


def _owner(end: str) -> str | None:
    """The dataset that an end of an edge belongs to; ``None`` for files and targets."""
    if end.startswith(("raw:", "target:")):
        return None
    return end.removesuffix(".bronze")
