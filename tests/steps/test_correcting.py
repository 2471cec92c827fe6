"""Refused rows mended in a grid: by reason, by page, against somebody else's mending."""

from __future__ import annotations

import pytest

from tests.steps.road import Road
from workbench.errors import NotFound, RowsSettled
from workbench.model.run import Run
from workbench.model.status import Status
from workbench.records.quarantine import count_rows, list_rows
from workbench.records.runs import cancel_run, create_run
from workbench.spec.loader import load_project
from workbench.steps.correcting import (
    Lines,
    Mended,
    correct_lines,
    count_by_reason,
    dismiss_lines,
    page_of_lines,
    reopen_lines,
)
from workbench.steps.planning import make_plan

SPEC = """
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer, day: {type: date, format: "%Y-%m-%d"}},
                on_error: quarantine}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, max_value: 100, severity: quarantine}
"""
FILE = "id,amount,day\n1,two,2024-01-01\n2,400,2024-01-01\n3,3,2024-01-01\n4,x%_y,yesterday\n"


def refused(road: Road) -> Lines:
    road.spec("sales", SPEC)
    road.file("a.csv", FILE)
    run = road.run("sales")
    assert run.status == Status.SUCCESS, run.error
    return page_of_lines(road.settings, road.records, "sales")


def sent(road: Road, *mended: Mended) -> Run:
    params = correct_lines(road.settings, road.records, "sales", mended)
    run = road.run("sales", upstream=False, **params)
    assert run.status == Status.SUCCESS, run.error
    return run


def test_rows_are_shown_as_received_and_mended_in_place(road: Road) -> None:
    found = refused(road)
    assert found.total == 3 and found.columns == ("id", "amount", "day")
    first, second, third = found.rows
    assert (first.source, first.row) == ("a.csv", 2)
    assert first.values == {"id": "1", "amount": "two", "day": "2024-01-01"}
    assert "does not read as integer" in first.reasons[0]
    assert second.refused[0].values["amount"] == "400"
    assert len(third.reasons) == 2
    sent(
        road,
        Mended(ids=first.ids, values={"amount": "2"}),
        Mended(ids=third.ids, values={"amount": "4", "day": "2024-02-01"}),
    )
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [("1", 2), ("3", 3), ("4", 4)]
    assert [row.values["id"] for row in left(road).rows] == ["2"]
    assert count_rows(road.records, "sales", status="resubmitted") == {"sales": 2}


def left(road: Road) -> Lines:
    return page_of_lines(road.settings, road.records, "sales")


def test_reasons_are_counted_whatever_the_value(road: Road) -> None:
    refused(road)
    counted = {reason.parts: reason.rows for reason in count_by_reason(road.records, "sales")}
    [amount] = [parts for parts in counted if parts[0] == "amount: "]
    assert counted[amount] == 2 and "does not read as integer" in amount[1]
    for parts, rows in counted.items():
        page = page_of_lines(road.settings, road.records, "sales", reason=parts)
        assert page.total == len(page.rows) == rows
    assert count_by_reason(road.records, "sales", status="dismissed") == ()


def test_a_reason_is_data_and_no_pattern(road: Road) -> None:
    refused(road)
    for parts in (("%",), ("amount_",), ("' OR 1=1 --",), ('"',)):
        assert page_of_lines(road.settings, road.records, "sales", reason=parts).total == 0


def test_pages_hold_whole_rows(road: Road) -> None:
    road.spec("sales", """
source: {path: "inbox/*.csv"}
transforms:
  - melt: {columns: {except: [id]}, names_to: month, values_to: amount}
  - type_cast: {columns: {amount: integer}, on_error: quarantine}
key: [id, month]
""")  # fmt: skip
    road.file("a.csv", "id,jan,feb\n" + "".join(f"{n},bad,worse\n" for n in range(5)))
    road.run("sales")
    assert count_rows(road.records, "sales") == {"sales": 10}
    seen = []
    for offset in (0, 2, 4):
        page = page_of_lines(road.settings, road.records, "sales", offset=offset, limit=2)
        assert page.total == 5
        assert all(len(row.ids) == 2 for row in page.rows)
        seen += [row.values["id"] for row in page.rows]
    assert seen == ["0", "1", "2", "3", "4"]


def test_a_row_that_was_received_twice_has_a_line_for_each_and_is_one_place(road: Road) -> None:
    refused(road)
    road.file("a.csv", FILE.replace("two", "zwei"))
    road.run("sales")
    assert left(road).rows[0].values["amount"] == "zwei"
    assert left(road).total == left(road).places == 3  # the earlier ones are superseded
    road.run("sales", _full=True)
    page = left(road)
    assert page.places == page.total
    assert {"two", "zwei"} <= {row.values["amount"] for row in page.rows}


def test_a_row_that_somebody_else_has_mended_is_refused(road: Road) -> None:
    found = refused(road)
    mine, other = Mended(ids=found.rows[0].ids, values={"amount": "2"}), found.rows[1]
    run = sent(road, Mended(ids=found.rows[0].ids, values={"amount": "22"}))
    with pytest.raises(RowsSettled, match=f"row 2 of a.csv was mended already .* run {run.id}"):
        correct_lines(road.settings, road.records, "sales", [mine])
    dismiss_lines(road.records, "sales", other.ids)
    with pytest.raises(RowsSettled, match="was dismissed"):
        correct_lines(road.settings, road.records, "sales", [Mended(ids=other.ids)])
    assert road.query("SELECT amount FROM sales WHERE id = '1'") == [(22,)]
    reopen_lines(road.records, "sales", other.ids)
    assert sent(road, Mended(ids=other.ids, values={"amount": "40"}))  # the control


def test_a_row_that_is_on_its_way_is_refused_until_its_run_is_cancelled(road: Road) -> None:
    mended = [Mended(ids=refused(road).rows[0].ids, values={"amount": "2"})]
    params = correct_lines(road.settings, road.records, "sales", mended)
    plan = make_plan(
        road.settings, load_project(road.settings), road.records, ["sales"],
        params=params, upstream=False,
    )  # fmt: skip
    waiting = create_run(road.records, plan)
    assert waiting
    with pytest.raises(RowsSettled, match=f"run {waiting.id} is about to take it in"):
        correct_lines(road.settings, road.records, "sales", mended)
    cancel_run(road.records, waiting.id)
    from workbench.engine.orchestrator import advance

    advance(road.records, waiting.id)
    assert correct_lines(road.settings, road.records, "sales", mended) == params


def test_two_runs_with_the_same_row_are_told_of_each_other(road: Road) -> None:
    """The file of corrections may come twice; the later one counts, and says so."""
    mended = [Mended(ids=refused(road).rows[0].ids, values={"amount": "2"})]
    params = correct_lines(road.settings, road.records, "sales", mended)
    mended[0] = Mended(ids=mended[0].ids, values={"amount": "5"})
    later = correct_lines(road.settings, road.records, "sales", mended)
    first = road.run("sales", upstream=False, **params)
    second = road.run("sales", upstream=False, **later)
    assert road.query("SELECT amount FROM sales WHERE id = '1'") == [(5,)]
    warnings = [w for step in second.steps if step.result for w in step.result.warnings]
    assert any(f"mended before, with run {first.id}" in warning for warning in warnings)
    assert not any(step.result.warnings for step in first.steps if step.result)


def test_unknown_rows_and_columns_are_refused_and_nothing_is_kept(road: Road) -> None:
    ids = refused(road).rows[0].ids
    raw = road.settings.path("lake", "raw")
    before = sorted(raw.rglob("*")) if raw.exists() else []
    with pytest.raises(NotFound, match="amonut"):
        correct_lines(
            road.settings, road.records, "sales", [Mended(ids=ids, values={"amonut": "1"})]
        )
    with pytest.raises(NotFound, match="no refused row 'nothing'"):
        correct_lines(road.settings, road.records, "sales", [Mended(ids=("nothing",))])
    with pytest.raises(NotFound, match="no rows"):
        correct_lines(road.settings, road.records, "sales", [])
    assert (sorted(raw.rglob("*")) if raw.exists() else []) == before
    assert dismiss_lines(road.records, "another", ids) == 0
    assert len(list_rows(road.records, "sales")) == 3


def test_cells_that_look_like_formulas_come_back_as_they_were(road: Road) -> None:
    ids = refused(road).rows[0].ids
    road.spec("sales", SPEC.replace("amount: integer, ", "").split("expectations")[0])
    sent(road, Mended(ids=ids, values={"amount": "=1+1", "day": "2024-01-01"}))
    assert road.query("SELECT amount FROM sales WHERE id = '1'") == [("=1+1",)]
