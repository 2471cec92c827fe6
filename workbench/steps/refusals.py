"""Refused rows on their way into quarantine: one file, and one record a row."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from workbench.lake.corrections import UNPARSED
from workbench.lake.quarantine import Quarantine
from workbench.model.dataset import ROW, RUN, SOURCE
from workbench.model.result import QuarantineBatch
from workbench.records.quarantine import add_rows
from workbench.steps.context import StepContext


def refuse(context: StepContext, rows: pa.Table) -> QuarantineBatch:
    """Keep refused rows; they are recorded together with the result of the step."""
    verb = context.step.verb
    store = Quarantine(context.settings, context.spec.dataset)
    batch, kept = store.write(context.run_id, verb, rows)
    now = context.now()

    def record(connection: Any) -> None:
        add_rows(
            connection,
            context.spec.dataset,
            context.run_id,
            verb,
            batch.uri,
            (
                (row["id"], row[SOURCE], row[ROW], json.loads(row["reasons"]))
                for row in kept.select(["id", SOURCE, ROW, "reasons"]).to_pylist()
            ),
            now=now,
        )

    context.also(record)
    return batch


def from_unparseable(rows: pa.Table) -> pa.Table:
    """Records that could not be parsed (``_source, _row, text, reason``) as refused rows."""
    reasons = [_json([reason]) for reason in rows["reason"].to_pylist()]
    values = [_json({UNPARSED: text}) for text in rows["text"].to_pylist()]
    return pa.table(
        {
            SOURCE: rows[SOURCE],
            ROW: rows[ROW],
            RUN: pa.nulls(rows.num_rows, pa.string()),
            "step": pa.repeat("parse", rows.num_rows),
            "reasons": pa.array(reasons, pa.string()),
            "values": pa.array(values, pa.string()),
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
