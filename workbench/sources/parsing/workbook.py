"""Opening workbooks and choosing their sheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import SourceEmpty, SourceUnreadable
from workbench.model import regex
from workbench.registry import unknown
from workbench.sources.parsing.archive import check_archive
from workbench.sources.parsing.cells import Sheet, load, rows_of
from workbench.sources.parsing.finding import Finding, given
from workbench.sources.parsing.layout import find_header
from workbench.sources.parsing.options import ReadOptions, SheetPattern

if TYPE_CHECKING:
    import fastexcel

#: How many rows of a sheet are looked at to find its header.
HEAD = 80


@dataclass(frozen=True)
class Workbook:
    """An opened workbook, and whether texts in it may look as dates with a time do."""

    reader: fastexcel.ExcelReader
    has_stamps: bool

    @property
    def sheet_names(self) -> list[str]:
        """The names of its sheets, in order."""
        return self.reader.sheet_names


@dataclass(frozen=True)
class Chosen:
    """Sheets to be read, how they were found, and whether their name becomes a column."""

    sheets: list[Sheet]
    finding: Finding
    several: bool


def open_workbook(raw: bytes, name: str) -> Workbook:
    """The opened workbook; ``SourceUnreadable`` if it is damaged, encrypted or too large."""
    import fastexcel

    has_stamps = True
    if raw.startswith(b"PK"):
        has_stamps = check_archive(raw, name)
    elif "EncryptedPackage".encode("utf-16-le") in raw:
        raise _protected(name)
    try:
        return Workbook(fastexcel.read_excel(raw), has_stamps)
    except BaseException as error:
        _reraise(error)
        if "password" in str(error).lower():
            raise _protected(name) from None
        raise SourceUnreadable(
            f"the workbook cannot be opened: {_first_line(error)}",
            where=name,
            remedy="open it in a spreadsheet program and save it again, or ask for it again",
        ) from None


def choose(book: Workbook, name: str, options: ReadOptions, rows: int | None = None) -> Chosen:
    """The sheets that the spec names, else the first visible one that holds a table."""
    names = book.sheet_names
    if not names:
        raise SourceEmpty("the workbook has no sheets", where=name, remedy="ask for it again")
    stated = options.sheet
    if stated is None:
        return _first_table(book, name, options, rows)
    if isinstance(stated, SheetPattern):
        wanted = [one for one in names if regex.fits(stated.matches, one)]
        sheets = [_load(book, one, name, rows) for one in wanted]
        sheets = [sheet for sheet in sheets if sheet.visible or not options.skip_hidden]
        if not sheets:
            raise SourceUnreadable(
                f"no {'visible ' if options.skip_hidden else ''}sheet matches {stated.matches!r}",
                where=name,
                remedy=f"its sheets are {', '.join(map(repr, names))}",
            )
        return Chosen(sheets, given([sheet.name for sheet in sheets]), True)
    several = isinstance(stated, tuple)
    wanted = [_sheet_name(one, names, name) for one in
              (stated if isinstance(stated, tuple) else (stated,))]  # fmt: skip
    sheets = [_load(book, one, name, rows) for one in wanted]
    return Chosen(sheets, given(wanted if several else wanted[0]), several)


def _sheet_name(stated: str | int, names: list[str], where: str) -> str:
    if isinstance(stated, int):
        if 1 <= stated <= len(names):
            return names[stated - 1]
        raise SourceUnreadable(
            f"there is no sheet number {stated}; the workbook has {len(names)}",
            where=where,
            remedy=f"sheets are counted from 1: {', '.join(map(repr, names))}",
        )
    folded = {one.strip().lower(): one for one in names}
    found = stated if stated in names else folded.get(stated.strip().lower())
    if found is None:
        raise SourceUnreadable(
            unknown("sheet", stated, tuple(names)),
            where=where,
            remedy="mend `sheet` in the spec",
        )
    return found


def _load(book: Workbook, sheet: str, name: str, rows: int | None) -> Sheet:
    try:
        return load(book.reader, sheet, rows, has_stamps=book.has_stamps)
    except BaseException as error:
        _reraise(error)
        raise SourceUnreadable(
            f"sheet {sheet!r} cannot be read: {_first_line(error)}",
            where=name,
            remedy="open the workbook in a spreadsheet program and save it again",
        ) from None


def _first_table(book: Workbook, name: str, options: ReadOptions, rows: int | None) -> Chosen:
    names = book.sheet_names
    fallback: Sheet | None = None
    for one in names:
        sheet = _load(book, one, name, rows)
        if not sheet.visible or not sheet.table.num_rows:
            continue
        grid = rows_of(sheet.table.slice(0, HEAD))
        guess = find_header(grid, sheet.table.num_columns, several=True)
        if guess.confidence >= 0.8 and sheet.table.num_columns > 1:
            alone = len(names) == 1
            evidence = (
                "the only sheet"
                if alone
                else f"the first visible sheet of {len(names)} that holds a table "
                f"({', '.join(names[:8])}{', …' if len(names) > 8 else ''})"
            )
            found = Finding(value=one, confidence=1.0 if alone else 0.6, evidence=evidence)
            return Chosen([sheet], found, False)
        fallback = fallback or sheet
    if fallback is None:
        raise SourceEmpty(
            "no visible sheet holds anything",
            where=name,
            remedy=f"name a sheet under `sheet`: {', '.join(map(repr, names))}",
        )
    found = Finding(value=fallback.name, confidence=0.5, evidence="the first sheet with cells")
    return Chosen([fallback], found, False)


def _protected(name: str) -> SourceUnreadable:
    return SourceUnreadable(
        "the workbook is protected by a password",
        where=name,
        remedy="save it without a password, or ask for an open copy",
    )


def _reraise(error: BaseException) -> None:
    """Lets pass what is no fault of the workbook; a panic of the reader is no ``Exception``."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        raise error


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
