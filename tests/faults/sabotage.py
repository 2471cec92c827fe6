"""Protections taken away, for negative controls: without one, the check must find the harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock


@contextmanager
def without(protection: str) -> Iterator[None]:
    """Take one of ``PROTECTIONS`` away in this process, within the block."""
    with PROTECTIONS[protection]():
        yield


@contextmanager
def _immutable_versions() -> Iterator[None]:
    """What a version replaces is deleted at once: published in place."""
    from workbench.lake import delta

    real = delta.commit

    def in_place(table: Any, **more: Any) -> int:
        for file in more.get("remove", ()):
            Path(delta._folder(table) / file.path).unlink()
        return real(table, **more)

    with mock.patch.object(delta, "commit", in_place):
        yield


@contextmanager
def _note_in_the_target() -> Iterator[None]:
    """A target does not know which runs it has loaded."""
    from workbench.destinations import duckdb, parquet, postgres
    from workbench.destinations.loading import load

    with mock.patch.object(load, "recorded_ledger", lambda *_: None):
        patches = [
            mock.patch.object(module.Destination, "landed", lambda *_: {})
            for module in (duckdb, parquet, postgres)
        ]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


@contextmanager
def _fence() -> Iterator[None]:
    """Nobody asks whether a newer attempt has taken over."""
    from workbench.destinations.loading import load
    from workbench.destinations.parquet import Destination
    from workbench.lake import delta
    from workbench.records import attempts

    with (
        mock.patch.object(delta, "check_fence", lambda *_: None),
        mock.patch.object(
            load, "raise_fence", lambda session, schema, *_: load.control_tables(session, schema)
        ),
        mock.patch.object(Destination, "_raise_fence", lambda *_: None),
        mock.patch.object(attempts, "_require_current", lambda *_: None),
    ):
        yield


@contextmanager
def _slot_key() -> Iterator[None]:
    """A slot is given to whoever asks."""
    from workbench.records import slots

    with (
        mock.patch.object(slots, "take", lambda *_: True),
        mock.patch.object(slots, "is_taken", lambda *_: False),
    ):
        yield


@contextmanager
def _transactions() -> Iterator[None]:
    """Every statement is committed for itself."""
    from workbench.records.store import Records

    @contextmanager
    def begin(self: Records) -> Iterator[Any]:
        engine = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection

    with mock.patch.object(Records, "begin", begin):
        yield


@contextmanager
def _line() -> Iterator[None]:
    """Workers do what they are handed first, whatever waits longer or matters more."""
    from workbench.engine import worker

    with mock.patch.object(worker, "first_queued", lambda _: None):
        yield


PROTECTIONS: dict[str, Callable[[], Any]] = {
    "immutable versions": _immutable_versions,
    "the note in the target": _note_in_the_target,
    "the fence": _fence,
    "the key of slots": _slot_key,
    "transactions": _transactions,
    "the line": _line,
}
