"""Bronze: one batch a run, columns as received."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.lake.staging import rows
from workbench.config import Settings
from workbench.errors import LakeError
from workbench.lake import parquet
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import Column

MONTO = Column(name="monto", original="Monto ($)")


@pytest.fixture
def bronze(settings: Settings) -> DeltaLayer:
    return DeltaLayer(settings, "budget", "bronze")


def batch(*values: str | None, run: str = "r1", name: str = "monto") -> pa.Table:
    count = len(values)
    return pa.table(
        {
            "_source": ["f.csv"] * count,
            "_row": range(1, count + 1),
            "_run": [run] * count,
            name: pa.array(values, pa.string()),
        }
    )


def test_batches_are_kept_apart(bronze: DeltaLayer) -> None:
    bronze.append(batch("1,5", None), run_id="r1", columns=[MONTO])
    ref = bronze.append(batch("2", run="r2"), run_id="r2", columns=[MONTO])
    assert (ref.rows, ref.layer) == (3, "bronze")
    assert len(bronze.files()) == 2
    assert len(bronze.files(run_id="r2")) == 1
    assert bronze.files(run_id="r") == []
    assert [r["monto"] for r in rows(bronze, 1)] == ["1,5", None]


def test_a_large_batch_is_written_by_several_threads(
    bronze: DeltaLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 10)
    monkeypatch.setattr(parquet, "_MANY_ROWS", 20)
    monkeypatch.setattr(pa, "cpu_count", lambda: 3)
    values = [str(number) for number in range(95)]
    ref = bronze.append([batch("first"), batch(*values)], run_id="r1", columns=[MONTO])
    assert ref.rows == 96
    assert len(bronze.files()) == 4, "the small batch, and a file for each thread"
    kept = [r["monto"] for r in rows(bronze)]
    assert sorted(kept) == sorted(["first", *values])
    again = bronze.append(batch(*values), run_id="r1", columns=[MONTO])
    assert (again.rows, len(bronze.files())) == (95, 3), "all of them belong to the run"


def test_the_same_run_again_replaces_its_batch(bronze: DeltaLayer) -> None:
    bronze.append(batch("1"), run_id="a run with spaces/and slashes", columns=[MONTO])
    ref = bronze.append(batch("1", "2"), run_id="a run with spaces/and slashes", columns=[MONTO])
    assert ref.rows == 2
    assert [r["monto"] for r in rows(bronze)] == ["1", "2"]


def test_new_columns_are_added_with_their_headers(bronze: DeltaLayer) -> None:
    bronze.append(batch("1"), run_id="r1", columns=[MONTO])
    year = Column(name="ano", original="Año")
    bronze.append(batch("2024", run="r2", name="ano"), run_id="r2", columns=[year])
    assert [(c.name, c.original) for c in bronze.schema()][3:] == [
        ("monto", "Monto ($)"),
        ("ano", "Año"),
    ]
    assert [(r["monto"], r["ano"]) for r in rows(bronze)] == [("1", None), (None, "2024")]


def test_rebuilding_replaces_rows_and_columns(bronze: DeltaLayer) -> None:
    bronze.append(batch("1"), run_id="r1", columns=[MONTO])
    ref = bronze.replace(
        [batch("x", name="otro"), batch("y", name="otro")],
        run_id="r2",
        columns=[Column(name="otro")],
    )
    assert [c.name for c in ref.columns] == ["_source", "_row", "_run", "otro"]
    assert [r["otro"] for r in rows(bronze)] == ["x", "y"]


def test_undeclared_columns_are_refused(bronze: DeltaLayer) -> None:
    with pytest.raises(LakeError, match="otro"):
        bronze.append(batch("1", name="otro"), run_id="r1", columns=[MONTO])
    assert bronze.files() == []
