"""Workbooks and archives that are damaged, lie, explode, or reach out."""

from __future__ import annotations

from tests.hostile.books import archive, book, lying, parts, sheet
from tests.hostile.case import Case, Loads, Refused

UNREADABLE = "SourceUnreadable"
ROWS = [["id", "name"], ["1", "ana"], ["2", "ben"]]
PUBLISHED = (("1", "ana"), ("2", "ben"))
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_entities(dtd: str, value: str) -> bytes:
    """A workbook whose sheet declares entities and uses one."""
    body = sheet([["id", "name"], ["1", "MARK"]])
    body = body.replace(_XML, f"{_XML}<!DOCTYPE x [{dtd}]>").replace("MARK", value)
    return archive(parts(body))


def laughs() -> bytes:
    lines = ['<!ENTITY l0 "ha">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return with_entities("".join(lines), "&l9;")


def shared(strings: str, index: str) -> bytes:
    body = sheet([["id", "name"], ["1", "MARK"]])
    cell = '<c r="B2" t="inlineStr"><is><t xml:space="preserve">MARK</t></is></c>'
    assert cell in body
    body = body.replace(cell, f'<c r="B2" t="s"><v>{index}</v></c>')
    extra = {"xl/sharedStrings.xml": f"{_XML}<sst {_MAIN}>{strings}</sst>"}
    return archive(parts(body, extra=extra))


def far_away() -> bytes:
    """Three cells, one of them in the last row and column that there can be."""
    more = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    body = sheet(ROWS).replace("</sheetData>", more + "</sheetData>")
    return archive(parts(body))


CELLS = {
    "error_cells": Case(
        Loads((("1", None), ("2", "x")), columns=("id", "name")),
        book([["id", "name"], ["1", "#DIV/0!"], ["2", "x"]]),
        file="d.xlsx",
    ),
    "days_since_1900": Case(
        Loads((("1", "1900-03-01"), ("2", "2024-02-29"))),
        book([["id", "day"], ["1", "date:61"], ["2", "date:45351"]]),
        file="d.xlsx",
    ),
    "days_since_1904": Case(
        Loads((("1", "2024-02-29"),)),
        book([["id", "day"], ["1", "date:43889"]], epoch=1904),
        file="d.xlsx",
    ),
    "the_day_that_never_was": Case(
        Loads(count=1), book([["id", "day"], ["1", "date:60"]]), file="d.xlsx"
    ),
    "days_beyond_the_calendar": Case(
        Loads(count=2),
        book([["id", "day"], ["1", "date:99999999"], ["2", "date:-5"]]),
        file="d.xlsx",
    ),
    "formulas_with_what_they_showed": Case(
        Loads((("1", "<b>shown</b>"),)),
        book([["id", "name"], ["1", '=HYPERLINK("http://x/")|→<b>shown</b>']]),
        file="d.xlsx",
    ),
    "a_sheet_whose_name_is_code": Case(
        Loads((("1", "ana", "'; DROP--<b>"), ("2", "ben", "'; DROP--<b>"))),
        book(ROWS, name="'; DROP--<b>"),
        file="d.xlsx",
        options="sheet: {matches: '.*'}",
    ),
    "a_cell_beyond_the_end_of_strings": Case(
        Refused(UNREADABLE, ("d.xlsx", "Sheet1")), shared("<si><t>x</t></si>", "99"), file="d.xlsx"
    ),
    "a_cell_before_the_first_of_strings": Case(
        Refused(UNREADABLE, ("d.xlsx", "sheet1.xml")),
        shared("<si><t>x</t></si>", "-1"),
        file="d.xlsx",
    ),
    "a_cell_with_a_word_for_its_string": Case(
        Refused(UNREADABLE, ("d.xlsx", "sheet1.xml")),
        shared("<si><t>x</t></si>", "0x1"),
        file="d.xlsx",
    ),
    "numbers_beyond_all_bounds": Case(
        Loads(count=2),
        archive(
            parts(
                sheet(ROWS).replace(
                    '<c r="B2" t="inlineStr"><is><t xml:space="preserve">ana</t></is></c>',
                    '<c r="B2"><v>1e999</v></c>',
                )
            )
        ),
        file="d.xlsx",
    ),
    "macros": Case(
        Loads(PUBLISHED),
        book(ROWS, extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macro"}),
        file="d.xlsm",
    ),
    "references_to_other_files": Case(
        Loads(PUBLISHED),
        book(
            ROWS,
            extra={
                "xl/externalLinks/_rels/externalLink1.xml.rels": (
                    '<Relationships><Relationship Id="r1" Type="x" '
                    'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
                )
            },
        ),
        file="d.xlsx",
    ),
}

EXPLOSIVE = {
    "a_sheet_that_claims_to_be_endless": Case(
        Loads(PUBLISHED), book(ROWS, dimension="A1:XFD1048576"), file="d.xlsx"
    ),
    "a_cell_at_the_end_of_the_world": Case(
        Refused(UNREADABLE, ("d.xlsx", "1,048,576 rows")), far_away, file="d.xlsx"
    ),
    "a_merged_area_of_everything": Case(
        Loads(PUBLISHED),
        book(ROWS, more='<mergeCells count="1"><mergeCell ref="A4:XFD1048576"/></mergeCells>'),
        file="d.xlsx",
    ),
    "a_bomb_of_one_entry": Case(
        Refused(UNREADABLE, ("d.xlsx", "100 times")),
        lambda: archive({**parts(sheet(ROWS)), "xl/media/x.bin": b"0" * (200 << 20)}),
        file="d.xlsx",
    ),
    "a_bomb_of_many_entries": Case(
        Refused(UNREADABLE, ("d.xlsx", "10,500 files")),
        lambda: archive({**parts(sheet(ROWS)), **{f"x/{n}": b"" for n in range(10_494)}}),
        file="d.xlsx",
    ),
    "a_bomb_that_lies_about_its_size": Case(
        Refused(UNREADABLE, ("d.xlsx", "more than it states")),
        lambda: lying(archive({**parts(sheet(ROWS)), "x": b"0" * 5_000_000}), 10),
        file="d.xlsx",
    ),
    "archives_within_archives": Case(
        Refused(UNREADABLE, ("d.xlsx",)),
        lambda: archive({"a.zip": archive({"b.zip": archive({"c": b"0" * 1_000_000})})}),
        file="d.xlsx",
    ),
    "a_billion_laughs": Case(Refused(UNREADABLE, ("d.xlsx",)), laughs, file="d.xlsx"),
    "an_entity_that_reads_a_file": Case(
        Refused(UNREADABLE, ("d.xlsx",)),
        lambda: with_entities('<!ENTITY x SYSTEM "file://SECRET">', "&x;"),
        file="d.xlsx",
    ),
    "an_entity_in_the_strings": Case(
        Loads(PUBLISHED),
        lambda: archive(
            {
                **parts(sheet(ROWS)),
                "xl/sharedStrings.xml": f"{_XML}<!DOCTYPE x [<!ENTITY % p SYSTEM "
                f'"http://127.0.0.1:1/x"> %p;]><sst {_MAIN}/>',
            }
        ),
        file="d.xlsx",
    ),
}

ARCHIVES = {
    "names_that_climb_out": Case(
        Loads(PUBLISHED),
        archive({**parts(sheet(ROWS)), "../../../../canary": "x", "..\\..\\canary": "x"}),
        file="d.xlsx",
    ),
    "names_that_are_absolute": Case(
        Loads(PUBLISHED),
        archive({**parts(sheet(ROWS)), "/tmp/hostile-canary": "x", "C:\\hostile-canary": "x"}),
        file="d.xlsx",
    ),
    "entries_that_are_links": Case(
        Refused(UNREADABLE, ("d.xlsx",)),
        archive(
            {k: v for k, v in parts("").items() if "sheet1" not in k},
            links={"xl/worksheets/sheet1.xml": "/etc/passwd"},
        ),
        file="d.xlsx",
    ),
    "the_same_entry_twice": Case(
        Refused(UNREADABLE, ("d.xlsx",)),
        archive({**parts(sheet(ROWS)), "XL/worksheets/SHEET1.xml": "junk"}),
        file="d.xlsx",
    ),
    "half_a_workbook": Case(
        Refused(UNREADABLE, ("d.xlsx", "damaged")), lambda: book(ROWS)[:-200], file="d.xlsx"
    ),
    "an_archive_that_is_no_workbook": Case(
        Refused(UNREADABLE, ("d.csv",)), archive({"data.csv": "id,name\n1,ana\n"}), file="d.csv"
    ),
    "xml_that_is_broken": Case(
        Refused(UNREADABLE, ("d.xlsx", "Sheet1")), archive(parts(sheet(ROWS)[:-60])), file="d.xlsx"
    ),
    "a_workbook_with_a_password": Case(
        Refused(UNREADABLE, ("d.xlsx", "password")),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\x00" * 600
        + "EncryptedPackage".encode("utf-16-le"),
        file="d.xlsx",
    ),
    "an_old_workbook_of_garbage": Case(
        Refused(UNREADABLE, ("d.xls",)),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20,
        file="d.xls",
    ),
}
