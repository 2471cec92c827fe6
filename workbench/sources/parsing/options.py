"""How a file is to be read. Whatever is left out is detected, and the detection is recorded."""

from __future__ import annotations

import codecs
import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from workbench.errors import SourceError
from workbench.model.value import Options
from workbench.sources.parsing.headers import safe_name

NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_RANGE = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+:\$?[A-Za-z]{1,3}\$?\d*")
_COLUMNS = re.compile(r"[A-Za-z]{1,3}(:[A-Za-z]{1,3})?(\s*,\s*[A-Za-z]{1,3}(:[A-Za-z]{1,3})?)*")


class HeaderOptions(Options):
    """Where the column names stand.

    Several header rows are joined by ``_``; blank cells of the upper ones are filled from the left.
    Safe names are made from the headers by the rule in ``headers``.
    """

    line: int | None = Field(
        default=None,
        ge=1,
        description="line or Excel row of the first header row, from 1; preamble is above it",
    )
    rows: int | None = Field(
        default=None, ge=0, le=20, description="how many rows the header has; 0: there is none"
    )
    names: tuple[str, ...] | None = Field(
        default=None,
        description="the names, in order; the file then has no header, unless line or rows is "
        "given: these names then replace its own",
    )

    @model_validator(mode="after")
    def _coherent(self) -> HeaderOptions:
        if self.names is not None and not self.names:
            raise ValueError("names is empty; give at least one name or leave it out")
        if self.rows == 0 and self.line is not None:
            raise ValueError("rows: 0 says that there is no header, but line is given")
        return self


class FooterOptions(Options):
    """Which records at the end are no data. Give one of the three; blank records never count."""

    rows: int | None = Field(
        default=None, ge=0, le=100_000, description="how many records; 0: there is no footer"
    )
    match: tuple[str, ...] = Field(
        default=(),
        description="regular expressions: the last records are footer as long as one of them is "
        "found in their text",
    )
    start: str | None = Field(
        default=None,
        description="a regular expression for the first record of the footer: it and everything "
        "below it",
    )

    @field_validator("match", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _coherent(self) -> FooterOptions:
        if sum((self.rows is not None, bool(self.match), self.start is not None)) != 1:
            raise ValueError("give exactly one of rows, match, start")
        for pattern in (*self.match, *([self.start] if self.start else [])):
            _compile(pattern)
        return self


class RaggedOptions(Options):
    """What is done with records that have too few or too many fields.

    A record that goes to quarantine keeps its text, line and reason. Surplus fields that are empty
    are always accepted.
    """

    short: Literal["pad", "quarantine", "stop"] = Field(
        default="quarantine",
        description="too few fields: fill with null, quarantine the record, or stop the run",
    )
    long: Literal["quarantine", "stop", "merge"] = Field(
        default="quarantine",
        description="too many fields: quarantine the record, stop the run, or merge the surplus "
        "into one column, as when a delimiter stands unquoted in an address",
    )
    merge_into: str | None = Field(
        default=None, description="the column that takes the surplus, with long: merge"
    )

    @model_validator(mode="after")
    def _coherent(self) -> RaggedOptions:
        if (self.long == "merge") != (self.merge_into is not None):
            raise ValueError("long: merge and merge_into: <column> go together")
        return self


class SheetPattern(Options):
    """Sheets whose name matches a regular expression (the whole name)."""

    matches: str = Field(description="a regular expression for the whole name of a sheet")

    @field_validator("matches")
    @classmethod
    def _valid(cls, value: str) -> str:
        _compile(value)
        return value


SheetName = str | int


class ReadOptions(Options):
    """Options of reading one file; all of them are optional.

    ``decimal`` and ``thousands`` do not change what bronze holds (it keeps the text as received);
    they are recorded and used when types are guessed.
    """

    format: Literal["auto", "csv", "excel"] = Field(
        default="auto", description="auto: by the bytes of the file, whatever its name"
    )
    encoding: str | None = Field(
        default=None, description="utf-8, latin-1, cp1252, utf-16 or another Python codec"
    )
    delimiter: str | None = Field(
        default=None, description="one character, or tab, comma, semicolon, pipe"
    )
    quote: str | None = Field(
        default=None, description="the character that encloses fields, or none"
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="the decimal mark; recorded, and used to guess types"
    )
    thousands: Literal[".", ",", " ", "'", "none"] | None = Field(
        default=None, description="the mark between groups of digits; as decimal"
    )
    header: HeaderOptions | None = Field(
        default=None, description="where the names are; a number is the line, none: no header"
    )
    preamble: int | None = Field(
        default=None, ge=0, description="how many lines stand above the header"
    )
    footer: FooterOptions | None = Field(
        default=None, description="records at the end that are no data; a number is how many"
    )
    null_values: tuple[str, ...] | None = Field(
        default=None,
        description="texts that mean nothing, in every column, such as NA or -; default: those "
        "detected, in the columns where they were",
    )
    ragged: RaggedOptions = Field(
        default=RaggedOptions(), description="records with too few or too many fields"
    )
    sheet: SheetName | tuple[SheetName, ...] | SheetPattern | None = Field(
        default=None,
        description="Excel: a sheet by name or number from 1, a list of them, or "
        "{matches: pattern}; a list or pattern adds the column sheet",
    )
    skip_hidden: bool = Field(
        default=True, description="Excel: a pattern passes over hidden sheets"
    )
    range: str | None = Field(
        default=None, description="Excel: the cells of the table with its header, such as A3:AB72"
    )
    columns: str | None = Field(
        default=None, description="Excel: the columns of the table, such as A:AB or A,C:F"
    )
    stop_at_blank: bool = Field(default=False, description="the table ends at its first blank row")
    values_from_name: str | None = Field(
        default=None,
        description="a regular expression searched in the file's name; its named groups become "
        r"text columns, such as (?P<year>\d{4})",
    )

    @field_validator(
        "header",
        mode="before",
        json_schema_input_type=HeaderOptions | int | Literal["none"] | None,
    )
    @classmethod
    def _header(cls, value: Any) -> Any:
        if value == "none":
            return {"rows": 0}
        if isinstance(value, int) and not isinstance(value, bool):
            return {"line": value}
        return value

    @field_validator(
        "footer",
        mode="before",
        json_schema_input_type=FooterOptions | int | Literal["none"] | None,
    )
    @classmethod
    def _footer(cls, value: Any) -> Any:
        if value == "none":
            return {"rows": 0}
        if isinstance(value, int) and not isinstance(value, bool):
            return {"rows": value}
        return value

    @field_validator(
        "null_values", mode="before", json_schema_input_type=str | tuple[str, ...] | None
    )
    @classmethod
    def _markers(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        if value is None or value == "auto":
            return None
        try:
            "".encode(codecs.lookup(value).name)
        except (LookupError, TypeError, UnicodeError):
            raise ValueError(
                f"{value!r} is not a text encoding; common ones are utf-8, latin-1, cp1252, "
                "utf-16, cp850, mac_roman"
            ) from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _delimiter(cls, value: str | None) -> str | None:
        if value is None or value == "auto":
            return None
        value = NAMED_DELIMITERS.get(value, value)
        if len(value) != 1 or not value.isascii() or value in '\r\n"':
            raise ValueError(
                f"{value!r}: a delimiter is one ASCII character, or tab, comma, semicolon, pipe"
            )
        return value

    @field_validator("quote")
    @classmethod
    def _quote(cls, value: str | None) -> str | None:
        if value is None or value in ("auto", "none"):
            return None if value != "none" else "none"
        if len(value) != 1 or not value.isascii() or value in "\r\n":
            raise ValueError(f"{value!r}: a quote is one ASCII character, or none")
        return value

    @field_validator("range")
    @classmethod
    def _range(cls, value: str | None) -> str | None:
        if value is not None and not _RANGE.fullmatch(value):
            raise ValueError(f"{value!r} is not a range of cells such as A3:AB72 or A3:AB")
        return value

    @field_validator("columns")
    @classmethod
    def _columns(cls, value: str | None) -> str | None:
        if value is not None and not _COLUMNS.fullmatch(value):
            raise ValueError(f"{value!r} is not a choice of columns such as A:AB or A,C:F")
        return value

    @field_validator("values_from_name")
    @classmethod
    def _from_name(cls, value: str | None) -> str | None:
        if value is None:
            return None
        names = list(_compile(value).groupindex)
        if not names:
            raise ValueError(
                r"the pattern has no named group; write one as (?P<year>\d{4}), for instance"
            )
        for name in names:
            if safe_name(name) != name:
                raise ValueError(f"the group {name!r} is no column name; use {safe_name(name)!r}")
        return value

    def values_of(self, name: str) -> dict[str, str]:
        """What ``values_from_name`` finds in a name; ``SourceError`` if it does not fit."""
        if self.values_from_name is None:
            return {}
        match = re.search(self.values_from_name, name)
        if match is None:
            raise SourceError(
                f"the file's name does not match values_from_name {self.values_from_name!r}",
                where=name,
                remedy="rename the file, or mend the pattern in the spec",
            )
        return {group: value or "" for group, value in match.groupdict().items()}

    @model_validator(mode="after")
    def _coherent(self) -> ReadOptions:
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        if self.delimiter is not None and self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote are both {self.quote!r}")
        if self.preamble is not None and self.header is not None and self.header.line is not None:
            raise ValueError("preamble and header.line both say where the header is; give one")
        if self.range is not None and self.columns is not None:
            raise ValueError("range and columns both say which columns; give one")
        return self


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
