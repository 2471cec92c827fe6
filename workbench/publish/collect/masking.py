"""Masked columns: their values stay out of everything that is shown.

A column that is made from a masked one in another dataset is masked, too, unless its spec says
``mask: false``.
Values also stand in examples of failed checks, in reasons of quarantine and in messages of
errors; there they are taken out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from workbench.publish.collect.facts import EdgeFacts, SpecFacts

MASK = "•••"

#: Edges along which values travel; the others only decide which rows there are.
_CARRIES = frozenset({"direct", "derived", "aggregated"})
#: Fields of a check's result that hold values of the data.
_VALUES = frozenset(
    {
        "partial_unexpected_list",
        "partial_unexpected_counts",
        "partial_unexpected_index_list",
        "unexpected_list",
        "unexpected_index_list",
        "unexpected_index_query",
        "observed_value",
        "details",
    }
)


def spread(specs: Mapping[str, SpecFacts], edges: Iterable[EdgeFacts]) -> dict[str, frozenset[str]]:
    """The masked columns of each dataset, with those that receive values of masked ones."""
    found: dict[str, set[str]] = defaultdict(set)
    for dataset, spec in specs.items():
        found[dataset] |= set(spec.masked)
    carrying = [
        edge
        for edge in edges
        if edge.kind in _CARRIES
        and edge.source_column
        and edge.target_column
        and not (edge.target in specs and edge.target_column in specs[edge.target].unmasked)
    ]
    changed = any(found.values())
    while changed:
        changed = False
        for edge in carrying:
            columns = found[edge.target]
            if edge.source_column in found[edge.source] and edge.target_column not in columns:
                columns.add(str(edge.target_column))
                changed = True
    return {name: frozenset(columns) for name, columns in found.items() if columns}


def is_about(kwargs: Mapping[str, Any], masked: Collection[str]) -> bool:
    """Whether a check's arguments name a masked column, also within conditions and lists."""
    return bool(masked) and bool(_pattern(frozenset(masked)).search(repr(kwargs)))


def check_result(check: Mapping[str, Any], masked: Collection[str]) -> dict[str, Any]:
    """A check without the values of masked columns."""
    kept = dict(check)
    if not is_about(kept.get("kwargs", {}), masked):
        return kept
    result = kept.get("result") or {}
    kept["result"] = {name: value for name, value in result.items() if name not in _VALUES}
    if kept.get("error"):
        kept["error"] = text(str(kept["error"]), masked)
    return kept


def profile(given: Mapping[str, Any], masked: Collection[str]) -> dict[str, Any]:
    """A column's profile; of a masked column only how many rows and nulls there are."""
    if given.get("column") not in masked:
        return dict(given)
    kept = {name: given[name] for name in ("column", "type", "rows", "nulls") if name in given}
    return {**kept, "masked": True}


def text(given: str, masked: Collection[str]) -> str:
    """A message without what may be values, if it names a masked column."""
    if not masked or not _pattern(frozenset(masked)).search(given):
        return given
    head, example, _ = given.partition("for example")
    shown = _QUOTED.sub(MASK, head)
    shown = _pattern(frozenset(masked), r"(\s*[=:]\s*)(?![\s•])[^,;\n]+").sub(rf"\1\2{MASK}", shown)
    return f"{shown}{example} {MASK}" if example else shown


_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@lru_cache(maxsize=256)
def _pattern(names: frozenset[str], then: str = "") -> re.Pattern[str]:
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)({listed})(?!\w){then}")
