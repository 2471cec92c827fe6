"""What a kind of destination can do, and why it cannot do the rest.

Each destination module states this once, as ``CAPABILITIES``: the load relies on it, specs are
checked against it, and panels show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Strategy = Literal["append", "truncate_insert", "delete_insert", "upsert"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

Feature = Literal[
    "append",
    "truncate_insert",
    "delete_insert",
    "upsert",
    "transactional_ddl",
    "primary_keys",
    "alters_keys",
    "comments",
    "schemas",
    "concurrent_writers",
    "any_name",
]
#: Everything that a destination may or may not do, in the order in which it is shown.
FEATURES: tuple[Feature, ...] = get_args(Feature)


@dataclass(frozen=True)
class Capabilities:
    """What a kind of destination can do.

    ``transactional_ddl``: tables are created and altered in the transaction that loads the rows;
    ``primary_keys``: tables get one, which the database keeps; ``alters_keys``: the type of a key
    column can be widened in place; ``comments``: descriptions are kept with tables and columns;
    ``concurrent_writers``: several tables can be loaded at a time. ``longest_name`` is how many
    bytes the name of a column, table or schema may have.

    ``reasons`` has one sentence for each feature that is missing, and for no other.
    """

    title: str
    strategies: tuple[Strategy, ...] = STRATEGIES
    transactional_ddl: bool = True
    primary_keys: bool = True
    alters_keys: bool = True
    comments: bool = True
    schemas: bool = True
    concurrent_writers: bool = True
    longest_name: int | None = None
    reasons: Mapping[Feature, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = {feature for feature in FEATURES if not self.supports(feature)}
        if missing != set(self.reasons):
            wrong = ", ".join(sorted(missing ^ set(self.reasons)))
            raise ValueError(f"{self.title}: what is missing and what has a reason differ: {wrong}")

    def supports(self, feature: Feature) -> bool:
        """Whether a destination of this kind can do it."""
        if feature in STRATEGIES:
            return feature in self.strategies
        if feature == "any_name":
            return self.longest_name is None
        return bool(getattr(self, feature))

    def reason(self, feature: Feature) -> str:
        """Why it cannot; empty if it can."""
        return self.reasons.get(feature, "")

    def too_long(self, name: str) -> bool:
        """Whether a name of a column, table or schema is longer than it takes."""
        return self.longest_name is not None and len(name.encode()) > self.longest_name
