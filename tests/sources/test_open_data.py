"""Real public files are read right without a word in the spec, or with few."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workbench.sources import files
from workbench.sources.files import Options
from workbench.sources.parsing.finding import Parsed


@pytest.fixture(scope="session")
def folder(shared_data: Path) -> Path:
    return shared_data / "open"


def parse(folder: Path, name: str, **options: Any) -> Parsed:
    found = files.read(folder / name, name, Options.model_validate({"path": name, **options}))
    found.ledger.check()
    return found


def texts(parsed: Parsed, column: str) -> list[Any]:
    return list(parsed.table.column(column).to_pylist())


def total(parsed: Parsed, columns: list[str]) -> Decimal:
    return sum(
        (Decimal(text) for column in columns for text in texts(parsed, column) if text), Decimal(0)
    )


@pytest.mark.parametrize(
    ("name", "rows", "columns", "unparseable"),
    [
        ("cl_muertes_deis_rm.csv", 1092, 14, 0),
        ("cl_covid_comunas__2020-05-16.csv", 346, 21, 0),
        ("cl_covid_comunas__2020-05-27.csv", 346, 24, 0),
        ("cl_covid_comunas__2020-06-21.csv", 346, 31, 0),
        ("cl_covid_comunas__2020-06-23.csv", 346, 31, 0),
        ("cl_dipres_ejecucion_2017-04__50-01-05.csv", 191, 11, 0),
        ("cl_dipres_clasificadores.csv", 129, 5, 3),
        ("cl_dipres_instituciones.csv", 562, 4, 0),
        ("mx_simat_co_2008.csv", 8784, 31, 0),
        ("pt_vacinacao__2021-06-14.csv", 368, 19, 0),
        ("pt_vacinacao__2021-06-21.csv", 384, 19, 0),
        ("pt_vacinacao__2021-06-28.csv", 400, 25, 0),
        ("northwind_customers.csv", 67, 11, 24),
        ("northwind_products.csv", 77, 10, 0),
        ("northwind_orders.csv", 654, 14, 176),
        ("northwind_order-details.csv", 2155, 5, 0),
        ("northwind_categories.csv", 8, 4, 0),
        ("wb_sp_pop_totl.csv", 264, 63, 0),
        ("covid_countries_aggregated__v1.csv", 122_265, 5, 0),
        ("covid_countries_aggregated__v2.csv", 122_460, 5, 0),
        ("sp500_constituents__2023-10-05.csv", 503, 8, 0),
        ("sp500_constituents__2024-11-24.csv", 502, 8, 0),
        ("sp500_constituents__2026-08-08.csv", 503, 8, 0),
    ],
)
def test_csv_without_options(
    folder: Path, name: str, rows: int, columns: int, unparseable: int
) -> None:
    found = parse(folder, name)
    seen = (found.table.num_rows, len(found.columns), found.unparseable.num_rows)
    assert seen == (rows, columns, unparseable)
    assert sum(texts(found, "_row")) > 0


def test_months_as_columns(folder: Path) -> None:
    found = parse(folder, "cl_muertes_deis_rm.csv")
    months = [column.name for column in found.columns[2:]]
    assert months[0] == "enero"
    assert months[-1] == "diciembre"
    assert total(found, months) == 726_060
    assert sum(found.table.column(month).null_count for month in months) == 405


def test_dashes_are_null_where_numbers_are(folder: Path) -> None:
    found = parse(folder, "cl_covid_comunas__2020-06-21.csv")
    assert found.ledger.notes["null_markers"] == 928
    assert sum(column.null_count for column in found.table.columns) == 930


def test_budget_execution(folder: Path) -> None:
    found = parse(folder, "cl_dipres_ejecucion_2017-04__50-01-05.csv")
    assert found.detected["properties"]["encoding"]["value"] == "latin-1"
    assert found.detected["footer"] == [";;;;;;;RESULTADO;;;-10253120970"]
    assert found.columns[-1].name == "ejecucion_acumulada_al_abril"
    assert found.columns[-1].original == "Ejecución Acumulada al ABRIL"
    assert texts(found, "capitulo")[0] == "01"
    level = found.table.filter(found.table.column("item").is_null())
    amounts = [sum(int(v) for v in level.column(i).to_pylist()) for i in (8, 9, 10)]
    assert amounts == [33_540_615_527, 33_595_802_031, 10_253_120_970]


def test_a_file_without_header(folder: Path) -> None:
    found = parse(folder, "cl_dipres_clasificadores.csv")
    assert found.detected["properties"]["header"]["value"] == "none"
    merged = parse(
        folder, "cl_dipres_clasificadores.csv",
        header={"names": ["Subtítulo", "Ítem", "Asignación", "Nombre", "Glosa"]},
        ragged={"long": "merge", "merge_into": "glosa"},
    )  # fmt: skip
    assert (merged.table.num_rows, merged.ledger.notes["merged_records"]) == (132, 3)
    assert "soda cáustica, carbonato" in texts(merged, "glosa")[16]
    assert "inorgánicos; productos" in texts(merged, "glosa")[16]
    assert texts(merged, "_row") == list(range(1, 133))


def test_unquoted_commas_in_addresses(folder: Path) -> None:
    found = parse(folder, "northwind_customers.csv",
                  ragged={"long": "merge", "merge_into": "address"})  # fmt: skip
    assert found.table.num_rows == 91
    address = dict(zip(texts(found, "customerid"), texts(found, "address"), strict=True))
    assert address["BLONP"] == "24, place Kléber"
    assert "NULL" not in texts(found, "region")


def test_portuguese_snapshot(folder: Path) -> None:
    found = parse(folder, "pt_vacinacao__2021-06-28.csv")
    assert found.columns[0].original is None
    assert found.columns[0].name == "column_1"
    guesses = {one["name"]: one for one in found.detected["columns"]}
    assert guesses["date"]["format"] == "%d/%m/%Y"
    assert (guesses["cover"]["type"], guesses["cover"]["decimal"]) == ("number", ",")
    assert "NA" in found.detected["properties"]["null_values"]["value"]
    general = [i for i, kind in enumerate(texts(found, "type")) if kind == "GENERAL"]
    assert sum(int(texts(found, "total")[i]) for i in general) == 8_328_221


def test_world_bank(folder: Path) -> None:
    found = parse(folder, "wb_sp_pop_totl.csv")
    assert (found.ledger.preamble, found.ledger.header) == (4, 1)
    assert found.detected["properties"]["encoding"]["value"] == "utf-8-sig"
    years = [f"c_{year}" for year in range(1960, 2018)]
    held = sum(found.table.num_rows - found.table.column(year).null_count for year in years)
    assert held == 14_885
    assert total(found, ["c_2016"]) == Decimal("78835762094.0")
    assert texts(found, "_row") == list(range(6, 270))


def test_sentinels_are_suspected_and_kept(folder: Path) -> None:
    found = parse(folder, "mx_simat_co_2008.csv")
    assert found.detected["properties"]["line_ends"]["value"] == "cr"
    stations = [column.name for column in found.columns[2:]]
    assert sum(texts(found, station).count("-99.9") for station in stations) == 115_238
    assert "-99.9" in found.detected["columns"][2]["suspects"]
    valid = parse(folder, "mx_simat_co_2008.csv", null_values=["-99.9"])
    assert total(valid, stations) == Decimal("135027.5")
    assert valid.ledger.notes["null_markers"] == 115_238


@pytest.mark.parametrize(
    ("sheet", "cells", "weight", "value"),
    [
        ("2012", 625, 4_648_915_606, 8_590_086_246),
        ("2013", 622, 4_906_642_426, 9_699_045_879),
        ("2014 (CORREGIDA INE)", 622, 5_434_830_408, 10_560_357_636),
        ("2015", 602, 5_484_976_101, 9_682_432_588),
    ],
)
def test_bolivian_imports(folder: Path, sheet: str, cells: int, weight: int, value: int) -> None:
    found = parse(folder, "bo_m26_importaciones.xlsx", sheet=sheet, range="A3:AB72")
    assert found.ledger.header == 2
    assert found.columns[0].name == "cuode"
    leaf = [
        row for row in found.table.to_pylist()
        if row["descripcion"] and row["descripcion"].strip() not in ("", "TOTAL")
    ]  # fmt: skip
    assert len(leaf) == 53
    for measure, expected in (("peso", weight), ("valor", value)):
        names = [c.name for c in found.columns if c.name.endswith(measure)][:12]
        held = [row[name] for row in leaf for name in names if row[name] is not None]
        assert len(held) == cells
        assert sum(map(Decimal, held)) == expected
    assert {"002", "003", "010", "740"} <= {row["cuode"] for row in leaf}


def test_british_travel(folder: Path) -> None:
    name = "uk_ons_overseas_travel_ott.xls"
    found = parse(folder, name, sheet="Table 1", stop_at_blank=True)
    assert (found.ledger.preamble, found.ledger.header, found.ledger.parsed) == (2, 4, 42)
    assert [column.name for column in found.columns[2:5]] == [
        "all_visits_nsa", "all_visits_sa", "area_of_residence_north_america_nsa",
    ]  # fmt: skip
    assert len(found.columns) == 10
    assert sum(int(text) for text in texts(found, "all_visits_sa")) == 115_850
    assert round(total(found, ["all_visits_nsa"]), 3) == Decimal("114957.595")
    assert len(set(texts(found, "column_2"))) == 19
    automatic = parse(folder, name)
    assert [c.name for c in automatic.columns] == [c.name for c in found.columns]
