"""What computes rows for previews, and puts parsed files into the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import Cancelled
from workbench.model.dataset import RUN, SOURCE
from workbench.model.sql import identifier
from workbench.steps.keeping import Keeper, create
from workbench.steps.preview.inputs import Received
from workbench.steps.preview.kept import MARKED, PREVIEW, Kept
from workbench.steps.preview.recalling import Recall
from workbench.transforms.core import pipeline
from workbench.transforms.core.columns import ROW_ID, has_rowid
from workbench.transforms.core.context import sql_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from workbench.steps.preview.engine import Engine


class Builder:
    """Computes rows, one after another, with a cursor and an ibis backend of its own."""

    def __init__(self, engine: Engine) -> None:
        import ibis

        self.engine = engine
        self.lock = threading.RLock()
        self.cancelled: Callable[[], bool] = lambda: False
        self.connection = engine.connection.cursor()
        self.backend = ibis.duckdb.from_connection(self.connection)
        self.keeper = Keeper(self.connection, self.backend, temporary=False)
        self.recall = Recall(self.connection, self.backend, engine.name, self.store)

    def materialize(self, table: ir.Table) -> ir.Table:
        """``table``, computed once; ``Cancelled`` when nobody waits for it any more."""
        self.check()
        return self.keeper(table)

    def store(self, schema: Any, sql: str) -> ir.Table:
        """The same for a SELECT of which the schema is known."""
        self.check()
        return self.keeper.store(schema, sql)

    def check(self) -> None:
        """Raise ``Cancelled`` when nobody waits for the result any more."""
        if self.cancelled():
            raise Cancelled("the preview was superseded by a newer one")

    def keep_only(self, wanted: Collection[str]) -> list[str]:
        """The tables computed since the last call that are ``wanted``; the others are dropped."""
        names = list(self.keeper.names)
        self.keeper.names.clear()
        self.engine.drop([name for name in names if name not in wanted])
        return [name for name in names if name in wanted]

    def show(self, table: ir.Table) -> str:
        """A view of an expression over kept tables."""
        name = self.engine.name("stage")
        self.connection.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {sql_of(table)}")
        return name

    def load(self, received: Received, context: Any) -> Kept:
        """Put parsed rows into the engine, typed as bronze: text, with provenance."""
        import pyarrow as pa

        table, number = received.table, f", rowid AS {identifier(ROW_ID)}"
        self.engine.use_threads_for(table.num_rows)
        if has_rowid(table.column_names):
            table = table.append_column(ROW_ID, pa.array(range(table.num_rows), pa.int64()))
            number = ""
        name, view = self.engine.name("received"), self.engine.name("stage")
        same = _same(table)
        self._copy(name, table, same)
        names, raw = [name], None
        if received.markers:
            texts = self.engine.name("markers")
            self._copy(texts, with_markers(table, received.markers), {})
            names.append(texts)
            raw = self.engine.name("raw")
            self.connection.execute(
                f"CREATE VIEW {identifier(raw)} AS SELECT *{number} FROM {identifier(texts)}"
            )
        base = self.backend.table(name)
        numbered = base.mutate(**{ROW_ID: base.rowid()}) if number else base
        self.connection.execute(
            f"CREATE VIEW {identifier(view)} AS SELECT *{number} FROM {identifier(name)}"
        )
        stage = pipeline.begin(numbered, context)
        return Kept(
            received.key, view, stage, table.num_rows, names,
            input=received.view, raw=raw, same=same,
        )  # fmt: skip

    def _copy(self, name: str, table: Any, same: Mapping[str, str]) -> None:
        given = f"arrow_{name}"
        self.connection.register(given, table)
        try:
            rows = self.connection.execute(f"DESCRIBE {given}").fetchall()
            types = {row[0]: row[1] for row in rows} | dict.fromkeys(same, "VARCHAR")
            create(self.connection, name, types, f"FROM {given}", same=same)
        finally:
            self.connection.unregister(given)


def _same(table: Any) -> dict[str, str]:
    """The provenance that all received rows share; none for a published table, as in a run."""
    import pyarrow.compute as pc

    if SOURCE not in table.column_names:
        return {}
    sources = pc.unique(table[SOURCE]).to_pylist()
    return {RUN: PREVIEW} | ({SOURCE: sources[0]} if len(sources) == 1 else {})


def with_markers(table: Any, markers: Mapping[str, Any]) -> Any:
    """The table as it was received: where null was made of a text, the text stands again.

    ``_wb_marked`` lists, for each row, the places of such columns among the data columns.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, places = [], []
    for name, found in markers.items():
        index = found["index"].to_numpy()
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[index] = True
        place = table.column_names.index(name)
        column, texts = table[name].combine_chunks(), found["text"].combine_chunks()
        table = table.set_column(place, name, pc.replace_with_mask(column, pa.array(mask), texts))
        rows.append(index)
        places.append(np.full(len(index), place, dtype=np.int32))
    each = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    order = np.argsort(each, kind="stable")
    ends = np.zeros(table.num_rows + 1, dtype=np.int32)
    ends[1:] = np.cumsum(np.bincount(each, minlength=table.num_rows))
    values = np.concatenate(places)[order] if places else np.zeros(0, dtype=np.int32)
    return table.append_column(MARKED, pa.ListArray.from_arrays(pa.array(ends), pa.array(values)))
