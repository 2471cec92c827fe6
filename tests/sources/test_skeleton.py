"""``workbench detect`` writes a spec that loads and runs on its file as it is."""

from __future__ import annotations

import json
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from workbench.sources import files
from workbench.sources.parsing.skeleton import detect_file, spec_text
from workbench.spec.loader import parse_dataset
from workbench.spec.models import DatasetSpec
from workbench.transforms.core import pipeline
from workbench.transforms.core.context import Context

REAL = (
    "cl_muertes_deis_rm.csv",
    "cl_covid_comunas__2020-05-16.csv",
    "cl_dipres_ejecucion_2017-04__50-01-05.csv",
    "cl_dipres_clasificadores.csv",
    "cl_dipres_instituciones.csv",
    "bo_m26_importaciones.xlsx",
    "uk_ons_overseas_travel_ott.xls",
    "pt_vacinacao__2021-06-28.csv",
    "northwind_orders.csv",
    "wb_sp_pop_totl.csv",
    "sp500_constituents__2023-10-05.csv",
)


def run(path: Path) -> tuple[DatasetSpec, pa.Table, int]:
    """The spec written for a file, its rows after the transforms, and how many were refused."""
    spec = parse_dataset(spec_text(path, path.parent))
    parsed = files.read(path, path.name, spec.source)
    table = parsed.table.append_column("_run", pa.array(["r"] * parsed.table.num_rows))
    connection = ibis.duckdb.connect()
    originals = {c.name: c.original for c in parsed.columns if c.original}
    outcome = pipeline.run(
        connection.create_table("bronze", table),
        spec.transforms,
        Context(dataset=spec.dataset, originals=originals),
    )
    refused = 0 if outcome.quarantined is None else outcome.quarantined.count().execute()
    return spec, outcome.table.to_pyarrow(), int(refused)


@pytest.mark.parametrize("name", REAL)
def test_the_spec_of_a_real_file_loads_and_runs(shared_data: Path, name: str) -> None:
    spec, rows, refused = run(shared_data / "open" / name)
    assert rows.num_rows > 0
    assert refused == 0
    if spec.key:
        keys = rows.select(list(spec.key))
        assert all(column.null_count == 0 for column in keys.columns)
        assert keys.group_by(list(spec.key)).aggregate([]).num_rows == rows.num_rows


def test_wide_dates_become_typed_rows(shared_data: Path) -> None:
    spec, rows, _ = run(shared_data / "open" / "cl_covid_comunas__2020-05-16.csv")
    assert spec.key == ("codigo_comuna", "date")
    assert rows.schema.field("date").type == pa.date32()
    assert sum(value for value in rows.column("value").to_pylist() if value) == 219_337


def test_the_spec_of_a_hostile_file(tmp_path: Path) -> None:
    header = '"id: #1";"null";"{x}";"a""b\n- c";"[y]: \'z\'";;"1"\n'
    body = "".join(f'{i};{i % 3};"v, {i}";{i},5;x;;{i}\n' for i in range(20))
    path = tmp_path / "año [1] #2: it's.csv"
    path.write_text(header + body + "TOTAL;;;190,0\n# nota: {fin}\n")
    spec, rows, refused = run(path)
    assert (rows.num_rows, refused) == (20, 0)
    assert spec.key == ("id_1",)
    assert files.find(spec.source, _settings(tmp_path))[0].path == path


def _settings(folder: Path) -> files.Settings:
    return files.Settings(folder, environ={})


def test_the_spec_of_a_file_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("a;b\n")
    spec = parse_dataset(spec_text(path, tmp_path, name="mine"))
    assert spec.dataset == "mine"
    assert not spec.key


def test_what_was_detected_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes("Año;Monto\n2023;1,5\n2024;\n".encode("latin-1"))
    found = json.loads(json.dumps(detect_file(path)))
    assert found["format"] == "csv"
    assert found["properties"]["encoding"]["value"] == "latin-1"
    assert 0 < found["properties"]["delimiter"]["confidence"] <= 1
    assert found["ledger"]["parsed"] == 2
