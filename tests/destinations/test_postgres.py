"""PostgreSQL: down, busy, crowded; and messages that never hold the password."""

from __future__ import annotations

import socket
import threading

import psycopg
import pytest

from tests.destinations.conftest import CANARY
from tests.destinations.requests import COLUMNS, request, row
from workbench.config import Settings
from workbench.destinations.postgres import Destination, Options
from workbench.errors import DestinationError, KeyViolation, TargetUnavailable
from workbench.model.dataset import Column


@pytest.fixture
def database(postgres_url: str, settings: Settings) -> Destination:
    return Destination(Options(url=postgres_url, lock_timeout=1), settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_down(settings: Settings) -> None:
    port = free_port()
    options = Options(host="127.0.0.1", port=port, database="trial", user="me", password=CANARY)
    destination = Destination(options, settings)
    for ask in (destination.check, lambda: destination.load(request([row("a", 1)]))):
        with pytest.raises(TargetUnavailable, match=f"127.0.0.1:{port}/trial") as caught:
            ask()
        assert "check that the server runs" in (caught.value.remedy or "")
        chain = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.to_record()}"
        assert CANARY not in chain
    assert CANARY not in repr(options)
    url = f"postgresql://me:{CANARY}@127.0.0.1:{port}/trial"
    assert CANARY not in repr(Options(url=url))
    assert CANARY not in Destination(Options(url=url), settings).location


def test_a_database_that_is_not_there(postgres_url: str, settings: Settings) -> None:
    head, _, tail = postgres_url.partition("?")
    wrong = head.rpartition("/")[0] + "/nowhere" + (f"?{tail}" if tail else "")
    with pytest.raises(DestinationError, match="nowhere") as caught:
        Destination(Options(url=wrong), settings).check()
    assert not caught.value.transient


def test_a_table_locked_by_another_session(database: Destination, postgres_url: str) -> None:
    database.load(request([row("a", 1)]))
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE budget IN ROW EXCLUSIVE MODE")
        with pytest.raises(TargetUnavailable, match="just now") as caught:
            database.load(request([row("b", 1)], "run-2"))
    assert caught.value.transient
    assert database.load(request([row("b", 1)], "run-2")).after == 2


def test_first_loads_at_the_same_time(postgres_url: str, settings: Settings) -> None:
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        try:
            destination = Destination(Options(url=postgres_url), settings)
            outcomes.append(destination.load(request([row("a", number)], f"run-{number}")))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [each for each in outcomes if isinstance(each, Exception)]
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM budget").fetchone() == (4,)


def test_readers_see_the_old_rows_during_a_load(
    database: Destination, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.destinations.loading import load

    database.load(request([row("a", 1)]))
    seen = []
    record = load._record

    def look(*given: object) -> None:
        with psycopg.connect(postgres_url) as reader:
            seen.append(reader.execute("SELECT count(*) FROM budget").fetchone())
        record(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(load, "_record", look)
    rows = [row("b", n) for n in range(5)]
    database.load(request(rows, "run-2", strategy="truncate_insert"))
    assert seen == [(1,)]


def test_tables_that_others_made(database: Destination, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute(
            "CREATE TABLE budget (program varchar(20), month integer, amount numeric,"
            " note text CHECK (note <> 'bad'), theirs int DEFAULT 7)"
        )
        connection.execute("INSERT INTO budget VALUES ('a', 1, 1), ('a', 1, 2)")
    with pytest.raises(KeyViolation, match=r"same key .*a, 1"):
        database.load(request([row("b", 1)]))
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DELETE FROM budget WHERE amount = 2")
    ledger = database.load(request([row("a", 1, "5.00"), row("b", 3_000_000_000)]))
    assert (ledger.updated, ledger.inserted) == (1, 1)
    with pytest.raises(KeyViolation, match="refuses the rows"):
        database.load(request([row("c", 1, note="bad")], "run-2"))
    with pytest.raises(DestinationError, match="too long"):
        database.load(request([row("x" * 21, 1)], "run-2"))
    assert database.load(request([row("c", 1)], "run-2")).after == 3


def test_names_that_it_would_cut_off(database: Destination) -> None:
    long = Column(name="ñ" * 40, type="text")
    with pytest.raises(DestinationError, match="longer than 63 bytes"):
        database.load(request([row("a", 1)], columns=(*COLUMNS, long)))


def test_options_name_one_database() -> None:
    for wrong in ({}, {"url": "postgresql://x/y", "host": "z"}, {"host": "z"}):
        with pytest.raises(ValueError, match="give url"):
            Options(**wrong)
