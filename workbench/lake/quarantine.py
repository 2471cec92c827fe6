"""Rows that a step refused: kept with their file, row, reasons and values, one file a step and run.

The files never change; whether a row is open, resubmitted or dismissed is recorded elsewhere, by
the row's ``id``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.config import Settings
from workbench.durable import writing
from workbench.lake.parquet import prefix
from workbench.lake.relations import engine
from workbench.model.dataset import ROW, RUN, SOURCE
from workbench.model.result import QuarantineBatch
from workbench.model.sql import identifier, literal

#: Columns of a quarantine file. ``reasons`` is a JSON list of texts, ``values`` a JSON object.
COLUMNS = ("id", SOURCE, ROW, RUN, "step", "reasons", "values")

_TYPES = {ROW: "BIGINT"}


class Quarantine:
    """The refused rows of one dataset, below ``<home>/lake/<dataset>/quarantine``."""

    def __init__(self, settings: Settings, dataset: str) -> None:
        self.dataset = dataset
        self.folder = settings.path("lake", dataset, "quarantine")
        self._spill = settings.path("staging", "spill")

    def write(self, run_id: str, step: str, rows: pa.Table) -> tuple[QuarantineBatch, pa.Table]:
        """Keep refused rows (columns ``_source, _row, _run, step, reasons, values``).

        Writing again for the same run and step replaces the file. Every row gets an ``id`` that
        is the same whenever the same row is refused by the same step of the same run. The rows
        as kept (``COLUMNS``, by source and row) are returned too.
        """
        path = self.path(run_id, step)
        table = self._with_ids(run_id, step, rows)
        with writing(path) as file:
            pq.write_table(table, file, compression="zstd")
        reasons: Counter[str] = Counter()
        for text in table.column("reasons").to_pylist():
            reasons.update(json.loads(text or "[]"))
        batch = QuarantineBatch(
            dataset=self.dataset, uri=str(path), rows=table.num_rows, reasons=dict(reasons)
        )
        return batch, table

    def read(
        self,
        *,
        run_id: str | None = None,
        step: str | None = None,
        ids: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> pa.Table:
        """Refused rows: of one run (one step of it), with these ids, without those settled."""
        start = "" if run_id is None else prefix(run_id)
        paths = sorted(self.folder.glob(f"{start}*.parquet")) if self.folder.is_dir() else []
        if run_id is not None and step is not None:
            paths = [path for path in paths if path == self.path(run_id, step)]
        chosen = ", ".join(
            f"CAST({identifier(n)} AS {_TYPES.get(n, 'VARCHAR')}) AS {identifier(n)}"
            for n in COLUMNS
        )
        with engine(self._spill) as connection:
            if paths:
                listed = ", ".join(literal(str(path)) for path in paths)
                origin = f"SELECT {chosen} FROM read_parquet([{listed}])"
            else:
                empty = ", ".join(f"NULL AS {identifier(name)}" for name in COLUMNS)
                origin = f"SELECT {chosen} FROM (SELECT {empty}) WHERE false"
            return connection.execute(
                f"SELECT * FROM ({origin}) WHERE (NOT $some OR id IN (SELECT unnest($ids)))"
                f" AND id NOT IN (SELECT unnest($without)) ORDER BY {identifier(RUN)},"
                f" {identifier(SOURCE)}, {identifier(ROW)}, step, id",
                {"some": ids is not None, "ids": list(ids or ()), "without": list(without)},
            ).to_arrow_table()

    def path(self, run_id: str, step: str) -> Path:
        """Where the refused rows of a step of a run are, or would be."""
        return self.folder / f"{prefix(run_id)}{prefix(step).rstrip('-')}.parquet"

    def _with_ids(self, run_id: str, step: str, rows: pa.Table) -> pa.Table:
        """The rows in the form of the file; rows that are the same are told apart by a number."""
        content = (
            "concat_ws(chr(31), $dataset, $run, $step, coalesce(_source, ''),"
            ' coalesce("_row", -1), step, reasons, "values")'
        )
        with engine(self._spill) as connection:
            connection.register("refused", rows)
            return connection.execute(
                "WITH marked AS (SELECT *, "
                f"{content} AS content FROM refused)"
                " SELECT left(sha256(concat_ws(chr(31), content,"
                " row_number() OVER (PARTITION BY content))), 24) AS id,"
                ' CAST(_source AS VARCHAR) AS _source, CAST("_row" AS BIGINT) AS _row,'
                " CAST(_run AS VARCHAR) AS _run, CAST(step AS VARCHAR) AS step,"
                ' CAST(reasons AS VARCHAR) AS reasons, CAST("values" AS VARCHAR) AS "values"'
                " FROM marked ORDER BY 2, 3, 1",
                {"dataset": self.dataset, "run": run_id, "step": step},
            ).to_arrow_table()
