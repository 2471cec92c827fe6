"""Every registered destination, ready to load into, and a way to look at what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from tests.postgres import postgres_server, postgres_url  # noqa: F401
from workbench import registry
from workbench.config import Settings

#: A test PostgreSQL asks for no password, so this one only serves to look for it in messages.
CANARY = "s3cr3t-canary"


class Target:
    """A destination under test: ``load`` through it, ``rows`` around it."""

    def __init__(self, name: str, destination: Any, fetch: Callable[[str, str], list[Any]]) -> None:
        self.name = name
        self.destination = destination
        self._fetch = fetch

    def rows(self, table: str = "budget", columns: str = "*") -> list[tuple[Any, ...]]:
        """The rows of a table as another program reads them, sorted."""
        return sorted((tuple(row) for row in self._fetch(table, columns)), key=repr)


@pytest.fixture(params=registry.names("destinations"))
def target(request: pytest.FixtureRequest, settings: Settings) -> Target:
    """One destination after the other."""
    name = request.param
    return make(name, settings, request)


def make(name: str, settings: Settings, request: pytest.FixtureRequest) -> Target:
    """A destination with an empty place to load into."""
    module = registry.find("destinations", name)
    if name == "duckdb":
        destination = module.Destination(module.Options(), settings)

        def fetch(table: str, columns: str) -> list[Any]:
            with duckdb.connect(str(destination.path), read_only=True) as connection:
                return connection.execute(f'SELECT {columns} FROM "{table}"').fetchall()

    elif name == "parquet":
        destination = module.Destination(module.Options(path="out"), settings)

        def fetch(table: str, columns: str) -> list[Any]:
            path = destination.path / table / "current" / "data.parquet"
            return duckdb.sql(f"SELECT {columns} FROM '{path}'").fetchall()

    elif name == "postgres":
        url = request.getfixturevalue("postgres_url")
        destination = module.Destination(module.Options(url=url), settings)

        def fetch(table: str, columns: str) -> list[Any]:
            import psycopg

            with psycopg.connect(url) as connection:
                return connection.execute(f'SELECT {columns} FROM "{table}"').fetchall()

    else:
        pytest.fail(f"tests/destinations/conftest.py does not know how to make a {name!r}")
    return Target(name, destination, fetch)
