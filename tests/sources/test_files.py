"""Source files: finding, reading, observing; encodings, headers, footers and values from names."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from workbench.config import Settings
from workbench.errors import (
    HeaderMissing,
    SourceEmpty,
    SourceError,
    SourceMissing,
    SourceUnreadable,
)
from workbench.sources import files
from workbench.sources.files import Options
from workbench.sources.parsing.finding import Parsed

TEXT = "Código;Región;Monto\n1;Ñuble;1.131,59\n2;Aysén;20,10\n3;Biobío;-5,00\n"


def parse(folder: Path, content: str | bytes, name: str = "f.csv", **options: object) -> Parsed:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return files.read(path, name, Options.model_validate({"path": name, **options}))


def rows(parsed: Parsed) -> list[list[object]]:
    return [list(row.values())[: len(parsed.columns)] for row in parsed.table.to_pylist()]


def names(parsed: Parsed) -> list[str]:
    return [column.name for column in parsed.columns]


@pytest.mark.parametrize(
    ("codec", "detected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("latin-1", "latin-1"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp850", "cp850"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encodings_are_detected_and_may_be_given(tmp_path: Path, codec: str, detected: str) -> None:
    found = parse(tmp_path, TEXT.encode(codec))
    assert found.detected["properties"]["encoding"]["value"] == detected
    assert rows(found)[0] == ["1", "Ñuble", "1.131,59"]
    assert [c.original for c in found.columns] == ["Código", "Región", "Monto"]
    stated = parse(tmp_path, TEXT.encode(codec), encoding=codec)
    assert stated.table == found.table
    assert stated.detected["properties"]["encoding"]["given"] is True


def test_cp1252_is_told_from_latin_1_by_its_signs(tmp_path: Path) -> None:
    found = parse(tmp_path, "a;b\ncafé “x” 5 €;1\nniño;2\n".encode("cp1252"))
    assert found.detected["properties"]["encoding"]["value"] == "cp1252"
    assert rows(found)[0][0] == "café “x” 5 €"


def test_damaged_utf8_names_byte_and_line_and_is_never_read_as_latin_1(tmp_path: Path) -> None:
    good = "nombre;n\n" + "Ñuñoa, región;1\n" * 200
    with pytest.raises(SourceUnreadable, match="0xff at offset") as caught:
        parse(tmp_path, good.encode() + b"rota\xff;2\n")
    assert "line 202" in str(caught.value)
    assert "tried" in str(caught.value)


def test_a_wrong_encoding_given_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"byte 0xf3 at offset 1 \(line 1\)"):
        parse(tmp_path, TEXT.encode("latin-1"), encoding="utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    found = parse(tmp_path, TEXT.replace("\n", end))
    assert found.table.num_rows == 3
    assert found.table.column("_row").to_pylist() == [2, 3, 4]
    assert found.detected["properties"]["line_ends"]["value"] == {
        "\n": "lf", "\r\n": "crlf", "\r": "cr",
    }[end]  # fmt: skip


def test_every_record_is_accounted_for(tmp_path: Path) -> None:
    text = (
        "Informe mensual\n\nid;nombre;monto\n1;a;10\n\n2;b\n;;\n3;c;30\n4;d;40;x\n"
        "TOTAL;;80\nFuente: Ministerio\n\n"
    )
    found = parse(tmp_path, text)
    ledger = found.ledger
    assert (ledger.records, ledger.preamble, ledger.header) == (12, 2, 1)
    assert (ledger.blank, ledger.footer, ledger.parsed, ledger.unparseable) == (3, 2, 2, 2)
    assert found.detected["preamble"] == ["Informe mensual", ""]
    assert found.detected["footer"] == ["TOTAL;;80", "Fuente: Ministerio"]
    assert found.table.column("_row").to_pylist() == [4, 8]
    assert found.unparseable.to_pylist() == [
        {"_source": "f.csv", "_row": 6, "text": "2;b", "reason": "2 fields where 3 are expected"},
        {"_source": "f.csv", "_row": 9, "text": "4;d;40;x",
         "reason": "4 fields where 3 are expected"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("footer", "kept"),
    [
        ({"rows": 2}, 2), (0, 4), ({"match": "^Fuente"}, 3), ({"start": "^3;"}, 2),
        ({"match": ["^Fuente", "^3"]}, 2), ("none", 4),
    ],
)  # fmt: skip
def test_a_footer_that_is_given(tmp_path: Path, footer: object, kept: int) -> None:
    text = "id;nombre\n1;a\n2;b\n3;c\nFuente: X;y\n\n"
    found = parse(tmp_path, text, footer=footer)
    assert found.table.num_rows == kept
    assert found.ledger.footer == 4 - kept
    assert found.ledger.blank == 1


def test_a_footer_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = parse(tmp_path, TEXT, footer={"match": "RESULTADO"})
    assert found.table.num_rows == 3
    assert "footer" in found.warnings[0]


def test_stop_at_blank(tmp_path: Path) -> None:
    found = parse(tmp_path, "a;b\n1;x\n2;y\n\nother;table\n\n9;9\n\n", stop_at_blank=True)
    assert (found.table.num_rows, found.ledger.footer, found.ledger.blank) == (2, 2, 3)


def test_options_of_workbooks_do_not_fit_text(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="`sheet` is for workbooks"):
        parse(tmp_path, TEXT, sheet="Hoja1")


def test_a_last_row_that_looks_like_the_others_stays(tmp_path: Path) -> None:
    found = parse(tmp_path, "pais;n\nChile;1\nTotal;2\nPeru;3\nTotal;5\n")
    assert found.table.num_rows == 4


def test_header_choices(tmp_path: Path) -> None:
    text = "2024;x\n2025;y\n"
    assert names(parse(tmp_path, text, header="none")) == ["column_1", "column_2"]
    given = parse(tmp_path, text, header={"names": ["Año", "Año"]})
    assert names(given) == ["ano", "ano_2"]
    assert given.table.num_rows == 2
    instead = parse(tmp_path, "a;b\n1;2\n", header={"names": ["x", "y"], "line": 1})
    assert (names(instead), instead.ledger.header, instead.table.num_rows) == (["x", "y"], 1, 1)
    two = parse(tmp_path, "n;2023;;2024;\n;a;b;a;b\n1;2;3;4;5\n", header={"rows": 2, "line": 1})
    assert names(two) == ["n", "c_2023_a", "c_2023_b", "c_2024_a", "c_2024_b"]
    below = parse(tmp_path, "x\ny;z\na;b\n1;2\n", preamble=2)
    assert (names(below), below.ledger.preamble) == (["a", "b"], 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"header": 9}, "the file has 4 lines"),
        ({"header": {"line": 4, "rows": 2}}, "not there"),
        ({"header": {"names": ["a", "b", "c", "d"]}}, "4 names, and records have 3 fields"),
        ({"ragged": {"long": "merge", "merge_into": "calle"}}, "no column 'calle'"),
    ],
)
def test_a_header_that_is_not_there(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(HeaderMissing, match=said) as caught:
        parse(tmp_path, TEXT, **options)
    assert caught.value.remedy


def test_a_blank_header_line_is_missing(tmp_path: Path) -> None:
    with pytest.raises(HeaderMissing, match="blank"):
        parse(tmp_path, "\na;b\n1;2\n", header=1)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", SourceEmpty, "0 bytes"),
        (b"\n \r\n\n", SourceEmpty, "only blank lines"),
        (b"%PDF-1.7 ...", SourceUnreadable, "PDF"),
        (b"\x1f\x8b\x08abc", SourceUnreadable, "gzip"),
        (bytes(range(256)) * 20, SourceUnreadable, "binary"),
        (b"PK\x03\x04 no archive at all", SourceUnreadable, "damaged"),
    ],
)
def test_what_is_no_table(
    tmp_path: Path, content: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        parse(tmp_path, content)
    assert getattr(caught.value, "where", "").startswith("f.csv")
    assert getattr(caught.value, "remedy", "")


def test_header_only_is_a_table_without_rows(tmp_path: Path) -> None:
    found = parse(tmp_path, "a;b;c\n")
    assert (names(found), found.table.num_rows) == (["a", "b", "c"], 0)
    assert "no data rows" in found.warnings


def test_null_markers(tmp_path: Path) -> None:
    text = "pais,x,y\nNA,1,NULL\nCL,NA,a\nPE,-,b\nAR,4,NA\n"
    found = parse(tmp_path, text)
    assert [row[1:] for row in rows(found)] == [
        ["1", None], [None, "a"], [None, "b"], ["4", "NA"],
    ]  # fmt: skip
    assert rows(found)[0][0] == "NA", "a country, not nothing"
    assert found.ledger.notes["null_markers"] == 3
    stated = parse(tmp_path, text, null_values=["NA"])
    assert rows(stated)[0] == [None, "1", "NULL"]


def test_values_stay_as_received(tmp_path: Path) -> None:
    found = parse(tmp_path, 'id;t\n007;"  x ""y""  "\n1;1,0\n', header=1)
    assert rows(found) == [["007", '  x "y"  '], ["1", "1,0"]]


def test_types_are_guessed_with_what_is_not_sure(tmp_path: Path) -> None:
    text = "cod;f1;f2;m;us;e;b\n" + "".join(
        f"{i:03d};{i % 28 + 1:02d}/03/2024;0{i % 9 + 1}/05/2024;1.{i:03d},5;{i},000;{i},5E-3;sí\n"
        for i in range(1, 40)
    )
    guesses = {one["name"]: one for one in parse(tmp_path, text).detected["columns"]}
    assert "type" not in guesses["cod"], "codes with leading zeros stay text"
    assert guesses["f1"]["format"] == "%d/%m/%Y"
    assert "ambiguous" not in guesses["f1"]
    assert "%m/%d/%Y" in guesses["f2"]["ambiguous"]
    assert (guesses["m"]["decimal"], guesses["m"]["thousands"]) == (",", ".")
    assert guesses["m"]["type"] == "decimal(18,1)"
    assert guesses["e"]["type"] == "number"


def test_a_delimiter_in_every_record_beyond_the_header_is_harmless(tmp_path: Path) -> None:
    found = parse(tmp_path, "a;b\n1;2;\n3;4;\n5;6;\n")
    assert names(found) == ["a", "b"]
    assert found.ledger.notes == {"trailing_delimiters": 3}


def test_one_column(tmp_path: Path) -> None:
    found = parse(tmp_path, "name\nAna\n\nLuis\n")
    assert rows(found) == [["Ana"], ["Luis"]]
    assert found.ledger.blank == 1


def test_values_from_the_name(tmp_path: Path) -> None:
    pattern = r"ejecucion_(?P<year>\d{4})-(?P<month>\d{2})"
    found = parse(tmp_path, TEXT, "ejecucion_2024-03.csv", values_from_name=pattern)
    assert names(found)[-2:] == ["year", "month"]
    assert found.table.column_names[-4:] == ["year", "month", "_source", "_row"]
    assert rows(found)[0][-2:] == ["2024", "03"]
    with pytest.raises(SourceError, match="does not match"):
        parse(tmp_path, TEXT, "other.csv", values_from_name=pattern)
    with pytest.raises(SourceError, match="name of a column"):
        parse(tmp_path, TEXT, "a1.csv", values_from_name=r"a(?P<monto>\d)")


def test_find(settings: Settings) -> None:
    inbox = settings.project / "inbox"
    for name in ("b.csv", "a.csv", ".hidden.csv", "~$x.csv", "old/a.csv"):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_text("x")
    plain = files.find(Options(path=("inbox/*.csv",)), settings)
    assert [one.name for one in plain] == ["a.csv", "b.csv"]
    deep = files.find(Options(path=("inbox/**/*.csv",)), settings)
    assert [one.name for one in deep] == ["a.csv", "b.csv", "old/a.csv"]
    twice = files.find(Options(path=("inbox/*.csv", "inbox/old/*.csv")), settings)
    assert [one.name for one in twice] == ["b.csv", "inbox/a.csv", "inbox/old/a.csv"]
    outside = files.find(Options(path=(str(inbox / "a.csv"),)), settings)
    assert outside[0].path == inbox / "a.csv"


def test_find_says_what_is_near(settings: Settings) -> None:
    (settings.project / "inbox" / "budget_2024.csv").write_text("x")
    with pytest.raises(SourceMissing, match=r"no file matches 'inbox/budgets_\*.csv'") as caught:
        files.find(Options(path=("inbox/budgets_*.csv",)), settings)
    assert "budget_2024.csv" in caught.value.message
    with pytest.raises(SourceMissing, match="no folder 'inbx'"):
        files.find(Options(path=("inbx/*.csv",)), settings)


def test_a_project_folder_with_wildcards_in_its_name(tmp_path: Path) -> None:
    project = tmp_path / "pro[1]*"
    (project / "in").mkdir(parents=True)
    (project / "in" / "a.csv").write_text("x")
    found = files.find(Options(path=("in/*.csv",)), Settings(project, environ={}))
    assert [one.name for one in found] == ["a.csv"]


def test_observe_reads_the_head_of_the_newest(settings: Settings) -> None:
    inbox = settings.project / "inbox"
    (inbox / "f_1.csv").write_text("a;b\n1;2\n")
    big = "id;Año;Monto\n" + "1;2024;1,5\n" * 2_000_000
    (inbox / "f_2.csv").write_text(big, encoding="latin-1")
    os.utime(inbox / "f_1.csv", (1, 1))
    options = Options(path=("inbox/f_*.csv",), values_from_name=r"f_(?P<part>\d)")
    files.observe(options, settings)
    started = time.perf_counter()
    columns = files.observe(options, settings)
    assert time.perf_counter() - started < 0.5, "22 MB must not be read for its columns"
    assert [column.name for column in columns] == ["id", "ano", "monto", "part"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"delimiter": ";;"}, "one ASCII character"),
        ({"encoding": "utf9"}, "not a text encoding"),
        ({"encoding": "base64"}, "not a text encoding"),
        ({"footer": {"rows": 1, "match": "x"}}, "exactly one"),
        ({"values_from_name": r"(\d+)"}, "no named group"),
        ({"values_from_name": r"(?P<Year>\d+)"}, "use 'year'"),
        ({"values_from_name": r"(?P<y"}, "not a regular expression"),
        ({"ragged": {"long": "merge"}}, "go together"),
        ({"decimal": ",", "thousands": ","}, "both"),
        ({"preamble": 2, "header": 3}, "give one"),
        ({"range": "A3-B4"}, "not a range"),
        ({"path": " "}, "blank"),
        ({"delimeter": ";"}, "Extra inputs"),
    ],
)
def test_wrong_options(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Options.model_validate({"path": "x.csv", **options})


def test_options_are_light_to_import() -> None:
    code = (
        "import sys, workbench.sources.files as f; f.Options(path='x.csv');"
        "print([m for m in ('pyarrow','polars','fastexcel','charset_normalizer','numpy') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_short_forms_are_in_the_json_schema() -> None:
    import jsonschema

    schema = Options.model_json_schema()
    for short in (
        {"path": "x", "header": 3, "footer": "none", "null_values": "NA"},
        {"path": ["a", "b"], "header": "none", "footer": {"match": "RESULTADO"}},
    ):
        jsonschema.validate(short, schema)
        options = Options.model_validate(short)
        assert Options.model_validate(options.model_dump(exclude_unset=True)) == options
    assert all("description" in each for each in schema["properties"].values())


def test_line_ends_within_quotes_belong_to_the_field(tmp_path: Path) -> None:
    found = parse(tmp_path, 'id,name\n1,"a\nb"\n2,c\n')
    assert rows(found) == [["1", "a\nb"], ["2", "c"]]
    assert found.table.column("_row").to_pylist() == [2, 4]
    inches = parse(tmp_path, 'id,size\n1,"5\n2,7\n3,"8 wide\n4,9\n')
    assert rows(inches) == [["1", '"5'], ["2", "7"], ["3", '"8 wide'], ["4", "9"]]


def test_a_table_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="5,000 columns") as caught:
        parse(tmp_path, ",".join(f"c{n}" for n in range(5000)) + "\n" + "1," * 4999 + "1\n")
    assert caught.value.where == "f.csv:1"


def test_a_file_that_cannot_be_read_at_once_is_refused_before_it_is_kept(
    settings: Settings,
) -> None:
    with (settings.project / "inbox" / "big.csv").open("wb") as file:
        file.truncate(files.MOST_BYTES + 1)
    with pytest.raises(SourceUnreadable, match=r"4\.3 GB") as caught:
        files.find(Options(path=("inbox/*.csv",)), settings)
    assert caught.value.remedy == "have it delivered in parts"
