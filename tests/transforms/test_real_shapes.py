"""Facts of real files, through the transforms alone: months, thousands commas, E notation."""

from __future__ import annotations

import csv
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context


@pytest.fixture
def received(shared_data: Path, backend: ibis.BaseBackend):
    """A file as bronze has it: texts under safe names, headers as received, provenance."""

    def read(name: str, delimiter: str = ","):
        path = shared_data / "open" / name
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file, delimiter=delimiter)
        names = {f"c{place}": text for place, text in enumerate(header)}
        columns = {
            safe: pa.array([row[place] or None for row in rows], pa.string())
            for place, safe in enumerate(names)
        }
        given = {
            "_source": pa.array([name] * len(rows)),
            "_row": pa.array(range(2, len(rows) + 2), pa.int64()),
            "_run": pa.array(["r"] * len(rows)),
        }
        table = backend.create_table(
            ibis.util.gen_name("real"), ibis.memtable(pa.table(given | columns)), temp=True
        )
        return table, Context("real", originals=names)

    return read


def total(table: ibis.Table, column: str) -> object:
    return table[column].sum().execute()


def test_spanish_months_of_deaths_by_comuna(received, use):
    table, context = received("cl_muertes_deis_rm.csv")
    outcome = pipeline.run(
        table,
        [
            use(
                "melt", keep=["comuna", "año"], names_to="mes", values_to="muertes", drop_nulls=True
            ),
            use("type_cast", columns={"muertes": "integer", "año": "integer"}),
            use("deduplicate", keys=["comuna", "año", "mes"]),
        ],
        context,
    )
    ledger = outcome.ledgers[0]
    assert (ledger.rows_in + ledger.expanded, ledger.filtered, ledger.rows_out) == (
        13104,
        405,
        12699,
    )
    assert outcome.quarantined is None
    assert outcome.ledgers[-1].deduplicated == 0
    assert total(outcome.table, "muertes") == 726060
    mayo = outcome.table.filter(ibis._["mes"] == "mayo", ibis._["c0"] == "Puente Alto")
    assert mayo.muertes.max().execute() == 366


@pytest.mark.parametrize(
    ("day", "rows", "cases"),
    [("2020-05-16", 4954, 219337), ("2020-06-21", 8412, 1425914), ("2020-06-23", 8414, 1429868)],
)
def test_dates_as_headers_and_thousands_commas(received, use, day, rows, cases):
    table, context = received(f"cl_covid_comunas__{day}.csv")
    number = {"type": "integer", "thousands": ",", "null_values": ["-"]}
    date = {"type": "date", "format": "%m/%d/%Y"}
    outcome = pipeline.run(
        table,
        [
            use("rename", columns={"codigo_comuna": "codigo"}),
            use("melt", columns={"pattern": r"^\d{2}/\d{2}/\d{4}$"}, names_to="fecha",
                values_to="casos"),
            use("type_cast", columns={"casos": number, "fecha": date}),
            use("filter", where="casos is not null"),
        ],
        context,
    )  # fmt: skip
    assert outcome.quarantined is None
    assert outcome.ledgers[-1].rows_out == rows
    assert total(outcome.table, "casos") == cases


def test_e_notation_with_decimal_comma(received, use):
    table, context = received("pt_vacinacao__2021-06-28.csv", ";")
    share = {"type": "number", "decimal": ",", "null_values": ["NA"]}
    columns = {
        "DATE": {"type": "date", "format": "%d/%m/%Y"},
        "TOTAL": {"type": "integer", "null_values": ["NA"]},
        "COVER_1_VAC": share,
        "COVER": share,
    }
    outcome = pipeline.run(table, [use("type_cast", columns=columns)], context)
    assert outcome.quarantined is None
    names = {original: safe for safe, original in context.originals.items()}
    general = outcome.table.filter(ibis._[names["TYPE"]] == "GENERAL")
    assert total(general, names["TOTAL"]) == 8328221
    latest = general.filter(ibis._[names["DATE"]] == general[names["DATE"]].max().execute())
    assert latest[names["COVER_1_VAC"]].max().execute() == pytest.approx(0.49233433, abs=1e-12)
    least = outcome.table[names["COVER"]].min().execute()
    assert 0 <= least < 1e-4
