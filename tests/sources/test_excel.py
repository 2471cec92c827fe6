"""Workbooks: sheets, header rows, cells as text without loss, and hostile files."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from workbench.errors import HeaderMissing, SourceEmpty, SourceUnreadable
from workbench.sources import files
from workbench.sources.files import Options
from workbench.sources.parsing import archive, cells, extent
from workbench.sources.parsing.finding import Parsed
from workbench.sources.parsing.workbook import open_workbook


def save(path: Path, sheets: dict[str, list[list[Any]]], **attributes: Any) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for number, line in enumerate(lines, start=1):
            for column, value in enumerate(line, start=1):
                if value is not None:
                    sheet.cell(number, column, value)
    for key, value in attributes.items():
        setattr(book, key, value)
    book.save(path)
    return path


def parse(path: Path, **options: object) -> Parsed:
    return files.read(path, path.name, Options.model_validate({"path": path.name, **options}))


def rows(parsed: Parsed) -> list[list[object]]:
    return [list(row.values())[: len(parsed.columns)] for row in parsed.table.to_pylist()]


def names(parsed: Parsed) -> list[str]:
    return [column.name for column in parsed.columns]


TABLE = [["id", "n"], ["a", 1], ["b", 2]]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_cells_become_text_without_loss(tmp_path: Path, epoch: Any) -> None:
    cells = [
        (7, "7"), (2.0, "2"), (0.1, "0.1"), (1e20, "1" + "0" * 20), (1e-7, "0.0000001"),
        (123456789012345, "123456789012345"), (True, "true"), (False, "false"),
        ("002", "002"), ("  x ", "  x "), ("2020-01-02 00:00:00", "2020-01-02 00:00:00"),
        (dt.date(2020, 1, 2), "2020-01-02"),
        (dt.datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05"),
        (dt.time(6, 30), "06:30:00"), (dt.timedelta(hours=30), "30:00:00"), (-3.5, "-3.5"),
    ]  # fmt: skip
    lines = [["label", "v"], *([f"x{i}", value] for i, (value, _) in enumerate(cells))]
    options = {"epoch": epoch} if epoch else {}
    found = parse(save(tmp_path / "c.xlsx", {"S": lines}, **options), header=1)
    assert [row[1] for row in rows(found)] == [text for _, text in cells]
    assert found.table.column("_row").to_pylist() == list(range(2, len(cells) + 2))


def test_a_table_that_does_not_begin_in_a1(tmp_path: Path) -> None:
    lines = [[], [], [None, None, "id", "n"], [None, None, "a", "=1/0"], [None, None, "b", 2]]
    path = save(tmp_path / "x.xlsx", {"S": lines})
    book = openpyxl.load_workbook(path)
    book["S"]["D4"].value = "#DIV/0!"
    book["S"]["D4"].data_type = "e"
    book.save(path)
    found = parse(path)
    assert (names(found), found.ledger.preamble) == (["id", "n"], 2)
    assert rows(found) == [["a", None], ["b", "2"]]
    assert found.table.column("_row").to_pylist() == [4, 5]
    assert found.ledger.notes["error_cells"] == 1
    assert "D4 #DIV/0!" in found.warnings[0]
    ranged = parse(path, range="D3:D5")
    assert (names(ranged), rows(ranged)) == (["n"], [["2"]])
    assert parse(path, columns="C").columns[0].name == "id"


def test_header_rows_are_found_and_joined(tmp_path: Path) -> None:
    lines = [
        ["Informe 2024"],
        ["Código", "2023", None, "2024", None, "Nota"],
        [None, "Peso", "Valor", "Peso", "Valor", None],
        ["001", 1, 2.5, 3, 4.5, "x"],
        ["002", 2, 3.5, 4, 5.5, None],
        ["003", 2, 3.5, 4, 5.5, None],
        [],
        ["Fuente: Ministerio"],
    ]
    path = save(tmp_path / "h.xlsx", {"S": lines})
    book = openpyxl.load_workbook(path)
    for area in ("B2:C2", "D2:E2", "A2:A3"):
        book["S"].merge_cells(area)
    book.save(path)
    found = parse(path)
    expected = ["codigo", "c_2023_peso", "c_2023_valor", "c_2024_peso", "c_2024_valor"]
    assert names(found)[:5] == expected
    ledger = found.ledger
    assert (ledger.preamble, ledger.header, ledger.parsed, ledger.footer) == (1, 2, 3, 1)
    assert found.detected["footer"] == ["Fuente: Ministerio"]
    stated = parse(path, header={"line": 2, "rows": 2}, footer={"rows": 1})
    assert names(stated) == names(found)
    assert (stated.ledger.footer, stated.ledger.blank) == (1, 1)


def test_stop_at_blank_and_columns_between(tmp_path: Path) -> None:
    lines = [["a", None, "b"], ["x", None, 1], ["y", None, 2], [], ["note", None, 9], ["z"]]
    found = parse(save(tmp_path / "b.xlsx", {"S": lines}), stop_at_blank=True)
    assert (names(found), rows(found)) == (["a", "b"], [["x", "1"], ["y", "2"]])
    assert (found.ledger.footer, found.ledger.notes["blank_columns"]) == (2, 1)


def test_sheets(tmp_path: Path) -> None:
    other = [["id", "n", "extra"], ["c", 3, "e"]]
    path = save(tmp_path / "s.xlsx", {"Notes": [["read me"]], "2023": TABLE, "2024": other})
    first = parse(path)
    assert first.detected["properties"]["sheet"]["value"] == "2023"
    assert "first visible sheet of 3" in first.warnings[0]
    assert rows(parse(path, sheet="2024")) == rows(parse(path, sheet=3)) == [["c", "3", "e"]]
    both = parse(path, sheet={"matches": r"20\d\d"})
    assert names(both) == ["id", "n", "sheet", "extra"]
    assert rows(both) == [
        ["a", "1", "2023", None], ["b", "2", "2023", None], ["c", "3", "2024", "e"],
    ]  # fmt: skip
    assert (both.ledger.records, both.ledger.header, both.ledger.parsed) == (5, 2, 3)
    with pytest.raises(SourceUnreadable, match="did you mean 'Notes'"):
        parse(path, sheet="note")
    with pytest.raises(SourceUnreadable, match="sheet number 9"):
        parse(path, sheet=9)
    with pytest.raises(SourceUnreadable, match="no visible sheet matches"):
        parse(path, sheet={"matches": "x"})


def test_hidden_sheets_are_skipped_unless_named(tmp_path: Path) -> None:
    path = save(tmp_path / "h.xlsx", {"old": TABLE, "new": [["id", "n"], ["z", 9]]})
    book = openpyxl.load_workbook(path)
    book["old"].sheet_state = "hidden"
    book.save(path)
    assert rows(parse(path)) == [["z", "9"]]
    assert len(rows(parse(path, sheet={"matches": ".*"}))) == 1
    assert len(rows(parse(path, sheet={"matches": ".*"}, skip_hidden=False))) == 3
    assert len(rows(parse(path, sheet="old"))) == 2


def test_old_workbooks(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja")
    style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for column, name in enumerate(["Año", "Fecha", "Código"]):
        sheet.write(2, column + 1, name)
    sheet.write(3, 1, 2024)
    sheet.write(3, 2, dt.date(2024, 2, 29), style)
    sheet.write(3, 3, "007")
    book.save(str(tmp_path / "old.xls"))
    found = parse(tmp_path / "old.xls", header=3)
    assert rows(found) == [["2024", "2024-02-29", "007"]]
    assert parse(tmp_path / "old.xls", range="D3:D4").columns[0].original == "Código"


def test_a_text_file_named_xls_is_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "export.xls").write_text("a\tb\n1\t2\n")
    assert rows(parse(tmp_path / "export.xls")) == [["1", "2"]]


def test_a_header_out_of_reach(tmp_path: Path) -> None:
    path = save(tmp_path / "x.xlsx", {"S": TABLE})
    with pytest.raises(HeaderMissing, match="row 40"):
        parse(path, header=40)
    with pytest.raises(SourceEmpty, match="nothing in this range"):
        parse(path, range="X1:Z9")
    with pytest.raises(SourceEmpty, match="no visible sheet"):
        parse(save(tmp_path / "e.xlsx", {"S": []}))


def test_damaged_and_protected_workbooks(tmp_path: Path) -> None:
    good = save(tmp_path / "x.xlsx", {"S": TABLE}).read_bytes()
    for number, raw in enumerate(
        (good[: len(good) // 2], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 3000)
    ):
        path = tmp_path / f"bad{number}.xlsx"
        path.write_bytes(raw)
        with pytest.raises(SourceUnreadable, match=r"damaged|cannot be opened") as caught:
            parse(path)
        assert caught.value.where == path.name
    secret = tmp_path / "secret.xlsx"
    secret.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(SourceUnreadable, match="password"):
        parse(secret)


LATE = dt.datetime(2020, 1, 2)
SHEETS_WITH_DATES = {
    "dates": ([[LATE], [dt.datetime(2020, 1, 2, 3, 4, 5)]], 1),
    "dates beside other values": ([[LATE], ["x"], [1.5], [None]], 1),
    "dates that may be spans": ([[LATE], [dt.timedelta(hours=30)], [dt.time(3, 4)]], 3),
    "an early date": ([[LATE], [dt.datetime(1905, 1, 1)]], 3),
    "a text that looks like one": ([[LATE], ["2020-01-02 00:00:00"]], 2),
    "a text that is escaped": ([[LATE], ["2020-01-02 00:00:00"]], 2),
    "a text in pieces": ([[LATE], ["2020-01-02 00:00:00"]], 2),
}


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
@pytest.mark.parametrize("case", SHEETS_WITH_DATES)
def test_a_sheet_is_read_again_only_where_texts_may_look_like_its_dates(
    tmp_path: Path, case: str, epoch: Any
) -> None:
    lines, most = SHEETS_WITH_DATES[case]
    options = {"epoch": epoch} if epoch else {}
    raw = save(tmp_path / "x.xlsx", {"S": [["when"], *lines]}, **options).read_bytes()
    written = {
        "a text that is escaped": b"<t>2020&#45;01-02 00:00:00</t>",
        "a text in pieces": b"<r><t>2020-01-0</t></r><r><t>2 00:00:00</t></r>",
    }.get(case)
    if written:
        raw = _rewritten(raw, b"<t>2020-01-02 00:00:00</t>", written)
    book = open_workbook(raw, "x.xlsx")
    counting = _Counting(book.reader)
    quick = cells.load(counting, "S", has_stamps=book.has_stamps)  # type: ignore[arg-type]
    assert quick.table.equals(cells.load(book.reader, "S").table)
    assert counting.sheets <= most
    assert (counting.sheets == 1) == (most == 1)
    if most == 2:
        assert quick.table.to_pylist()[-1] == {"c0": "2020-01-02 00:00:00"}
        taken_for_dates = cells.load(book.reader, "S", has_stamps=False)
        assert taken_for_dates.table.to_pylist()[-1] == {"c0": "2020-01-02"}


class _Counting:
    """A reader that counts how often a sheet is read."""

    def __init__(self, reader: Any) -> None:
        self.reader, self.sheets = reader, 0

    def load_sheet(self, *arguments: Any, **options: Any) -> Any:
        self.sheets += 1
        return self.reader.load_sheet(*arguments, **options)


def _rewritten(raw: bytes, before: bytes, after: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
        entries = {name: bundle.read(name) for name in bundle.namelist()}
    assert any(before in content for content in entries.values())
    return _archive({name: content.replace(before, after) for name, content in entries.items()})


def _archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in entries.items():
            bundle.writestr(name, content)
    return out.getvalue()


def test_archives_that_grow_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceUnreadable, match="100 times its size"):
        archive.check_archive(_archive({"a.xml": b"0" * (40 << 20)}), "bomb.xlsx")
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    with pytest.raises(SourceUnreadable, match="more than 1 MiB"):
        archive.check_archive(_archive({"a.xml": b"0" * (2 << 20)}), "bomb.xlsx")
    monkeypatch.setattr(archive, "MOST_ENTRIES", 2)
    with pytest.raises(SourceUnreadable, match="3 files"):
        archive.check_archive(_archive({str(i): b"x" for i in range(3)}), "bomb.xlsx")


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    raw = bytearray(_archive({"a.xml": b"0" * 1_000_000}))
    central = raw.rfind(b"PK\x01\x02")
    raw[central + 24 : central + 28] = struct.pack("<I", 10)
    with pytest.raises(SourceUnreadable, match="more than it states"):
        archive.check_archive(bytes(raw), "bomb.xlsx")


def test_observe_a_workbook(tmp_path: Path) -> None:
    from workbench.config import Settings

    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "x.xlsx", {"S": TABLE})
    options = Options(path=("in/*.xlsx",), sheet=("S",))
    seen = files.observe(options, Settings(tmp_path, environ={}))
    assert [column.name for column in seen] == ["id", "n", "sheet"]


@pytest.mark.parametrize(
    ("places", "size"),
    [
        (["A1", "XFD1048576"], (1_048_576, 16_384)),
        (["A1", "XFD1"], (1, 16_384)),
        (["A1", "ZZ99999"], (99_999, 702)),
        (["B2", "C3"], (2, 2)),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 1 << 20])
def test_what_cells_span_is_known_before_they_are_read(
    places: list[str], size: tuple[int, int], cut: int
) -> None:
    text = "".join(f'<c r="{place}"><v>1</v></c>' for place in places).encode() + b" " * 50
    parts = [text[n : n + cut] for n in range(0, len(text), cut)]
    found = extent.Extent()
    for part in parts:
        found.add(part)
    is_large = size[0] * size[1] > extent.MOST_CELLS
    assert found.may_be_too_large or not is_large
    assert extent.span(parts) == size or cut < 40


@pytest.mark.parametrize("odd", ["r = 'XFD1048576'", "r\t=\t\"XFD1048576\"", "r='xfd1048576'"])
def test_places_that_are_written_oddly_are_found(odd: str) -> None:
    text = f"<c r='A1'/><c {odd}/>".encode()
    found = extent.Extent()
    found.add(text)
    assert found.may_be_too_large
    assert extent.span([text]) == (1_048_576, 16_384)
