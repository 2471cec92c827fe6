"""Rows in, transforms, rows out: over real DuckDB, with every ledger checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa
import pytest

from workbench.model.dataset import PROVENANCE, ROW, RUN, SOURCE
from workbench.model.ledger import TransformLedger
from workbench.model.types import parse_type
from workbench.registry import find
from workbench.spec.models import TransformUse
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context


def use(name: str, /, *, enabled: bool = True, **options: Any) -> TransformUse:
    """A transform as a spec would say it."""
    model = find("transforms", name).Options
    return TransformUse(name=name, options=model.model_validate(options), enabled=enabled)


@dataclass
class Result:
    """An outcome as plain values. ``rows`` are without provenance, ``refused`` with reasons."""

    outcome: pipeline.Outcome
    rows: list[dict[str, Any]]
    numbers: list[int | None]
    refused: list[dict[str, Any]]

    @property
    def ledgers(self) -> list[dict[str, Any]]:
        """The ledgers without zeros."""
        return [
            ledger.model_dump(exclude={"kind"}, exclude_defaults=True)
            for ledger in self.outcome.ledgers
        ]

    @property
    def last(self) -> TransformLedger:
        """The ledger of the last transform."""
        return self.outcome.ledgers[-1]

    @property
    def types(self) -> dict[str, str]:
        """Column types as planned."""
        return {column.name: column.type for column in self.outcome.columns}

    @property
    def edges(self) -> set[tuple[str, str, str | None, str]]:
        """Column edges: source, its column, target column, kind."""
        return {
            (edge.source, edge.source_column, edge.target_column, edge.kind)
            for edge in self.outcome.lineage
            if edge.source_column is not None
        }

    def column(self, name: str) -> list[Any]:
        """The values of a column, in order of the received rows."""
        return [row[name] for row in self.rows]


Runner = Callable[..., Result]


@pytest.fixture(scope="session")
def backend() -> Iterator[ibis.BaseBackend]:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2")
    yield connection  # never closed: cached tables drop themselves when they are collected


@pytest.fixture
def table(backend: ibis.BaseBackend) -> Callable[..., ibis.Table]:
    """A table of these rows; columns that are null throughout are text."""

    def make(rows: Sequence[Mapping[str, Any]], *, like: Sequence[str] = ()) -> ibis.Table:
        names = list(rows[0]) if rows else list(like)
        arrays = {}
        for name in names:
            array = pa.array([row[name] for row in rows])
            arrays[name] = array.cast(pa.string()) if pa.types.is_null(array.type) else array
        data = ibis.memtable(pa.table(arrays))
        return backend.create_table(ibis.util.gen_name("given"), data, temp=True)

    return make


@pytest.fixture
def run(table: Callable[..., ibis.Table]) -> Runner:
    """Run transforms over rows that get provenance, and check that nothing is lost."""

    def go(
        rows: Sequence[Mapping[str, Any]],
        *uses: TransformUse,
        datasets: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        like: Sequence[str] = (),
        **context: Any,
    ) -> Result:
        given = [
            {SOURCE: "in.csv", ROW: number, RUN: "run"} | dict(row)
            for number, row in enumerate(rows, start=2)
        ]
        others = {name: table(each) for name, each in (datasets or {}).items()}
        base = table(given, like=[*PROVENANCE, *like])
        if not rows:
            base = base.cast({ROW: "int64"})
        outcome = pipeline.run(base, uses, Context("target", resolve=others.__getitem__, **context))
        return read(outcome, len(given))

    return go


def read(outcome: pipeline.Outcome, received: int) -> Result:
    """The outcome as plain values, after checking it against its ledgers and its plan."""
    found = outcome.table.to_pyarrow().to_pylist()
    found.sort(key=lambda row: (row.get(ROW, 0), json.dumps(row, default=str)))
    refused = []
    if outcome.quarantined is not None:
        refused = outcome.quarantined.order_by(ROW).to_pyarrow().to_pylist()
        for row in refused:
            row["reasons"] = json.loads(row["reasons"])
            row["values"] = json.loads(row["values"])
    rows_in = received
    for ledger in outcome.ledgers:
        ledger.check()
        assert ledger.rows_in == rows_in
        rows_in = ledger.rows_out
    assert rows_in == len(found)
    assert sum(ledger.quarantined for ledger in outcome.ledgers) == len(refused)
    names = [name for name in outcome.table.columns if name not in PROVENANCE]
    assert names == [column.name for column in outcome.columns]
    assert pipeline.columns_of(outcome.table.drop(*set(PROVENANCE) & set(outcome.table.columns)))
    types = {column.name: column.type for column in pipeline.columns_of(outcome.table)}
    assert types == {column.name: column.type for column in outcome.columns}
    return Result(
        outcome,
        [{name: row[name] for name in names} for row in found],
        [row.get(ROW) for row in found],
        refused,
    )


@pytest.fixture(name="use")
def use_fixture() -> Callable[..., TransformUse]:
    return use


#: Stands for the value of a row that was refused.
BAD = "refused"


@pytest.fixture
def check(run: Runner) -> Callable[..., None]:
    """Cast a column and compare with what each text is to be read as, or ``BAD``."""

    def go(cases: Sequence[tuple[str | None, Any]], **cast: Any) -> None:
        rows = [{"x": text} for text, _ in cases]
        result = run(rows, use("type_cast", columns={"x": cast}))
        found = dict(zip(result.numbers, result.column("x"), strict=True))
        read = [found.get(number, BAD) for number in range(2, len(cases) + 2)]
        assert read == [value for _, value in cases]
        assert result.types == {"x": str(parse_type(cast["type"]))}

    return go
