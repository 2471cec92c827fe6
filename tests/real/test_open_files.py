"""Real public files through the real road; every figure is published in the files' manifest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.road import Road


def test_months_in_columns(road: Road, files: Path) -> None:
    road.deliver(files / "cl_muertes_deis_rm.csv", "muertes_rm.csv")
    outcome = road.run("muertes_rm")

    (parse,) = outcome.ledgers("ingest")
    assert (parse["header"], parse["parsed"]) == (1, 1092)
    melt = next(each for each in outcome.ledgers("transform") if each["expanded"])
    assert (melt["rows_in"], melt["rows_out"]) == (1092, 13104)
    assert outcome.upsert() == (13104, 0, 0, 13104)
    (found,) = road.ask(
        "SELECT count(*), count(muertes), sum(muertes), count(DISTINCT comuna),"
        " sum(muertes) FILTER (ano = 2019), sum(muertes) FILTER (ano = 2020) FROM muertes_rm"
    )
    assert found == (13104, 12699, 726060, 52, 41653, 18397)
    top = road.ask("SELECT comuna, ano, mes, muertes FROM muertes_rm ORDER BY muertes DESC LIMIT 1")
    assert top == [("Puente Alto", 2020, "mayo", 366)]


SNAPSHOTS = {
    "2020-05-16": ((5882, 0, 0, 5882), (4954, 219337)),
    "2020-05-27": ((1038, 0, 5882, 6920), (5992, 401145)),
    "2020-06-21": ((2422, 0, 6920, 9342), (8412, 1425914)),
    "2020-06-23": ((0, 2, 9340, 9342), (8414, 1429868)),
}


def test_four_snapshots_that_grow_and_are_rewritten(road: Road, files: Path) -> None:
    for day, (upsert, nonnull) in SNAPSHOTS.items():
        road.deliver(files / f"cl_covid_comunas__{day}.csv", f"covid_comunas_{day}.csv")
        outcome = road.run("covid_comunas")
        assert outcome.upsert() == upsert, day
        assert road.ask("SELECT count(casos), sum(casos) FROM covid_comunas") == [nonnull], day
    found = road.ask(
        "SELECT fecha, sum(casos) FROM covid_comunas GROUP BY fecha ORDER BY fecha DESC LIMIT 1"
    )
    assert found == [(dt.date(2020, 6, 19), 231517)]


def test_the_same_file_again_changes_nothing(road: Road, files: Path) -> None:
    road.deliver(files / "wb_sp_pop_totl.csv", "poblacion.csv")
    road.run("poblacion_wb")
    before = road.ask("SELECT count(*), sum(poblacion) FROM poblacion_wb")
    outcome = road.run("poblacion_wb")
    assert outcome.steps["ingest"]["result"]["skipped"]
    assert road.ask("SELECT count(*), sum(poblacion) FROM poblacion_wb") == before


def test_budget_execution_balances(road: Road, files: Path) -> None:
    road.deliver(files / "cl_dipres_ejecucion_2017-04__50-01-05.csv", "ejecucion_2017-04.csv")
    outcome = road.run("dipres_ejecucion")

    (parse,) = outcome.ledgers("ingest")
    assert (parse["records"], parse["header"], parse["parsed"], parse["footer"]) == (193, 1, 191, 1)
    levels = road.ask("SELECT nivel, count(*) FROM dipres_ejecucion GROUP BY 1 ORDER BY 2")
    assert levels == [("subtitulo", 2), ("item", 29), ("asignacion", 160)]
    sums = road.ask(
        "SELECT sum(presupuesto_inicial), sum(presupuesto_vigente), sum(ejecucion)"
        " FROM dipres_ejecucion WHERE nivel = 'subtitulo' AND moneda = 'P'"
    )
    assert sums == [(33540615527, 33595802031, 10253120970)]
    balance = road.ask(
        "SELECT coalesce(sum(ejecucion) FILTER (subtitulo < '20'), 0)"
        " - sum(ejecucion) FILTER (subtitulo >= '20')"
        " FROM dipres_ejecucion WHERE nivel = 'subtitulo'"
    )
    assert balance == [(-10253120970,)]  # the control total of the footer
    padded = road.ask("SELECT count(*) FROM dipres_ejecucion WHERE denominacion LIKE '% '")
    assert padded == [(0,)]
    codes = road.ask("SELECT DISTINCT capitulo FROM dipres_ejecucion")
    assert codes == [("01",)]  # text, with its zero


def test_lookups_without_header_and_without_key(road: Road, files: Path) -> None:
    road.deliver(files / "cl_dipres_clasificadores.csv", "clasificadores.csv")
    road.deliver(files / "cl_dipres_instituciones.csv", "instituciones.csv")

    road.run("dipres_clasificadores")
    (found,) = road.ask(
        "SELECT count(*), count(*) FILTER (descripcion LIKE '%químicos inorgánicos; productos%')"
        " FROM dipres_clasificadores"
    )
    assert found == (132, 1)
    semicolons = road.ask("SELECT count(*) FROM dipres_clasificadores WHERE descripcion LIKE '%;%'")
    assert semicolons == [(3,)]

    road.run("dipres_instituciones")
    (found,) = road.ask(
        "SELECT count(*), count(DISTINCT (partida, capitulo, programa)),"
        " count(*) FILTER (denominacion LIKE ' %') FROM dipres_instituciones"
    )
    assert found == (562, 556, 0)


WEEKS = {
    "2021-06-14": ((368, 0, 0, 368), 6876193, 0.422178459),
    "2021-06-21": ((16, 337, 31, 384), 7601086, 0.455379996),
    "2021-06-28": ((16, 343, 41, 400), 8328221, 0.49233433),
}


def test_weeks_that_are_revised_and_columns_that_are_added(road: Road, files: Path) -> None:
    for day, (upsert, total, cover) in WEEKS.items():
        road.deliver(files / f"pt_vacinacao__{day}.csv", f"vacinacao_{day}.csv")
        outcome = road.run("vacinacao_pt")
        assert outcome.upsert() == upsert, day
        general = "FROM vacinacao_pt WHERE type = 'GENERAL'"
        assert road.ask(f"SELECT sum(total) {general}") == [(total,)], day
        last = road.ask(f"SELECT cover_1_vac {general} ORDER BY date DESC LIMIT 1")
        assert last == [(cover,)], day
    for kind in ("REGIONAL", "AGES"):
        found = road.ask(f"SELECT sum(total) FROM vacinacao_pt WHERE type = '{kind}'")
        assert found == [(8328221,)]
    columns = {row[0] for row in road.ask("DESCRIBE vacinacao_pt")}
    assert {"cumul_vac_init", "cover_init", "cover_complete", "cover_least"} <= columns
    filled = road.ask("SELECT count(cover_init) > 0 FROM vacinacao_pt WHERE date > '2021-06-14'")
    assert filled == [(True,)]


def test_metadata_above_the_header(road: Road, files: Path) -> None:
    road.deliver(files / "wb_sp_pop_totl.csv", "poblacion.csv")
    road.run("poblacion_wb")
    (found,) = road.ask(
        "SELECT count(*), count(DISTINCT country_code), max(anio),"
        " sum(poblacion) FILTER (anio = 2016),"
        " sum(poblacion) FILTER (anio = 2016 AND country_code = 'WLD') FROM poblacion_wb"
    )
    # 264 entities, of which one has no data
    assert found == (14885, 263, 2016, 78835762094, 7442135578)
