"""What every destination does the same: strategies, ledgers, once, whole or not at all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.destinations.conftest import Target
from tests.destinations.requests import COLUMNS, KEY, oracle, request, row, table
from workbench.destinations.loading import load
from workbench.errors import DestinationError, FenceRefused, KeyViolation
from workbench.model.dataset import Column

STRATEGIES = ("append", "truncate_insert", "delete_insert", "upsert")


def counts(ledger: Any) -> dict[str, int]:
    return {name: getattr(ledger, name) for name in ("inserted", "updated", "unchanged", "deleted")}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategies_against_a_serial_oracle(target: Target, strategy: str) -> None:
    chance = random.Random(strategy)
    truth: list[Any] = []
    free = [(p, m) for p in "abcd" for m in range(1, 5)]
    chance.shuffle(free)
    for turn in range(5):
        if strategy == "append":
            keys = [free.pop() for _ in range(3)]
        else:
            keys = chance.sample([(p, m) for p in "abcd" for m in range(1, 5)], 7)
        rows = [
            row(*key, chance.choice(["1.00", "2.00", None]), chance.choice(["x", None]))
            for key in keys
        ]
        on = ("program",) if strategy == "delete_insert" and turn % 2 else ()
        done = target.destination.load(request(rows, f"run-{turn}", strategy=strategy, on=on))
        before = len(truth)
        truth, expected = oracle(truth, rows, strategy, on)
        assert counts(done) == expected
        assert (done.candidate, done.before, done.after) == (len(rows), before, len(truth))
        assert target.rows() == sorted(truth, key=repr)


def test_null_safe_comparison(target: Target) -> None:
    target.destination.load(request([row("a", 1, None), row("a", 2, "2.00"), row("a", 3, None)]))
    ledger = target.destination.load(
        request([row("a", 1, "1.00"), row("a", 2, None), row("a", 3, None)], "run-2")
    )
    assert counts(ledger) == {"inserted": 0, "updated": 2, "unchanged": 1, "deleted": 0}


def test_delete_insert_takes_null_for_null(target: Target) -> None:
    more = {"strategy": "delete_insert", "on": ("note",), "key": ()}
    rows = [row("a", 1, note=None), row("b", 1, note="x"), row("c", 1, note="y")]
    target.destination.load(request(rows, **more))
    ledger = target.destination.load(request([row("d", 1), row("e", 1, note="y")], "run-2", **more))
    assert (ledger.deleted, ledger.inserted) == (2, 2)
    assert [r[0] for r in target.rows()] == ["b", "d", "e"]


def test_only_compared_columns_update(target: Target) -> None:
    target.destination.load(request([row("a", 1, note="x"), row("a", 2, note="x")]))
    rows = [row("a", 1, note="y"), row("a", 2, "5.00", note="y")]
    ledger = target.destination.load(request(rows, "run-2", compare=("amount",)))
    assert (ledger.updated, ledger.unchanged) == (1, 1)
    assert target.rows() == [row("a", 1, note="x"), row("a", 2, "5.00", note="y")]


def test_the_same_run_loads_once(target: Target) -> None:
    first = target.destination.load(request([row("a", 1)], strategy="append", fence=1))
    again = target.destination.load(request([row("a", 1)], strategy="append", fence=2))
    assert again == first
    assert target.rows() == [row("a", 1)]
    target.destination.load(request([row("a", 2)], "run-2", strategy="append", fence=3))
    assert target.destination.load(request([row("a", 1)], fence=4)) == first
    assert len(target.rows()) == 2


def test_a_lower_fence_is_refused(target: Target) -> None:
    target.destination.load(request([row("a", 1)], fence=5))
    with pytest.raises(FenceRefused, match="fence 5"):
        target.destination.load(request([row("a", 2)], "run-2", fence=4))
    target.destination.raise_fence(None, "budget", 7)
    with pytest.raises(FenceRefused, match="fence 7"):
        target.destination.load(request([row("a", 2)], "run-2", fence=6))
    assert target.rows() == [row("a", 1)]
    target.destination.load(request([row("a", 2)], "run-2", fence=7))
    other = request([row("z", 9)], "run-3", fence=1, table="other")
    target.destination.load(other)  # fences are of one table


def test_dying_before_the_commit_changes_nothing(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.destination.load(request([row("a", 1)]))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    wider = (*COLUMNS, Column(name="extra", type="text"))
    for strategy in STRATEGIES:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(load, "_record", dies)
            target.destination.load(
                request([row("b", 2)], "run-2", strategy=strategy, columns=wider)
            )
        assert target.rows() == [row("a", 1)]
    assert len(target.destination.inspect(None, "budget").columns) == len(COLUMNS)
    target.destination.load(request([row("b", 2)], "run-2"))
    assert len(target.rows()) == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_null_and_duplicate_keys_are_refused(target: Target, strategy: str) -> None:
    target.destination.load(request([row("a", 1)]))
    with pytest.raises(KeyViolation, match=r"1 row has a null key .*program=None, month=2"):
        target.destination.load(request([row(None, 2)], "run-2", strategy=strategy))
    with pytest.raises(KeyViolation, match=r"2 rows have .* more than once.*program=b, month=3"):
        rows = [row("b", 3), row("b", 3, "2.00"), row("c", 3)]
        target.destination.load(request(rows, "run-2", strategy=strategy))
    assert target.rows() == [row("a", 1)]


def test_keys_that_are_there_already(target: Target) -> None:
    target.destination.load(request([row("a", 1), row("b", 1), row("a", 2)]))
    with pytest.raises(KeyViolation, match=r"program=a, month=1") as caught:
        target.destination.load(request([row("a", 1), row("c", 1)], "run-2", strategy="append"))
    assert "upsert" in (caught.value.remedy or "")
    with pytest.raises(KeyViolation, match=r"in the table already: .*program=b, month=1"):
        rows = [row("b", 1, note="x"), row("a", 2, note="x")]
        target.destination.load(request(rows, "run-3", strategy="delete_insert", on=("note",)))
    assert len(target.rows()) == 3


def test_created_tables_say_what_they_are(target: Target) -> None:
    destination = target.destination
    assert destination.inspect(None, "budget") is None
    assert not destination.has(None, "budget")
    sentences = destination.changes(None, "budget", COLUMNS, KEY)
    assert len(sentences) == 1
    assert sentences[0].endswith("budget (4 columns, key program, month)")
    assert destination.inspect(None, "budget") is None  # asking touches nothing
    destination.load(request([row("a", 1)]))
    assert destination.has(None, "budget") and not destination.has(None, "budgets")
    state = destination.inspect(None, "budget")
    assert state.primary_key == KEY
    assert state.rows == 1
    assert [(c.name, c.type) for c in state.columns] == [(c.name, c.type) for c in COLUMNS]
    assert state.columns[0].description == "Programa presupuestario"
    assert destination.changes(None, "budget", COLUMNS, KEY) == ()


def test_tables_grow_where_that_is_safe(target: Target) -> None:
    target.destination.load(request([row("a", 1, "1.00")]))
    wider = (*COLUMNS[:2], COLUMNS[2].model_copy(update={"type": "decimal(20,4)"}), COLUMNS[3])
    grown = (*wider, Column(name="region", type="text"), Column(name="n", type="number"))
    sentences = target.destination.changes(None, "budget", grown, KEY)
    assert len(sentences) == 3
    assert "decimal(20,4)" in sentences[0] and "add column region text" in sentences[1]
    more = table([row("b", 1, "2.00")]).append_column("region", pa.array(["Ñuble"]))
    target.destination.load(request([], "run-2", columns=grown, candidate=more))
    found = target.rows(columns="program, amount, region, n")
    assert [(r[0], r[2], r[3]) for r in found] == [("a", None, None), ("b", "Ñuble", None)]
    assert str(found[1][1]) == "2.0000"
    # fewer and narrower columns than the table has: used as it is
    assert target.destination.changes(None, "budget", COLUMNS, KEY) == ()
    target.destination.load(request([row("a", 1, "9.00")], "run-3"))


def test_columns_that_do_not_fit_are_refused(target: Target) -> None:
    target.destination.load(request([row("a", 1)]))
    narrow = (*COLUMNS[:3], Column(name="note", type="integer"))
    for ask in (
        lambda: target.destination.changes(None, "budget", narrow, KEY),
        lambda: target.destination.load(request([], "run-2", columns=narrow)),
    ):
        with pytest.raises(
            DestinationError, match=r"'note' is .* integer in the dataset"
        ) as caught:
            ask()
        assert "cast it to text" in (caught.value.remedy or "")
    with pytest.raises(DestinationError, match=r"primary key is \(program, month\)"):
        target.destination.load(request([row("a", 1)], "run-2", key=("program",)))


def test_requests_that_make_no_sense(target: Target) -> None:
    with pytest.raises(DestinationError, match="upsert needs a key"):
        target.destination.load(request([row("a", 1)], key=()))
    with pytest.raises(DestinationError, match="delete_insert needs"):
        target.destination.load(request([row("a", 1)], key=(), strategy="delete_insert"))
    with pytest.raises(DestinationError, match="not loaded: nada"):
        target.destination.load(request([row("a", 1)], compare=("nada",)))
    assert target.destination.inspect(None, "budget") is None


def test_every_type_and_odd_names(target: Target, tmp_path: Path) -> None:
    kinds = {
        "select": ("text", "'ñ''; DROP TABLE x'"),
        'qu"ote': ("integer", "9223372036854775807"),
        "r": ("decimal(38,10)", "1.5000000001"),
        "__row": ("number", "2.5"),
        "Año": ("boolean", "true"),
        "day": ("date", "DATE '2024-02-29'"),
        "at": ("timestamp", "TIMESTAMP '2024-01-01 12:00:00.123456'"),
        "t": ("time", "TIME '23:59:59.5'"),
        "zoned": ("timestamp", "TIMESTAMPTZ '2024-01-01 00:00:00-03'"),
    }
    columns = tuple(Column(name=name, type=kind) for name, (kind, _) in kinds.items())
    terms = [value + ' AS "' + name.replace('"', '""') + '"' for name, (_, value) in kinds.items()]
    path = tmp_path / "types.parquet"
    duckdb.sql(f"COPY (SELECT {', '.join(terms)}) TO '{path}' (FORMAT parquet)")
    key = ("select", 'qu"ote')
    for run in ("run-1", "run-2"):
        ledger = target.destination.load(
            request([], run, columns=columns, key=key, candidate=[path])
        )
    assert ledger.unchanged == 1
    (found,) = target.rows()
    wanted = duckdb.sql(
        f"SELECT * REPLACE (TIMESTAMP '2024-01-01 03:00:00' AS zoned) FROM '{path}'"
    ).fetchall()[0]
    assert found == wanted
    assert target.destination.changes(None, "budget", columns, key) == ()


def test_candidates_of_files_of_several_shapes_and_a_filter(target: Target, tmp_path: Path) -> None:
    paths = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    pq.write_table(table([row("a", 1), row("b", 1)]).drop_columns(["note"]), paths[0])
    pq.write_table(table([row("c", 1, note="n")]), paths[1])
    ledger = target.destination.load(
        request([], candidate=paths, where="\"program\" <> 'b'", strategy="append")
    )
    assert ledger.inserted == 2
    assert target.rows() == [row("a", 1), row("c", 1, note="n")]
    assert target.destination.load(request([], "run-2", candidate=[])).candidate == 0


def test_check_finds_the_target_usable(target: Target) -> None:
    target.destination.check()
    assert target.destination.location
    assert target.destination.capabilities.transactional_ddl
