"""``connect``, ``read`` and ``query``: reading locks nobody out and changes nothing."""

from __future__ import annotations

import pytest

from tests.steps.road import Road
from workbench.errors import ConfigError, NotFound
from workbench.steps.reading import connect, query, read


@pytest.fixture
def published(road: Road) -> Road:
    road.spec("sales", 'source: {path: "inbox/*.csv"}\nkey: [id]\n')
    road.file("a.csv", "id,amount\n1,10\n2,20\n")
    road.run("sales")
    return road


def test_read_gives_the_published_columns(published: Road) -> None:
    frame = read("sales", settings=published.settings)
    assert frame.columns == ["id", "amount"]
    assert frame.height == 2
    assert read("sales", ["amount"], settings=published.settings).columns == ["amount"]


def test_provenance_is_there_on_request(published: Road) -> None:
    frame = read("sales", provenance=True, settings=published.settings).sort("id")
    assert frame["_source"].to_list() == ["a.csv", "a.csv"]
    assert frame["_row"].to_list() == [2, 3]


def test_unknown_names_are_told_with_the_nearest_one(published: Road) -> None:
    with pytest.raises(NotFound, match="did you mean 'sales'"):
        read("sale", settings=published.settings)
    with pytest.raises(NotFound, match="did you mean 'amount'"):
        read("sales", ["amout"], settings=published.settings)


def test_an_open_connection_does_not_hinder_a_run(published: Road) -> None:
    with connect(settings=published.settings) as connection:
        before = connection.sql("SELECT count(*) FROM sales").fetchall()
        published.file("b.csv", "id,amount\n3,30\n")
        published.run("sales")
        assert connection.sql("SELECT count(*) FROM sales").fetchall() == before == [(2,)]
    assert published.query("SELECT count(*) FROM sales") == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW sales",
        "CREATE TABLE t AS FROM sales",
        "COPY sales TO 'stolen.csv'",
        "SELECT 1; SELECT 2",
        "INSERT INTO sales VALUES ('9', '9')",
        "SET threads = 1",
        "ATTACH 'other.db'",
        "FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT count(*) FROM glob('/etc/*')",
        "SELEC 1",
        "SELECT nothing FROM sales",
    ],
)
def test_everything_but_a_select_over_published_tables_is_refused(
    published: Road, sql: str
) -> None:
    with pytest.raises(ConfigError):
        query(sql, settings=published.settings).fetchall()


def test_a_select_is_answered(published: Road) -> None:
    """The negative control of the test above."""
    sql = "WITH t AS (FROM sales) SELECT max(amount) AS m FROM t"
    answer = query(sql, settings=published.settings)
    assert answer.columns == ["m"]
    assert answer.fetchall() == [("20",)]
