"""A dry run foresees the load: the same ledger, the same refusals, and nothing is touched."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.destinations.conftest import Target
from tests.destinations.requests import COLUMNS, KEY, request, row
from workbench.destinations.loading.capabilities import STRATEGIES, Capabilities
from workbench.errors import DestinationError, KeyViolation, TargetMoved, WorkbenchError
from workbench.model.dataset import Column


def foreseen(target: Target, given: Any) -> Any:
    """The forecast of a request; the target is as it was afterwards."""
    before = target.destination.inspect(given.schema, given.table)
    found = target.destination.dry_run(given)
    assert target.destination.inspect(given.schema, given.table) == before
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_ledger_is_the_one_of_the_load(target: Target, strategy: str) -> None:
    chance = random.Random(f"dry {strategy}")
    keys = [(p, m) for p in "abcd" for m in range(1, 5)]
    free = chance.sample(keys, len(keys))
    for turn in range(4):
        chosen = free[turn * 3 :][:3] if strategy == "append" else chance.sample(keys, 7)
        rows = [
            row(*key, chance.choice(["1.00", "2.00", None]), chance.choice(["x", None]))
            for key in chosen
        ]
        on = ("program",) if strategy == "delete_insert" and turn % 2 else ()
        more = {"strategy": strategy, "on": on, "compare": ("amount",) if turn == 2 else ()}
        given = request(rows, f"run-{turn}", **more)
        forecast = foreseen(target, given)
        assert forecast.refusal == ""
        assert forecast.ledger == target.destination.load(given)
        if strategy in ("append", "upsert"):
            assert forecast.kept is None
        elif turn:
            assert 0 <= forecast.kept <= forecast.ledger.deleted


def test_null_and_value_differ(target: Target) -> None:
    target.destination.load(request([row("a", 1, None), row("a", 2, "2.00"), row("a", 3, None)]))
    given = request([row("a", 1, "1.00"), row("a", 2, None), row("a", 3, None)], "run-2")
    ledger = foreseen(target, given).ledger
    assert (ledger.inserted, ledger.updated, ledger.unchanged) == (0, 2, 1)


def test_rows_that_are_deleted_and_come_again_are_told(target: Target) -> None:
    target.destination.load(request([row("a", 1), row("b", 1), row("c", 1, "3.00")]))
    given = request(
        [row("a", 1), row("c", 1, "9.00"), row("d", 1)], "2", strategy="truncate_insert"
    )
    found = foreseen(target, given)
    assert (found.ledger.deleted, found.ledger.inserted, found.kept) == (3, 3, 1)


def test_what_is_created_is_said_and_written_out(target: Target) -> None:
    found = foreseen(target, request([row("a", 1)]))
    assert found.before == 0
    assert "create table" in found.changes[0]
    if target.name == "parquet":
        assert found.statements == ()
        assert "version 1" in found.changes[-1]
        return
    text = "\n".join(found.statements)
    for said in ("CREATE TABLE", "_workbench_loads", "COMMENT ON COLUMN", "ADD PRIMARY KEY"):
        assert said in text
    target.destination.load(request([row("a", 1)]))
    again = foreseen(target, request([row("a", 2)], "run-2"))
    assert (again.statements, again.changes) == ((), ())


def test_columns_that_would_be_added_or_widened_compare_as_they_will_be(target: Target) -> None:
    narrow = tuple(each for each in COLUMNS if each.name != "note")
    narrow = tuple(
        each.model_copy(update={"type": "integer"}) if each.name == "amount" else each
        for each in narrow
    )
    first = request([row("a", 1, "1.00"), row("a", 2, "2.00")])
    target.destination.load(replace(first, columns=narrow))
    wide = tuple(
        each.model_copy(update={"type": "decimal(21,2)"}) if each.name == "amount" else each
        for each in COLUMNS
    )
    rows = [row("a", 1, "1.00"), row("a", 2, "2.00", "x"), row("a", 3)]
    given = request(rows, "run-2", columns=wide)
    found = foreseen(target, given)
    assert (found.ledger.inserted, found.ledger.updated, found.ledger.unchanged) == (1, 1, 1)
    assert any("add column note" in said for said in found.changes)
    assert any("change column amount" in said for said in found.changes)
    assert found.ledger == target.destination.load(given)


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ([row("a", 1), row("a", 1)], {}),
        ([row(None, 1)], {}),
        ([row("a", 1)], {"strategy": "append"}),
        ([row("a", 9)], {"key": ("program",)}),
        ([row("a", 9)], {"columns": (*COLUMNS[:2], Column(name="amount", type="date"))}),
        ([row("a", 9)], {"key": (), "strategy": "upsert"}),
    ],
    ids=["repeated", "null", "collision", "other-key", "other-type", "no-key"],
)
def test_what_the_load_refuses_is_foreseen(
    target: Target, rows: list[Any], more: dict[str, Any]
) -> None:
    target.destination.load(request([row("a", 1)]))
    given = request(rows, "run-2", **more)
    found = foreseen(target, given)
    if target.name == "parquet" and more.get("key") == ():  # a folder knows the key of its table
        assert found.ledger == target.destination.load(given)
        return
    assert found.ledger is None
    with pytest.raises(DestinationError) as caught:
        target.destination.load(given)
    assert (found.refusal, found.remedy) == (caught.value.message, caught.value.remedy)


def test_a_table_that_moved_is_not_loaded(target: Target) -> None:
    target.destination.load(request([row("a", 1)]))
    planned = foreseen(target, request([row("a", 2)], "run-2"))
    same = request([row("a", 2)], "run-2", expected=planned.state)
    target.destination.load(request([row("b", 1)], "other"))  # somebody comes between
    with pytest.raises(TargetMoved, match="planned"):
        target.destination.load(same)
    assert len(target.rows()) == 2
    anew = foreseen(target, same)
    assert anew.state != planned.state
    target.destination.load(replace(same, expected=anew.state))
    assert len(target.rows()) == 3


def test_a_load_that_was_done_is_not_refused_when_it_is_tried_again(target: Target) -> None:
    planned = foreseen(target, request([row("a", 1)]))
    given = request([row("a", 1)], expected=planned.state)
    assert target.destination.load(given) == target.destination.load(replace(given, fence=2))


def test_while_it_looks_nothing_can_be_written(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.destinations.loading import dry_run

    target.destination.load(request([row("a", 1)]))

    def writes(session: Any, *_: Any) -> Any:
        session.execute('DELETE FROM "budget"')
        raise KeyViolation("written")

    monkeypatch.setattr(dry_run, "_counted", writes)
    if target.name == "parquet":  # a copy in memory, which is thrown away
        target.destination.dry_run(request([row("a", 2)], "run-2"))
    else:
        with pytest.raises(WorkbenchError, match="read-only"):
            target.destination.dry_run(request([row("a", 2)], "run-2"))
    assert target.rows() == [row("a", 1)]


def test_a_plan_of_a_key_that_the_table_has_not_is_foreseen(target: Target) -> None:
    rows = [row("a", 1), row("a", 2)]
    target.destination.load(request(rows, key=(), strategy="append"))
    found = foreseen(target, request([row("a", 3)], "run-2", key=KEY))
    assert found.ledger.inserted == 1
    refused = foreseen(target, request([row("b", 3)], "run-2", key=("program",)))
    assert "same key" in refused.refusal


def test_what_is_missing_has_a_reason(target: Target) -> None:
    can = target.destination.capabilities
    for feature in ("upsert", "primary_keys", "any_name", "concurrent_writers"):
        assert can.supports(feature) is (can.reason(feature) == "")


def test_a_gap_without_a_reason_is_no_record() -> None:
    with pytest.raises(ValueError, match="upsert"):
        Capabilities(title="X", strategies=("append",), reasons={}, longest_name=None)
    with pytest.raises(ValueError, match="comments"):
        Capabilities(title="X", reasons={"comments": "none"})


def test_a_strategy_that_it_cannot_is_refused(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    module = sys.modules[type(target.destination).__module__]
    limited = replace(
        module.CAPABILITIES,
        strategies=tuple(each for each in STRATEGIES if each != "upsert"),
        reasons={**module.CAPABILITIES.reasons, "upsert": "it has no MERGE"},
    )
    monkeypatch.setattr(module, "CAPABILITIES", limited)
    assert "it has no MERGE" in foreseen(target, request([row("a", 1)])).refusal
    with pytest.raises(DestinationError, match="it has no MERGE"):
        target.destination.load(request([row("a", 1)]))
