"""The fast reading of records is the careful one, and both account for every line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import SourceUnreadable
from workbench.sources.parsing import records
from workbench.sources.parsing.lines import count_lines
from workbench.sources.parsing.options import RaggedOptions
from workbench.sources.parsing.records import Grammar, Records

_CELLS = st.text(alphabet="ab1é ;,\"'\n\r\t", max_size=6)
_RAW = st.text(alphabet='a1;"\n\r ,é', max_size=60)


def grammar(width: int = 2, quote: str = '"', **ragged: str) -> Grammar:
    merge_at = 1 if "merge_into" in ragged else None
    return Grammar(";", quote, width, RaggedOptions.model_validate(ragged), merge_at)


def quoted(cell: str, always: bool) -> str:
    needed = always or any(sign in cell for sign in ';"\r\n')
    return '"' + cell.replace('"', '""') + '"' if needed else cell


def plain(found: Records) -> tuple[object, ...]:
    columns = [column.to_pylist() for column in found.table.columns]
    return columns, found.rows.to_pylist(), sorted(found.bad), found.records, dict(found.notes)


def both(text: str, how: Grammar, line: int = 1) -> Records:
    """The careful reading, after proof that the fast one, where it dares, is the same."""
    data = text.encode()
    careful = records.read_careful(data, how, line=line, name="f.csv")
    fast = records.read_fast(data, how, line=line, name="f.csv") if data else None
    if fast is not None:
        assert plain(fast) == plain(careful)
    return careful


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.lists(_CELLS, min_size=1, max_size=4), min_size=1, max_size=12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    always=st.booleans(),
    long=st.sampled_from(["quarantine", "merge"]),
    short=st.sampled_from(["quarantine", "pad"]),
)
def test_fast_is_careful_on_well_formed_files(
    rows: list[list[str]], end: str, always: bool, long: str, short: str
) -> None:
    text = "".join(";".join(quoted(cell, always) for cell in row) + end for row in rows)
    ragged = {"long": long, "short": short} | ({"merge_into": "b"} if long == "merge" else {})
    found = both(text, grammar(3, **ragged), line=5)
    assert found.records == len(rows)
    assert found.table.num_rows + len(found.bad) == len(rows)
    fast = records.read_fast(text.encode(), grammar(3, **ragged), line=5, name="f.csv")
    assert fast is not None, "a well-formed file must not need the careful road"


@settings(max_examples=250, deadline=None)
@given(text=_RAW, width=st.integers(1, 4), quote=st.sampled_from(['"', "none"]))
def test_fast_is_careful_on_any_text(text: str, width: int, quote: str) -> None:
    try:
        found = both(text, grammar(width, quote), line=3)
    except SourceUnreadable as error:
        assert "not closed" in error.message
        assert records.read_fast(text.encode(), grammar(width, quote), line=3, name="f") is None
        return
    assert found.records == found.table.num_rows + len(found.bad)
    assert found.records <= count_lines(text.encode())


def test_rows_know_their_physical_line() -> None:
    found = both('a;b\r\n"1\r\n2";x\r\n\r\nc;d;e\r\n"q\nr\ns";t\r\nlast;one', grammar(), line=2)
    assert found.rows.to_pylist() == [2, 3, 5, 7, 10]
    assert found.bad == [(6, "c;d;e", "3 fields where 2 are expected")]
    assert found.table.column(0).to_pylist() == ["a", "1\r\n2", None, "q\nr\ns", "last"]


@pytest.mark.parametrize(
    ("ragged", "rows", "bad"),
    [
        ({}, [["1", "2"]], [2, 3]),
        ({"short": "pad"}, [["1", "2"], ["3", None]], [3]),
        ({"long": "merge", "merge_into": "b"}, [["1", "2"], ["4", "5;6"]], [2]),
    ],
)
def test_ragged_records(ragged: dict[str, str], rows: list[list[str]], bad: list[int]) -> None:
    found = both("1;2\n3\n4;5;6\n", grammar(**ragged))
    assert [list(row.values()) for row in found.table.to_pylist()] == rows
    assert [place for place, _, _ in found.bad] == bad


def test_ragged_stop_names_the_line() -> None:
    with pytest.raises(SourceUnreadable, match="3 fields where 2") as caught:
        records.read(b"1;2\n4;5;6\n", grammar(long="stop"), line=4, name="f.csv")
    assert caught.value.where == "f.csv:5"


def test_surplus_that_is_empty_is_accepted() -> None:
    found = both("1;2;;\n3;4\n", grammar())
    assert not found.bad
    assert found.notes["trailing_delimiters"] == 1


def test_text_after_a_closing_quote_is_refused_and_the_next_record_is_read() -> None:
    found = both('"Acme" Corp;1\nb;2\n', grammar())
    assert found.bad == [(1, '"Acme" Corp;1', "text follows a closing quote")]
    assert found.table.to_pylist() == [{"c0": "b", "c1": "2"}]
    assert both('"Acme" Corp;1\nb;2\n', grammar(quote="none")).table.num_rows == 2


def test_an_unclosed_quote_names_the_line_where_it_opens() -> None:
    with pytest.raises(SourceUnreadable, match="not closed") as caught:
        records.read(b'a;b\nc;"d\ne;f\ng;h\n', grammar(), line=1, name="f.csv")
    assert caught.value.where == "f.csv:2"
    assert "quote: none" in str(caught.value.remedy)


def test_a_record_with_nul_is_refused() -> None:
    found = records.read(b"a;b\nc;\x00d\ne;f\n", grammar(), line=1, name="f.csv")
    assert found.bad == [(2, "c;␀d", "holds a NUL character")]
    assert found.rows.to_pylist() == [1, 3]


def test_an_endless_field_is_an_error() -> None:
    data = b'a;"' + b"x" * (17 * 1024 * 1024) + b"\n"
    with pytest.raises(SourceUnreadable, match="longer than"):
        records.read(data, grammar(), line=1, name="f.csv")


def test_many_bad_records_keep_their_places() -> None:
    lines = [f"{i};x" if i % 7 else f"{i}" for i in range(20_000)]
    found = records.read("\n".join(lines).encode(), grammar(), line=1, name="f.csv")
    assert [place for place, _, _ in found.bad] == [i + 1 for i in range(0, 20_000, 7)]
    assert found.rows.to_pylist() == [i + 1 for i in range(20_000) if i % 7]
