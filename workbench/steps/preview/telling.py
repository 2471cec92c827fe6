"""Remembers what became of the rows at each transform: ledgers, reasons, examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.spec.models import TransformUse
from workbench.steps.preview.engine import remember
from workbench.steps.preview.kept import Told
from workbench.transforms.core import pipeline

if TYPE_CHECKING:
    from workbench.steps.preview.builder import Builder

#: Refused rows, and reasons, that are kept as examples, for each transform.
EXAMPLES = 20


def tell(
    builder: Builder,
    keys: Sequence[str],
    start: int,
    uses: Sequence[TransformUse],
    done: pipeline.Advanced,
) -> None:
    """Remember under ``keys`` what ``uses``, which follow transform ``start``, did to the rows."""
    told = builder.engine.told
    ledgers = iter(done.ledgers)
    for number, use in enumerate(uses, start=start + 1):
        if use.enabled:
            remember(told, keys[number], Told(next(ledgers)))

    def at(step: str) -> Told:
        found: Told = told[keys[int(step.split(" ", 1)[0])]]
        return found

    for table in done.refused:
        sql = builder.backend.compile(table)
        for step, reasons, count in builder.connection.execute(
            f"SELECT step, reasons, count(*) FROM ({sql}) GROUP BY ALL ORDER BY 3 DESC, 2 LIMIT 100"
        ).fetchall():
            known = at(step)
            known.reasons = (*known.reasons, ("; ".join(json.loads(reasons)), count))[:EXAMPLES]
        for step, row, reasons, values in builder.connection.execute(
            f"SELECT step, _row, reasons, values FROM ({sql}) "
            f"QUALIFY row_number() OVER (PARTITION BY step ORDER BY _row) <= {EXAMPLES}"
        ).fetchall():
            known = at(step)
            example = {"row": row, "reasons": json.loads(reasons), "values": json.loads(values)}
            known.refused = (*known.refused, example)
