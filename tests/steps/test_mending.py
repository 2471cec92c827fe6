"""Refused rows: out as CSV, mended, and back."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from tests.steps.road import Road, result
from workbench.model.status import Status
from workbench.records.quarantine import count_rows, list_rows
from workbench.steps import mending

WIDE = """
source: {path: "inbox/*.csv"}
transforms:
  - melt: {columns: {except: [id]}, names_to: month, values_to: amount}
  - type_cast: {columns: {amount: integer}}
%s
expectations:
  - expect_column_values_to_be_between: {column: amount, max_value: 100, severity: quarantine}
"""


def mend(road: Road, path: Path, **cells: str) -> None:
    """Change cells of the first exported row, as a person would in a spreadsheet."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0].update(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def resubmit(road: Road, path: Path) -> None:
    params = mending.accept_corrections(road.settings, "sales", path)
    run = road.run("sales", upstream=False, **params)
    assert run.status == Status.SUCCESS, run.error


def refused_then_mended(road: Road, tmp_path: Path) -> None:
    road.file("a.csv", "id,jan,feb\nx,1,two\ny,3,400\n")
    first = road.run("sales")
    assert first.status == Status.SUCCESS, first.error
    assert sum(batch.rows for batch in result(first, "validate").quarantine) == 2
    out = tmp_path / "mend.csv"
    assert mending.export_rows(road.settings, road.records, "sales", out) == 2
    mend(road, out, feb="2")
    resubmit(road, out)


def test_a_mended_row_is_published_and_closed_with_a_key(road: Road, tmp_path: Path) -> None:
    road.spec("sales", WIDE % "key: [id, month]")
    refused_then_mended(road, tmp_path)
    assert road.query("FROM sales ORDER BY ALL") == [
        ("x", "feb", 2), ("x", "jan", 1), ("y", "jan", 3),
    ]  # fmt: skip
    open_rows = list_rows(road.records, "sales")
    assert [(row.source, row.row) for row in open_rows] == [("a.csv", 3)]


def test_rows_melted_from_a_mended_row_are_not_doubled_without_a_key(
    road: Road, tmp_path: Path
) -> None:
    road.spec("sales", WIDE % "targets: [{connection: warehouse}]")
    refused_then_mended(road, tmp_path)
    expected = [("x", "feb", 2), ("x", "jan", 1), ("y", "jan", 3)]
    assert road.query("FROM sales ORDER BY ALL") == expected
    with duckdb.connect(str(road.settings.path("warehouse.duckdb")), read_only=True) as warehouse:
        assert warehouse.execute("FROM sales ORDER BY ALL").fetchall() == expected


def test_rows_melted_from_a_mended_row_have_the_names_of_the_others(
    road: Road, tmp_path: Path
) -> None:
    """They come from headers, which a file of corrections has not; with a key they would double."""
    road.spec("sales", WIDE % "key: [id, month]")
    road.file("a.csv", "id,Enero 2025,Febrero 2025\nx,1,two\ny,3,4\n")
    assert road.run("sales").status == Status.SUCCESS
    out = tmp_path / "mend.csv"
    assert mending.export_rows(road.settings, road.records, "sales", out) == 1
    mend(road, out, febrero_2025="2")
    resubmit(road, out)
    assert road.query("FROM sales ORDER BY ALL") == [
        ("x", "Enero 2025", 1),
        ("x", "Febrero 2025", 2),
        ("y", "Enero 2025", 3),
        ("y", "Febrero 2025", 4),
    ]


def test_refused_rows_of_a_file_that_comes_again_are_superseded(road: Road) -> None:
    road.spec("sales", WIDE % "key: [id, month]")
    road.file("a.csv", "id,jan\nx,one\n")
    road.run("sales")
    assert count_rows(road.records, "sales") == {"sales": 1}
    road.file("a.csv", "id,jan\nx,1\n")
    road.run("sales")
    assert count_rows(road.records, "sales") == {}
    assert count_rows(road.records, "sales", status="superseded") == {"sales": 1}


def test_records_that_cannot_be_parsed_are_quarantined_with_their_text(
    road: Road, tmp_path: Path
) -> None:
    road.spec("sales", 'source: {path: "inbox/*.csv"}\nkey: [id]')
    road.file("a.csv", "id,amount\n1,10\n2,20,30,40\n3,30\n")
    run = road.run("sales")
    ledger = result(run, "ingest").ledgers[0]
    assert (ledger.parsed, ledger.unparseable) == (2, 1)
    (row,) = list_rows(road.records, "sales")
    assert (row.source, row.row) == ("a.csv", 3)
    out = tmp_path / "mend.csv"
    mending.export_rows(road.settings, road.records, "sales", out)
    assert "2,20,30,40" in out.read_text(encoding="utf-8-sig")
    mend(road, out, id="2", amount="20")
    resubmit(road, out)
    assert road.query("SELECT id, amount FROM sales ORDER BY id") == [
        ("1", "10"), ("2", "20"), ("3", "30"),
    ]  # fmt: skip
