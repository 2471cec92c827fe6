"""Expressions mean what the same text means to DuckDB, nulls and types included."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ibis
import pytest
from ibis.backends.sql.datatypes import DuckDBType

from workbench.errors import ExpressionError
from workbench.spec.expression_ibis import compile as compile_expression
from workbench.spec.expression_language import FUNCTIONS
from workbench.spec.expressions import MAX_DEPTH, parse

ROWS = """
create table t as select * from (values
 (1, '  Ana\u00a0', 7::bigint, 2::bigint, 7.5::double, 2.5::double, 1234.56::decimal(18,2),
  0.30::decimal(18,2), date '2024-02-29', timestamp '2024-02-29 13:45:10', true, 'a-b-c'),
 (2, 'b_b%', -7, 2, -7.5, 0.0, -10.05, 3.00, date '2021-01-03', timestamp '2020-12-31 23:59:59',
  false, 'x'),
 (3, '', 0, 0, 0.0, -0.5, 0.00, 0.00, date '1999-12-31', timestamp '1999-12-31 00:00:00', null, ''),
 (4, null, null, null, null, null, null, null, null, null, null, null),
 (5, 'abcabc', 9007199254740993, -3, 1e9, 3.0, 999999.99, -2.50, date '2024-12-30',
  timestamp '2024-12-30 06:00:00', true, 'abc-'),
 (6, 'ñandú', 4, null, 2.5, null, null, 1.00, date '2024-01-01', null, false, '-')
) v(id, s, i, j, f, g, d, e, dt, ts, b, k)
"""

#: The same text is given to DuckDB and to us.
SAME = """
i + j; i - j; i * j; i / j; f / g; d / e; i / nullif(j, 0); i // j; i // nullif(j, 0); i % j
mod(i, j); mod(-7, 3); d % 7; -i; -d; - 3 + i; i * -2; d * -2; i ** 2; power(j, 3)
d + e; d - e; d * e; d * 2; d * 0.19; d + i; d * i; i * 1.5; f * d; d * d * 0.5; 1 + 1; 0.1 + 0.2
1e2 * i; i + 100 * 100; (i + 1) * (j - 2); i > 1.5; round(f * 100) / 100; round(d * 1.19, 2)
abs(d); abs(i); abs(f); round(d, 1); round(d); round(f); round(f, 1); round(i, -2); floor(f)
ceil(f); floor(d); ceil(d); ceil(i); sqrt(abs(f)); ln(abs(i) + 1); log(abs(i) + 1); sqrt(abs(d))
sign(i); sign(f); sign(d); greatest(i, j); least(i, j); greatest(d, e); greatest(i, 3); least(d, 1)
greatest(d, f); coalesce(i, j, 0); coalesce(d, 0); coalesce(d, e, 0.5); coalesce(s, k, 'none')
coalesce(null, i); nullif(i, 4); nullif(s, ''); nullif(d, 0); nullif(i, null); nullif(f, 2.5)
lower(s); upper(s); trim(s); ltrim(s); rtrim(s); trim(k, '-'); ltrim(k, 'a-'); rtrim(k, '-]')
trim(both 'a' from s); length(s); substr(s, 2); substr(s, 2, 3); substring(s, 1, 0); left(s, 2)
right(s, 2); left(s, 0); right(s, 0); left(s, 99); lpad(s, 4, '0'); rpad(s, 4, 'x'); lpad(k, 2, '*')
replace(s, 'a', 'AA'); replace(s, 'a', ''); regexp_replace(s, '[aeiou]', '<\\0>', 'g')
regexp_extract(s, '([a-z])([a-z])', 2); regexp_extract(s, '[a-z]+'); regexp_matches(s, '^a')
split_part(k, '-', 2); split_part(k, '-', 1); split_part(k, '-', 9); concat(s, '-', i, k)
concat(b, i); concat(s); s || '-' || k; s || i; starts_with(s, 'ab'); ends_with(s, 'c')
contains(s, 'n'); contains(s, k); s like '%a%'; s ilike '%ANA%'; s not like 'a%'; s like k
s like 'b!_b!%' escape '!'; s not ilike 'B!_%' escape '!'; s like '%.%' escape '!'; s = 'abcabc'
s <> ''; i > j; i >= 4; d > 0; d = 1234.56; f < 1; i = d; f = d; b = true; b <> (i > 0); f = 2.5
dt >= '2024-01-01'; dt = date '2024-02-29'; ts > '2020-12-31 12:00:00'; ts > dt; '2024-01-01' < dt
i is null; i is not null; b is true; b is not true; b is false; i in (7, 4); i not in (7, 4)
i in (7, null); i not in (7, null); i in (null); s in ('', 'abcabc'); d in (0, 1234.56); null in (1)
dt in ('2024-02-29', '2024-01-01'); i between 0 and 7; i not between j and 7; i between null and 4
dt between '2024-01-01' and '2024-12-31'; i = null; i <> null; null = null; not (i = null)
i is distinct from j; i is not distinct from j; s is distinct from null; b and i > 0; b or i > 0
not b; not (b and null); b or null; b and null; s = '' or s is null; if(b, 'y', 'n')
case when i > 0 then 'pos' when i < 0 then 'neg' else 'zero' end; case when i > 0 then d end
case when b then d else 0 end; case i when 7 then 'x' when null then 'n' else 'y' end
case when i > 0 then 1.5 else i end; case when b then null else i end; case when null then 1 end
year(dt); month(ts); day(dt); quarter(dt); week(dt); dayofweek(dt); hour(ts); minute(ts); hour(dt)
extract(year from dt); extract(dow from dt); extract(second from ts); date_trunc('month', dt)
date_trunc('week', ts); date_trunc('hour', ts); date_trunc('quarter', dt); date_trunc('year', ts)
date_diff('day', dt, date '2024-03-01'); date_diff('month', dt, ts); date_diff('week', dt, ts)
date_diff('hour', ts, timestamp '2024-03-01 00:00:00'); date_diff('year', dt, '2000-06-01'::date)
date_add(dt, interval 1 month); dt + interval 1 year; dt - interval '10 days'; ts + interval 3 hour
interval 2 week + dt; dt + 1; dt - 1; dt - date '2024-01-01'; make_date(year(dt), 1, 1)
cast(i as text); cast(d as text); cast(d as integer); try_cast(s as integer); try_cast(k as date)
cast(dt as timestamp); cast(ts as date); dt::text; ts::text; cast(i as decimal(18,2)); f::integer
cast(b as integer); cast(i as boolean); try_cast(s as decimal(10,2)); cast(null as integer)
cast('2024-01-31' as date); cast(d as decimal(12,1)); 'it''s'; 2.50; true; null = 1; '\\'; 'a%_'
"""
CASES = [case.strip() for line in SAME.strip().splitlines() for case in line.split("; ")]


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    connection.con.execute("set ieee_floating_point_ops = false")  # DuckDB's nulls, not infinity
    connection.con.execute(ROWS)
    yield connection
    connection.disconnect()


def rows(backend: Any, sql: str) -> list[Any]:
    found = backend.con.sql(f"select id, x from ({sql}) order by id").fetchall()
    return [x for _, x in found]


def plain(value: Any) -> Any:
    """Dates and midnights are the same moment here: DuckDB moves a date to a timestamp."""
    if type(value) is dt.date:
        return dt.datetime(value.year, value.month, value.day)
    return value


@pytest.mark.parametrize("text", CASES)
def test_means_what_it_means_to_duckdb(backend: Any, text: str) -> None:
    table = backend.table("t")
    value = compile_expression(text, table)
    sql = backend.compile(table.select("id", x=value))
    theirs = rows(backend, f"select id, {text} as x from t")
    assert [plain(x) for x in rows(backend, sql)] == [plain(x) for x in theirs]
    told = DuckDBType.to_string(value.type()).replace("TEXT", "VARCHAR").replace(" ", "")
    kind = backend.con.sql(f"describe {sql}").fetchall()[1][1].replace(" ", "")
    assert told == kind, "the type that ibis tells is not the type that comes out"


def test_every_function_is_among_the_cases() -> None:
    text = SAME.lower()
    assert [name for name in FUNCTIONS if f"{name}(" not in text] == []


def test_values_reach_arrow_whole(backend: Any) -> None:
    """ibis itself would cut the product of decimals to the digits of its factors."""
    table = backend.table("t")
    value = compile_expression("d * 0.19 * e", table)
    found = table.filter(table.id == 1).select(x=value).to_pyarrow()["x"].to_pylist()
    assert found == [Decimal("1234.56") * Decimal("0.19") * Decimal("0.30")]


def test_division_by_zero_is_null(backend: Any) -> None:
    backend.con.execute("set ieee_floating_point_ops = true")
    try:
        table = backend.table("t")
        for text in ("i / 0", "f / 0.0", "d / 0", "i // 0", "i % 0", "1 / (i - i)"):
            found = table.select(x=compile_expression(text, table)).to_pyarrow()["x"].to_pylist()
            assert found == [None] * 6, text
    finally:
        backend.con.execute("set ieee_floating_point_ops = false")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("i = :p", 7, [1]),
        ("s = :p", "b_b%", [2]),
        ("s = :p", "' or 1=1 --", []),
        ("dt < :p", dt.date(2000, 1, 1), [3]),
        ("ts = :p", dt.datetime(2020, 12, 31, 23, 59, 59), [2]),
        ("d = :p", Decimal("-10.05"), [2]),
        ("f = :p", 2.5, [6]),
        ("b = :p", False, [2, 6]),
        ("i > :p", 2**62, []),
    ],
)
def test_parameters_are_literals(backend: Any, text: str, value: Any, expected: list[int]) -> None:
    table = backend.table("t")
    condition = compile_expression(parse(text), table, {"p": value})
    found = table.filter(condition).order_by("id")["id"].to_pyarrow().to_pylist()
    assert found == expected


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        ("d > 0 and s > 5", 11, "text and a number do not go together", "try_cast"),
        ("s = dt", 1, "text and a date do not go together", "try_cast"),
        ("s + 1", 1, "this is text, and a number is needed here", "try_cast"),
        ("lower(i)", 7, "this is a number, and text is needed here", "cast(… as text)"),
        ("i and b", 1, "this is a number, and a condition is needed here", "> 0"),
        ("year(s)", 6, "this is text, and a date or timestamp is needed here", "as date"),
        ("dt + i", 1, "dates are moved by intervals", "interval 1 month"),
        ("ts - ts", 1, "dates are moved by intervals", "date_diff"),
        ("dt > '31/01/2024'", 6, "'31/01/2024' is not a date or time", "2024-01-31"),
        ("f // 2", 1, "'//' divides whole numbers", "floor"),
        ("i::date", 1, "a number is not a date", "make_date"),
        ("coalesce(i, s)", 10, "a number and text do not go together", "convert"),
        ("case when b then 'x' else 1 end", 18, "text and a number", "convert"),
        ("interval 1 day", 1, "an interval stands alone", "date + interval"),
        ("regexp_replace(s, 'a', 'b')", 1, "by 'g'", "'g'"),
        ("substr(s, 0)", 1, "counts from 1", "right"),
        ("left(s, -1)", 1, "not negative", "0 or more"),
        ("lpad(s, 5, 'ab')", 1, "one character", "lpad"),
        ("split_part(k, '-', -1)", 1, "parts count from 1", "split_part"),
        ("extract(epoch from ts)", 1, "'epoch' is not a part of a date", "year"),
        ("log(2, i)", 1, "log is to base 10", "ln"),
        ("i = :p", 5, "the parameter 'p' has no value", "params"),
        ("i = x", 5, "unknown column 'x'", "columns: "),
        (f"i = {'9' * 39}", 5, "more than 38 digits", "convert"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(
    backend: Any, text: str, column: int, message: str, remedy: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(parse(text), backend.table("t"))
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (1, column)
    assert remedy in str(caught.value.remedy)


@pytest.mark.parametrize("operator", ["+", "and", "or", "||"])
def test_the_deepest_expression_still_runs(backend: Any, operator: str) -> None:
    table = backend.table("t")
    operand = {"+": "f", "||": "s"}.get(operator, "b")
    text = f" {operator} ".join([operand] * (MAX_DEPTH - 2))
    assert table.select(x=compile_expression(text, table)).to_pyarrow().num_rows == 6


def test_numbers_keep_their_digits(backend: Any) -> None:
    table = backend.table("t")
    value = table.select(x=compile_expression("12345678901234567.89", table)).to_pyarrow()
    assert value["x"][0].as_py() == Decimal("12345678901234567.89")
    third = table.select(x=compile_expression("i / 3", table), id=table.id).order_by("id")
    assert math.isclose(third.to_pyarrow()["x"][0].as_py(), 7 / 3)
