"""From a received file to a dataset: what is detected, corrected, made and delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.config import Settings
from workbench.errors import WorkbenchError
from workbench.lake.raw import RawStore
from workbench.sources import files
from workbench.sources.parsing.skeleton import TypeChoice, spec_text
from workbench.spec.loader import load_project, parse_dataset
from workbench.steps.receiving import delivering
from workbench.steps.receiving.delivering import Origin, create, deliver, fit, outline
from workbench.steps.receiving.detecting import detection, reading_of

CSV = "id;monto;fecha\n1;1.234,5;03/04/2025\n2;7,25;13/04/2025\n3;x;14/04/2025\n"


@pytest.fixture
def received(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_text(CSV * 1)
    return path


def test_what_is_detected_can_be_corrected(received: Path) -> None:
    seen = detection(received, "ventas.csv")
    assert seen["properties"]["delimiter"]["value"] == ";"
    assert [one["name"] for one in seen["columns"]] == ["id", "monto", "fecha"]
    assert seen["rows"][0] == ["1", "1.234,5", "03/04/2025"]
    assert seen["row_numbers"] == [2, 3, 4]
    assert not seen["partial"]
    types = {"monto": TypeChoice(type="decimal(18,2)", decimal=",", thousands=".")}
    seen = detection(received, "ventas.csv", types=types)
    assert seen["casts"]["monto"] == {
        "values": 3,
        "failed": 1,
        "examples": [{"row": 4, "text": "x"}],
    }
    wrong = {"monto": TypeChoice(type="decimal(18,2)", decimal=".")}
    assert detection(received, "ventas.csv", types=wrong)["casts"]["monto"]["failed"] == 3
    whole = detection(received, "ventas.csv", reading_of({"delimiter": "|"}))
    assert len(whole["columns"]) == 1
    assert whole["properties"]["delimiter"]["given"]


def test_bad_lines_come_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_text("a;b\n1;2\n3\n4;5;6\n7;8\n")
    seen = detection(path, "x.csv")
    assert [(each["_row"], each["text"]) for each in seen["unparseable"]] == [
        (3, "3"),
        (4, "4;5;6"),
    ]
    padded = detection(path, "x.csv", reading_of({"ragged": {"short": "pad"}}))
    assert [each["_row"] for each in padded["unparseable"]] == [4]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_a_large_file_the_head_is_looked_at(tmp_path: Path, end: str) -> None:
    path = tmp_path / "content"
    rows = (f'{n};"año {n}{end}second line";{n},5' for n in range(80_000))
    path.write_bytes(f"id;nota;monto{end}{end.join(rows)}{end}TOTAL;;9{end}".encode("latin-1"))
    head = detection(path, "x.csv")
    assert head["partial"] and head["looked_at"] < head["bytes"]
    assert head["unparseable"] == []  # no record is cut
    assert head["properties"]["encoding"]["value"] == "latin-1"
    assert "footer" not in head["properties"]
    whole = detection(path, "x.csv", whole=True)
    assert not whole["partial"]
    assert whole["ledger"]["parsed"] == 80_000
    assert head["columns"][1]["name"] == whole["columns"][1]["name"] == "nota"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"delimiter": ";;"}, "a delimiter is one ASCII character"),
        ({"encoding": "klingon"}, "not a text encoding"),
        ({"decimal": ",", "thousands": ","}, "are both"),
        ({"header": 0}, "greater than or equal to 1"),
        ({"nothing": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_correction_is_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(WorkbenchError, match=said):
        reading_of(given)


def test_a_type_that_means_nothing_is_told(received: Path) -> None:
    with pytest.raises(WorkbenchError, match="format") as caught:
        detection(received, "x.csv", types={"fecha": TypeChoice(type="date", format="%Q")})
    assert caught.value.where == "column fecha"


def test_a_new_dataset_is_made_of_a_file(settings: Settings, received: Path) -> None:
    origin = Origin(received, "Ventas 2025-03.csv")
    types = {"fecha": TypeChoice(type="date", format="%d/%m/%Y")}
    made = create(settings, origin, "ventas", reading_of({"decimal": ","}), types)
    spec = load_project(settings).dataset("ventas")
    assert made.file == settings.project / "inbox" / "ventas" / "Ventas_2025-03.csv"
    assert made.file.read_text() == CSV
    assert [each.path for each in files.find(spec.source, settings)] == [made.file]
    assert spec.source.path == ("inbox/ventas/*.csv",)
    assert spec.source.decimal == ","
    assert "# decimal: chosen by hand" in made.text
    assert 'fecha: {type: date, format: "%d/%m/%Y"}' in made.text
    assert "date, chosen by hand" in made.text


def test_the_spec_can_be_seen_before_it_is_written(settings: Settings, received: Path) -> None:
    seen = outline(settings, Origin(received, "ventas_2025.csv"))
    assert seen.dataset == "ventas"
    assert parse_dataset(seen.text).dataset == "ventas"
    assert not seen.spec.exists() and not seen.file.exists()


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        ({"header": "none"}, "header: {names: ["),
        ({"header": {"line": 2, "rows": 1}}, "header: {line: 2, rows: 1}"),
        ({"quote": "none"}, "quote: "),
        ({"null_values": ["x", "-"]}, 'null_values: [x, "-"]'),
        ({"footer": 1}, "footer: 1"),
        ({"footer": "none"}, "footer: "),
        ({"thousands": "."}, 'thousands: "."'),
        ({"encoding": "cp1252"}, "encoding: cp1252"),
    ],
)
def test_corrections_stand_in_the_spec_and_read_alike(
    received: Path, reading: dict[str, object], says: str
) -> None:
    options = reading_of(reading)
    text = spec_text(received, received.parent, name="x", options=options)
    assert says in text
    spec = parse_dataset(text)
    again = files.read(received, "content", spec.source)
    assert again.ledger == files.read(received, "content", options).ledger


def test_a_file_of_the_project_is_used_where_it_is(settings: Settings) -> None:
    path = settings.project / "inbox" / "stock_2025-01.csv"
    path.write_text(CSV)
    made = create(settings, Origin(path, path.name, stays=True))
    assert made.dataset == "stock"
    assert made.file == path
    assert load_project(settings).dataset("stock").source.path == ("inbox/stock_2025-01.csv",)


@pytest.mark.parametrize("name", ["Ventas!", "select", "x y", "../x", "1a", "x" * 80])
def test_a_wrong_name_makes_nothing(settings: Settings, received: Path, name: str) -> None:
    try:
        create(settings, Origin(received, "a.csv"), name)
    except WorkbenchError:
        assert list(settings.specs.rglob("*.yml")) == []
        assert list(settings.project.glob("inbox/*")) == []
    else:  # a word that our names allow
        assert load_project(settings).dataset(name)


def test_a_name_that_is_taken_makes_nothing(settings: Settings, received: Path) -> None:
    create(settings, Origin(received, "a.csv"), "ventas")
    before = sorted(settings.project.rglob("*"))
    with pytest.raises(WorkbenchError, match="there is a dataset 'ventas' already"):
        create(settings, Origin(received, "b.csv"), "ventas")
    assert sorted(settings.project.rglob("*")) == before


def test_a_spec_that_cannot_be_written_leaves_no_file(
    settings: Settings, received: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(delivering.durable, "write", full)
        with pytest.raises(OSError, match="No space"):
            create(settings, Origin(received, "a.csv"), "ventas")
    assert [path for path in settings.project.rglob("*") if path.is_file()] == []
    assert create(settings, Origin(received, "a.csv"), "ventas").spec.exists()


def dataset(settings: Settings, path: str) -> None:
    (settings.specs / "datasets" / "ventas.yml").write_text(
        f"dataset: ventas\nsource: {{path: {path!r}}}\ntransforms: []\ncolumns: {{}}\n"
        "targets: [{connection: warehouse, strategy: append}]\n"
    )


@pytest.mark.parametrize(
    ("pattern", "name", "place"),
    [
        ("inbox/*.csv", "marzo.csv", "inbox/marzo.csv"),
        ("inbox/ventas_*.csv", "ventas_3.csv", "inbox/ventas_3.csv"),
        ("inbox/ventas_*.csv", "export (1).csv", "inbox/ventas_export_1.csv"),
        ("inbox/*.csv", "report.txt", "inbox/report.csv"),
        ("inbox/ventas.csv", "x.csv", "inbox/ventas.csv"),
        ("inbox/**/v*.csv", "v1.csv", "inbox/v1.csv"),
        ("inbox/*", "b.xlsx", "inbox/b.xlsx"),
    ],
)
def test_a_delivery_goes_where_the_next_run_finds_it(
    settings: Settings, received: Path, pattern: str, name: str, place: str
) -> None:
    dataset(settings, pattern)
    project = load_project(settings)
    origin = Origin(received, name)
    assert fit(settings, project, "ventas", origin).place == place
    delivered = deliver(settings, project, "ventas", origin)
    assert delivered == settings.project / place
    assert delivered.read_text() == CSV


def test_a_pattern_that_no_name_fits_takes_nothing(settings: Settings, received: Path) -> None:
    dataset(settings, "inbox/[0-9][0-9]/v?.csv")
    project = load_project(settings)
    with pytest.raises(WorkbenchError, match="no name for the file fits"):
        deliver(settings, project, "ventas", Origin(received, "x.csv"))
    assert list(settings.project.glob("inbox/*.csv")) == []


def test_a_second_file_of_a_name_stands_beside_the_first(
    settings: Settings, received: Path, tmp_path: Path
) -> None:
    dataset(settings, "inbox/*.csv")
    project = load_project(settings)
    first = deliver(settings, project, "ventas", Origin(received, "a.csv"))
    other = tmp_path / "other"
    other.write_text("id;monto;fecha\n9;1;01/01/2025\n")
    second = deliver(settings, project, "ventas", Origin(other, "a.csv"))
    assert (first.name, second.name) == ("a.csv", "a_2.csv")
    assert first.read_text() == CSV


def test_what_is_replaced_is_kept_in_raw(
    settings: Settings, received: Path, tmp_path: Path
) -> None:
    dataset(settings, "inbox/ventas.csv")
    project = load_project(settings)
    deliver(settings, project, "ventas", Origin(received, "a.csv"))
    other = tmp_path / "other"
    other.write_text("id;monto;fecha\n9;1;01/01/2025\n")
    with pytest.raises(WorkbenchError, match="a file in its place already"):
        deliver(settings, project, "ventas", Origin(other, "b.csv"))
    place = deliver(settings, project, "ventas", Origin(other, "b.csv"), replace=True)
    assert place.read_text() == other.read_text()
    kept = [path for path in RawStore(settings).folder.rglob("*") if path.is_file()]
    assert [path.read_text() for path in kept] == [CSV]


def test_how_a_file_fits_is_told(settings: Settings, received: Path, tmp_path: Path) -> None:
    dataset(settings, "inbox/*.csv")
    project = load_project(settings)
    deliver(settings, project, "ventas", Origin(received, "a.csv"))
    same = fit(settings, project, "ventas", Origin(received, "b.csv"))
    assert (same.missing, same.new, same.fault, same.exists) == ((), (), None, False)
    other = tmp_path / "other"
    other.write_text("id;monto;zona\n1;2;3\n4;5;6\n")
    differs = fit(settings, project, "ventas", Origin(other, "a.csv"))
    assert (differs.missing, differs.new, differs.exists) == (("fecha",), ("zona",), True)
    other.write_bytes(b"%PDF-1.7 ...")
    assert "PDF" in (fit(settings, project, "ventas", Origin(other, "c.csv")).fault or "")
