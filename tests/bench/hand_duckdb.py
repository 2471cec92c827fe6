"""The near-limit: what somebody would write by hand in DuckDB for one file and one table.

``python -m tests.bench.hand_duckdb CSV DATABASE`` parses, cleans, sets bad rows aside,
deduplicates, makes ten checks and upserts; it prints the seconds this took without starting up.
"""

from __future__ import annotations

import sys
import time

import duckdb

CLEAN = """
CREATE TEMP TABLE cleaned AS
SELECT *, fecha IS NULL OR monto IS NULL OR cantidad IS NULL AS bad
FROM (
    SELECT row_number() OVER () AS line, trim("N° orden") AS n_orden, trim("Región") AS region,
           try_strptime("Fecha", '%d/%m/%Y')::DATE AS fecha, trim("Producto") AS producto,
           try_cast(replace(replace("Monto", '.', ''), ',', '.') AS DECIMAL(18, 2)) AS monto,
           try_cast("Cantidad" AS BIGINT) AS cantidad,
           concat_ws(';', "Fecha", "Monto", "Cantidad") AS received
    FROM read_csv(?, delim = ';', header = true, all_varchar = true, encoding = 'latin-1'));

CREATE OR REPLACE TABLE refused AS SELECT line, n_orden, received FROM cleaned WHERE bad;

CREATE TEMP TABLE candidate AS
SELECT n_orden, region, fecha, producto, monto, cantidad FROM cleaned
WHERE line IN (SELECT max(line) FROM cleaned WHERE NOT bad GROUP BY n_orden);
"""

CHECKS = """
SELECT count(*) FILTER (n_orden IS NULL),
       count(*) - count(DISTINCT n_orden),
       count(*) FILTER (fecha IS NULL),
       count(*) FILTER (NOT fecha BETWEEN DATE '2023-01-01' AND DATE '2024-12-31'),
       count(*) FILTER (monto IS NULL),
       count(*) FILTER (NOT monto BETWEEN 0 AND 1000000),
       count(*) FILTER (NOT cantidad BETWEEN 1 AND 499),
       count(*) FILTER (region NOT IN
           ('Ñuble', 'Biobío', 'Aysén', 'Valparaíso', 'O''Higgins', 'Los Ríos')),
       count(*) FILTER (NOT regexp_matches(n_orden, '^[0-9]{12}$')),
       count(*) FILTER (NOT length(producto) BETWEEN 2 AND 20)
FROM candidate
"""

TABLE = """
CREATE TABLE IF NOT EXISTS ordenes (
    n_orden VARCHAR, region VARCHAR, fecha DATE, producto VARCHAR, monto DECIMAL(18, 2),
    cantidad BIGINT)
"""

UPSERT = """
MERGE INTO ordenes USING candidate ON ordenes.n_orden = candidate.n_orden
WHEN MATCHED AND (ordenes.region, ordenes.fecha, ordenes.producto, ordenes.monto, ordenes.cantidad)
    IS DISTINCT FROM (candidate.region, candidate.fecha, candidate.producto, candidate.monto,
    candidate.cantidad) THEN UPDATE
WHEN NOT MATCHED THEN INSERT
"""


def load(csv: str, database: str) -> tuple[float, int]:
    """Load the file; seconds and rows in the table."""
    began = time.perf_counter()
    with duckdb.connect(database) as connection:
        for number, statement in enumerate(CLEAN.split(";\n\n")):
            connection.execute(statement, [csv] if number == 0 else None)
        failed = connection.execute(CHECKS).fetchone()
        assert failed is not None
        assert not any(failed), failed
        connection.execute(TABLE)
        connection.execute(UPSERT)
        found = connection.execute("SELECT count(*) FROM ordenes").fetchone()
    assert found is not None
    return time.perf_counter() - began, int(found[0])


if __name__ == "__main__":
    print(*load(sys.argv[1], sys.argv[2]))
