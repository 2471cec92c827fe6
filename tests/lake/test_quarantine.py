"""Refused rows are kept, exported for mending, and come back as they were received."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.config import Settings
from workbench.errors import HeaderMissing, SourceMissing, SourceUnreadable
from workbench.lake import corrections
from workbench.lake.quarantine import COLUMNS, Quarantine


@pytest.fixture
def quarantine(settings: Settings) -> Quarantine:
    return Quarantine(settings, "budget")


def refused(*places: tuple[str | None, int | None], reason: str = "amount: not a number") -> Any:
    return pa.table(
        {
            "_source": pa.array([source for source, _ in places], pa.string()),
            "_row": pa.array([row for _, row in places], pa.int64()),
            "_run": ["r1"] * len(places),
            "step": ["type_cast"] * len(places),
            "reasons": [json.dumps([reason])] * len(places),
            "values": [json.dumps({"amount": "x"})] * len(places),
        }
    )


def test_rows_are_kept_with_stable_ids(quarantine: Quarantine) -> None:
    rows = refused(("a.csv", 3), ("a.csv", 3), ("b.csv", 9))
    batch, kept = quarantine.write("r1", "validate", rows)
    assert (batch.rows, batch.reasons) == (3, {"amount: not a number": 3})
    first = quarantine.read()
    assert tuple(first.column_names) == COLUMNS and kept.equals(first)
    assert len(set(first["id"].to_pylist())) == 3  # two pieces of one received row
    quarantine.write("r1", "validate", rows)
    assert quarantine.read().equals(first)
    quarantine.write("r2", "validate", refused(("a.csv", 3)))
    assert quarantine.read().num_rows == 4
    assert quarantine.read(run_id="r1").num_rows == 3


def test_settled_rows_are_left_out(quarantine: Quarantine) -> None:
    assert quarantine.read().num_rows == 0
    quarantine.write("r1", "validate", refused(("a.csv", 1), ("a.csv", 2)))
    one, two = quarantine.read()["id"].to_pylist()
    assert quarantine.read(without=[one])["id"].to_pylist() == [two]
    assert quarantine.read(ids=[one])["id"].to_pylist() == [one]
    assert quarantine.read(ids=[]).num_rows == 0


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+SUM(A1)", "-", "@x", "\tx", "'=x", "''-y", "'", "'x", "-12", "+1.131,59"),
        *("-1e5", "-5%", "- 3", "a\nb", 'q"t', "x;y,z", "Ñuble", "--5"),
    ],
)
def test_cells_escape_formulas_and_come_back(
    quarantine: Quarantine, tmp_path: Path, text: str
) -> None:
    quarantine.write("r1", "validate", refused(("a.csv", 3)))
    received = pa.table(
        {"_source": ["a.csv"], "_row": [3], "_run": ["r1"], "amount": [text], "note": [None]}
    )
    path = tmp_path / "out.csv"
    assert corrections.write_lines(path, *corrections.lines(quarantine.read(), received)) == 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        cell = next(csv.DictReader(file))["amount"]
    number = text in ("-12", "+1.131,59", "-1e5", "-5%")
    assert number or not cell.startswith(tuple("=+-@\t"))
    assert (cell == text) == (number or text[0] not in "=+-@\t'" or text in ("'", "'x"))
    back = corrections.load(path)
    assert back.ids == tuple(quarantine.read()["id"].to_pylist())
    assert back.table.to_pylist() == [{"_source": "a.csv", "_row": 3, "amount": text, "note": None}]


def test_one_line_for_each_received_row(quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.write("r1", "validate", refused(("a.csv", 3), ("a.csv", 3), ("a.csv", 4)))
    path = tmp_path / "out.csv"
    assert corrections.write_lines(path, *corrections.lines(quarantine.read(), None)) == 2
    back = corrections.load(path)
    assert len(back.ids) == 3
    assert back.table["amount"].to_pylist() == ["x", "x"]  # nothing received: values when refused


def test_rows_without_a_place_are_lines_of_their_own(
    quarantine: Quarantine, tmp_path: Path
) -> None:
    quarantine.write("r1", "validate", refused((None, None), (None, None)))
    lines = corrections.lines(quarantine.read(), None)
    assert corrections.write_lines(tmp_path / "out.csv", *lines) == 2


def test_a_file_as_a_spreadsheet_saves_it(quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.write("r1", "validate", refused(("año.csv", 3)))
    path = tmp_path / "out.csv"
    corrections.write_lines(path, *corrections.lines(quarantine.read(), None))
    text = path.read_text(encoding="utf-8-sig").replace(",", ";").replace("x", "1,5")
    path.write_bytes(text.encode("cp1252"))
    assert corrections.load(path).table.to_pylist() == [
        {"_source": "año.csv", "_row": 3, "amount": "1,5"}
    ]


def test_files_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        corrections.load(tmp_path / "nada.csv")
    path = tmp_path / "mended.csv"
    path.write_text("codigo,monto\n1,2\n")
    with pytest.raises(HeaderMissing, match="_row"):
        corrections.load(path)
    path.write_text("_id,_source,_row,_reasons,monto\nab,f.csv,3,why,1,5\n")
    with pytest.raises(SourceUnreadable, match="6 cells where the header has 5"):
        corrections.load(path)
    path.write_text("_id,_source,_row,_reasons,monto\nab,f.csv,three,why,1\n")
    with pytest.raises(SourceUnreadable, match="must stay as they were exported"):
        corrections.load(path)
