"""Rows of earlier files that stand where a later file's row was refused.

Of several files that are folded into one candidate, the last one's row of a key wins. If the
checks then refuse that row, the key would have nothing, although an earlier file brought a good
row for it, which would be there had the files been published in turn. So the rows that were
overruled are kept beside the candidate, and are checked as far as they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.model.sql import identifier, identifiers, literal
from workbench.quality import rules
from workbench.quality.split import Split
from workbench.spec.models import ExpectationUse
from workbench.steps.folding import PIECE

if TYPE_CHECKING:
    import duckdb

_OVERRULED = "overruled"


@dataclass(frozen=True)
class StandIns:
    """What the overruled rows came to: ``splits`` of those that were looked at, latest first."""

    splits: tuple[Split, ...] = ()

    @property
    def rows(self) -> int:
        """How many overruled rows were looked at."""
        return self.accepted + self.rejected

    @property
    def accepted(self) -> int:
        """How many of them stand in."""
        return sum(split.accepted_rows for split in self.splits)

    @property
    def rejected(self) -> int:
        """How many of them are refused as well."""
        return sum(split.rejected_rows for split in self.splits)


def stand_in(
    connection: duckdb.DuckDBPyConnection,
    overruled: Path,
    staged: str,
    split: Split,
    key: Sequence[str],
    expectations: Sequence[ExpectationUse],
    params: Mapping[str, Any],
) -> StandIns:
    """For each key of ``staged`` whose rows were all refused, the latest row that is not.

    ``overruled`` is the file of the rows that lost, with the number of their piece.
    """
    keys = identifiers(key)
    refusing = [each for each in expectations if each.severity == "quarantine"]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_OVERRULED} AS FROM read_parquet({literal(str(overruled))})"
    )
    splits: list[Split] = []
    looked_at, accepted = staged, split.accepted
    while True:
        name = f"stand_ins_{len(splits)}"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT o.* FROM {_OVERRULED} AS o SEMI JOIN ("
            f"SELECT {keys} FROM {identifier(looked_at)} "
            f"ANTI JOIN {identifier(accepted)} USING ({keys})) AS open USING ({keys}) "
            f"QUALIFY rank() OVER (PARTITION BY {keys} ORDER BY {PIECE} DESC) = 1"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_OVERRULED} AS SELECT o.* FROM {_OVERRULED} AS o "
            f"ANTI JOIN {name} USING ({keys}, {PIECE})"
        )
        connection.execute(f"ALTER TABLE {name} DROP COLUMN {PIECE}")
        found = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
        if not found or not found[0]:
            return StandIns(tuple(splits))
        evaluation = rules.evaluate(connection, name, refusing, params=params)
        splits.append(evaluation.split(connection, f"{name}_accepted", f"{name}_rejected"))
        looked_at, accepted = name, splits[-1].accepted
