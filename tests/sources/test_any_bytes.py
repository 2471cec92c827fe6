"""Whatever bytes come: a table whose ledger balances and loses nothing, or one clear error."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import SourceError
from workbench.sources import files
from workbench.sources.files import Options
from workbench.sources.parsing.lines import count_lines
from workbench.sources.parsing.skeleton import spec_text
from workbench.spec.loader import parse_dataset

_CELLS = st.one_of(
    st.sampled_from(
        ["", "Total", "Fuente: X", "2024", "1.234,5", "01/02/2024", "NA", "-", "0012", "a b", '"x']
    ),
    st.text(alphabet="abñ 01.,-:#{}[]'\"\t&*!|>%@`", max_size=8),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    delimiter = draw(st.sampled_from([";", ",", "\t", "|"]))
    width = draw(st.integers(1, 5))
    lines = draw(st.lists(st.lists(_CELLS, min_size=1, max_size=width + 1), max_size=14))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(delimiter.join(line) for line in lines)
    return text.encode(draw(st.sampled_from(["utf-8", "latin-1", "utf-16"])))


@settings(max_examples=150, deadline=None)
@given(content=st.one_of(tables(), st.binary(max_size=200)))
def test_any_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(content)
        try:
            found = files.read(path, path.name, Options(path=("f.csv",)))
        except SourceError as error:
            assert error.where
            assert error.remedy
            return
        found.ledger.check()
        places = [*found.table.column("_row").to_pylist(), *found.unparseable["_row"].to_pylist()]
        assert len(set(places)) == len(places)
        encoding = found.detected["properties"]["encoding"]["value"]
        last = count_lines(content.decode(encoding, "replace").encode())
        assert all(1 <= place <= last for place in places)


@settings(max_examples=60, deadline=None)
@given(content=tables())
def test_the_spec_of_any_table_reads_it_alike(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(content)
        try:
            found = files.read(path, path.name, Options(path=("f.csv",)))
        except SourceError:
            return
        spec = parse_dataset(spec_text(path, path.parent))
        again = files.read(path, path.name, spec.source)
        assert again.table.num_rows == found.table.num_rows
        assert again.table.column_names == found.table.column_names
