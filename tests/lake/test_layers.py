"""Layers: what a publish does to rows, against plain Python."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.lake.staging import rows, stage
from workbench.config import Settings
from workbench.errors import KeyViolation, LakeError
from workbench.lake import merging
from workbench.lake.layers import DeltaLayer
from workbench.model.dataset import Column

Row = dict[str, Any]


@pytest.fixture
def layer(settings: Settings) -> DeltaLayer:
    return DeltaLayer(settings, "budget", "silver")


def row(number: int, name: str | None = "a", amount: str | None = "1.00", **more: Any) -> Row:
    value = None if amount is None else Decimal(amount)
    return {
        "id": number,
        "name": name,
        "amount": value,
        "_source": "f.csv",
        "_row": number,
        "_run": "r",
        **more,
    }


def counts(ledger: Any) -> dict[str, int]:
    names = ("candidate", "inserted", "updated", "unchanged", "before", "deleted", "after")
    return {name: getattr(ledger, name) for name in names if getattr(ledger, name)}


def test_merge_counts_and_keeps(layer: DeltaLayer, tmp_path: Path) -> None:
    first = layer.publish(
        stage(tmp_path, [row(1), row(2, None), row(3, "c", None)]),
        mode="merge",
        key=("id",),
        run_id="r1",
    )
    assert counts(first.ledger) == {"candidate": 3, "inserted": 3, "after": 3}
    second = layer.publish(
        stage(tmp_path, [row(2, "b"), row(3, "c", None), row(4)]),
        mode="merge",
        key=("id",),
        run_id="r2",
    )
    assert counts(second.ledger) == {
        "candidate": 3,
        "inserted": 1,
        "updated": 1,
        "unchanged": 1,
        "before": 3,
        "after": 4,
    }
    assert rows(layer) == sorted([row(1), row(2, "b"), row(3, "c", None), row(4)], key=repr)
    assert rows(layer, first.ref.version) == [row(1), row(2, None), row(3, "c", None)]
    assert second.ref.rows == 4
    assert second.ref.fingerprint == layer.fingerprint()


def test_null_against_value_is_a_change_and_null_against_null_is_none(
    layer: DeltaLayer, tmp_path: Path
) -> None:
    layer.publish(
        stage(tmp_path, [row(1, None), row(2, "x"), row(3, None)]),
        mode="merge",
        key=("id",),
        run_id="r1",
    )
    ledger = layer.publish(
        stage(tmp_path, [row(1, "x"), row(2, None), row(3, None)]),
        mode="merge",
        key=("id",),
        run_id="r2",
    ).ledger
    assert (ledger.updated, ledger.unchanged) == (2, 1)


def test_provenance_alone_is_no_change(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1)]), mode="merge", key=("id",), run_id="r1")
    again = row(1, _source="g.csv", _row=9, _run="r2")
    done = layer.publish(stage(tmp_path, [again]), mode="merge", key=("id",), run_id="r2")
    assert counts(done.ledger) == {"candidate": 1, "unchanged": 1, "before": 1, "after": 1}
    assert rows(layer) == [row(1)]
    assert done.ref.version == 2  # an empty commit: the publish has a version all the same


def test_only_compared_columns_make_a_change(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1), row(2)]), mode="merge", key=("id",), run_id="r1")
    ledger = layer.publish(
        stage(tmp_path, [row(1, "other"), row(2, "other", "9.00")]),
        mode="merge",
        key=("id",),
        compare=("amount",),
        run_id="r2",
    ).ledger
    assert (ledger.updated, ledger.unchanged) == (1, 1)
    assert rows(layer) == [row(1), row(2, "other", "9.00")]


@pytest.mark.parametrize("seed", range(3))
def test_merges_against_a_serial_oracle(layer: DeltaLayer, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    truth: dict[int, Row] = {}
    for turn in range(6):
        batch = {
            number: row(
                number,
                chance.choice(["a", "b", None]),
                chance.choice(["1.00", "2.50", None]),
                _run=f"r{turn}",
            )
            for number in chance.sample(range(30), chance.randrange(1, 20))
        }
        same = ("id", "name", "amount")
        inserted = [n for n in batch if n not in truth]
        updated = [n for n in batch if n in truth and any(batch[n][c] != truth[n][c] for c in same)]
        ledger = layer.publish(
            stage(tmp_path, list(batch.values())), mode="merge", key=("id",), run_id=f"r{turn}"
        ).ledger
        assert (ledger.inserted, ledger.updated) == (len(inserted), len(updated))
        assert ledger.unchanged == len(batch) - len(inserted) - len(updated)
        truth |= {n: batch[n] for n in (*inserted, *updated)}
        assert rows(layer) == sorted(truth.values(), key=repr)


def test_null_and_duplicate_keys_are_refused_with_examples(
    layer: DeltaLayer, tmp_path: Path
) -> None:
    layer.publish(stage(tmp_path, [row(1)]), mode="merge", key=("id",), run_id="r1")
    nulls = stage(tmp_path, [row(1), {**row(7), "id": None}])
    with pytest.raises(KeyViolation, match=r"1 row has a null key \(id\).*_source=f.csv, _row=7"):
        layer.publish(nulls, mode="merge", key=("id",), run_id="r2")
    doubled = stage(tmp_path, [row(5), row(5, _row=6), row(8), row(8, _row=9)])
    with pytest.raises(KeyViolation, match=r"4 rows have .* more than once") as caught:
        layer.publish(doubled, mode="merge", key=("id",), run_id="r2")
    assert all(f"_row={n}" in caught.value.message for n in (5, 6, 8, 9))
    assert rows(layer) == [row(1)]
    assert layer.version() == 1
    assert len(list(layer.folder.glob("*.parquet"))) == 1


def test_a_key_that_does_not_fit_what_is_published(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1), row(2)]), mode="append", run_id="r1")
    with pytest.raises(KeyViolation, match="--full"):
        layer.publish(stage(tmp_path, [row(3)]), mode="merge", key=("name",), run_id="r2")


def test_append_adds_and_a_redelivered_file_replaces_its_rows(
    layer: DeltaLayer, tmp_path: Path
) -> None:
    first = [row(1), row(2), row(3, _source="g.csv")]
    layer.publish(stage(tmp_path, first), mode="append", run_id="r1")
    done = layer.publish(stage(tmp_path, [row(1, "new")]), mode="append", run_id="r2")
    assert counts(done.ledger) == {
        "candidate": 1,
        "inserted": 1,
        "before": 3,
        "deleted": 2,
        "after": 2,
    }
    assert rows(layer) == sorted([row(1, "new"), row(3, _source="g.csv")], key=repr)


def test_mended_rows_replace_only_themselves(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1), row(2)]), mode="append", run_id="r1")
    mended = stage(tmp_path, [row(2, "mended"), row(5)])
    ledger = layer.publish(mended, mode="append", run_id="r2", replace_rows=True).ledger
    assert (ledger.inserted, ledger.deleted, ledger.after) == (2, 1, 3)
    assert rows(layer) == [row(1), row(2, "mended"), row(5)]


def test_replace_takes_columns_away(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1), row(2)]), mode="merge", key=("id",), run_id="r1")
    done = layer.publish(
        stage(tmp_path, [{"id": 9, "note": "n"}]), mode="replace", key=("id",), run_id="r2"
    )
    assert counts(done.ledger) == {
        "candidate": 1,
        "inserted": 1,
        "before": 2,
        "deleted": 2,
        "after": 1,
    }
    assert [column.name for column in layer.schema()] == ["id", "note"]
    assert [column.name for column in layer.schema(1)][:3] == ["id", "name", "amount"]
    assert rows(layer) == [{"id": 9, "note": "n"}]


def test_new_columns_are_added_and_missing_ones_keep_their_values(
    layer: DeltaLayer, tmp_path: Path
) -> None:
    layer.publish(stage(tmp_path, [row(1), row(2)]), mode="merge", key=("id",), run_id="r1")
    grown = stage(tmp_path, [row(2, region="Ñuble")])
    described = [Column(name="region", original="Región", description="where")]
    layer.publish(grown, mode="merge", key=("id",), columns=described, run_id="r2")
    assert rows(layer) == [row(1, region=None), row(2, region="Ñuble")]
    region = layer.schema()[-1]
    assert (region.original, region.description) == ("Región", "where")
    partly = stage(tmp_path, [{"id": 2, "name": "z"}, {"id": 3, "name": "y"}])
    layer.publish(partly, mode="merge", key=("id",), run_id="r3")
    found = {r["id"]: r for r in rows(layer)}
    assert (found[2]["name"], found[2]["region"], found[2]["amount"]) == (
        "z",
        "Ñuble",
        Decimal("1.00"),
    )
    assert found[3]["region"] is None


def test_a_column_of_another_type_is_refused(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1)]), mode="merge", key=("id",), run_id="r1")
    path = tmp_path / "wrong.parquet"
    pq.write_table(pa.table({"id": [1], "amount": ["text"]}), path)
    with pytest.raises(LakeError, match=r"'amount' is decimal\(18,2\).*text"):
        layer.publish([path], mode="merge", key=("id",), run_id="r3")


def test_columns_named_like_our_aliases(layer: DeltaLayer, tmp_path: Path) -> None:
    odd = {"id": 1, "r": "x", "c": "y", 'qu"ote': "z", "select": "s", "file": "f"}
    layer.publish(stage(tmp_path, [odd]), mode="merge", key=("id",), run_id="r1")
    layer.publish(stage(tmp_path, [{**odd, "r": "n"}]), mode="merge", key=("id",), run_id="r2")
    assert rows(layer) == [{**odd, "r": "n"}]


def test_no_rows_at_all(layer: DeltaLayer, tmp_path: Path) -> None:
    empty = stage(tmp_path, [], ["id", "name"])
    done = layer.publish(empty, mode="merge", key=("id",), run_id="r1")
    assert (done.ref.rows, rows(layer)) == (0, [])
    assert layer.publish([], mode="append", run_id="r2").ref.rows == 0
    layer.publish(stage(tmp_path, [{"id": 1, "name": "a"}]), mode="append", run_id="r3")
    assert layer.publish(empty, mode="replace", run_id="r4").ledger.deleted == 1


def test_every_type_comes_back(layer: DeltaLayer, tmp_path: Path) -> None:
    query = (
        "SELECT 1::BIGINT AS i, 1.5::DECIMAL(38,10) AS m, 2.5::DOUBLE AS d, true AS b,"
        " DATE '2024-02-29' AS day, TIMESTAMP '2024-01-01 12:00:00.123456' AS at,"
        " TIME '23:59:59.5' AS t, TIMESTAMPTZ '2024-01-01 00:00:00-03' AS z, 'ñ' AS s,"
        " 7::SMALLINT AS small"
    )
    path = tmp_path / "types.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        layer.publish([path], mode="replace", run_id="r1")
        layer.publish([path], mode="merge", key=("i",), run_id="r2")
        found = connection.execute(layer.scan()).fetchall()
        described = connection.execute(f"DESCRIBE {layer.scan()}").fetchall()
        wanted = connection.execute(
            f"SELECT * REPLACE (TIMESTAMP '2024-01-01 03:00:00' AS z) FROM ({query})"
        ).fetchall()
    assert found == wanted
    assert [row[1] for row in described] == [
        *("BIGINT", "DECIMAL(38,10)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIME"),
        *("TIMESTAMP", "VARCHAR", "BIGINT"),
    ]


def test_small_files_are_swept_up(layer: DeltaLayer, tmp_path: Path) -> None:
    for turn in range(merging._SMALL_FILES + 5):
        layer.publish(stage(tmp_path, [row(turn)]), mode="merge", key=("id",), run_id=f"r{turn}")
    assert len(layer.files()) <= merging._SMALL_FILES
    assert [r["id"] for r in rows(layer)] == sorted(range(turn + 1), key=lambda n: repr(row(n)))


def test_fingerprint_is_of_the_content(settings: Settings, tmp_path: Path) -> None:
    content = [row(n, str(n)) for n in range(50)]
    marks = set()
    for turn, order in enumerate((content, content[::-1])):
        layer = DeltaLayer(settings, f"d{turn}", "gold")
        other_run = [{**each, "_run": f"run{turn}"} for each in order]
        marks.add(
            layer.publish(stage(tmp_path, other_run), mode="replace", run_id="r").ref.fingerprint
        )
    assert len(marks) == 1
    changed = [*content[1:], row(0, "other")]
    mark = layer.publish(stage(tmp_path, changed), mode="replace", run_id="r2").ref.fingerprint
    assert mark not in marks


def test_vacuum_keeps_what_is_in_use(layer: DeltaLayer, tmp_path: Path) -> None:
    for turn in range(4):
        layer.publish(stage(tmp_path, [row(1, str(turn))]), mode="replace", run_id=f"r{turn}")
    orphan = layer.folder / "r9-orphan.parquet"
    orphan.write_bytes(b"left by a loser")
    assert layer.vacuum(1) == []  # younger than an hour: somebody may be about to commit it
    removed = layer.vacuum(0, keep_versions=[2])
    assert orphan.name in removed
    assert rows(layer, 2) == [row(1, "1")]
    assert rows(layer) == [row(1, "3")]
    assert not Path(layer.folder / removed[0]).exists()
    layer.publish(stage(tmp_path, [row(1, "after")]), mode="replace", run_id="r8")
    assert rows(layer) == [row(1, "after")]


def test_an_empty_layer_says_what_to_do(layer: DeltaLayer) -> None:
    assert layer.version() is None
    with pytest.raises(LakeError, match="the silver layer is empty") as caught:
        layer.ref()
    assert "workbench run budget" in (caught.value.remedy or "")
    assert layer.vacuum(0) == []
    assert layer.fence_commit(3) is None


def test_values_that_do_not_fit_are_refused(layer: DeltaLayer, tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    duckdb.sql(f"COPY (SELECT 18446744073709551615::UBIGINT AS id) TO '{path}' (FORMAT parquet)")
    with pytest.raises(LakeError, match="18446744073709551615"):
        layer.publish([path], mode="replace", run_id="r1")
    nested = tmp_path / "nested.parquet"
    duckdb.sql(f"COPY (SELECT [1, 2] AS many) TO '{nested}' (FORMAT parquet)")
    with pytest.raises(LakeError, match=r"'many' is INTEGER\[\]"):
        layer.publish([nested], mode="replace", run_id="r1")
    assert layer.version() in (None, 0)


def test_a_damaged_file_is_named(layer: DeltaLayer, tmp_path: Path) -> None:
    layer.publish(stage(tmp_path, [row(1)]), mode="merge", key=("id",), run_id="r1")
    damaged = Path(layer.files()[0])
    damaged.write_bytes(b"PAR1 nothing of use PAR1")
    with pytest.raises(LakeError, match=damaged.name):
        layer.publish(stage(tmp_path, [row(2)]), mode="merge", key=("id",), run_id="r2")
    assert layer.version() == 1
