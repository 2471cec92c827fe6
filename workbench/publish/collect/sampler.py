"""Reads sample rows in a process of its own, which gets ready while this one imports the rest.

What reads Parquet takes a third as long to import as a publication may take in all. Only the
command line uses this; elsewhere rows are read in place.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

#: Rows of a version: the columns asked for that are there, and the rows as texts.
Rows = tuple[list[str], list[list[str | None]]]

_LONGEST = 200


def read_rows(uri: str, version: int, columns: Sequence[str], limit: int) -> Rows:
    """The first rows of a version of a Delta table; no rows where its files are gone."""
    from pathlib import Path

    from workbench.lake import delta
    from workbench.model.sql import identifiers, literal

    folder = Path(uri)
    table = delta.open_table(folder, version)
    files = [str(folder / file.path) for file in delta.files(table)] if table else []
    if not files:
        return [], []
    listed = ", ".join(literal(path) for path in files)
    source = f"read_parquet([{listed}], union_by_name = true)"
    with _engine().cursor() as connection:
        there = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
        names = [name for name in columns if name in there]
        what = identifiers(names) if names else "NULL"
        found = connection.execute(f"SELECT {what} FROM {source} LIMIT {int(limit)}").fetchall()
    return names, [[_text(value) for value in row[: len(names)]] for row in found]


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """What reads the rows: opening it takes longer than reading them."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


class Sampler:
    """A process that answers with rows; it starts at once and ends with the block."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.publish.collect.sampler"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Sampler:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._process.kill()  # it holds nothing, and would take a while to end by itself
            self._process.communicate()

    def __call__(self, uri: str, version: int, columns: Sequence[str], limit: int) -> Rows:
        """The first rows of a version; raises ``OSError`` when there is no answer."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None and answers is not None  # noqa: S101 - both are pipes
        asked.write(json.dumps([uri, version, list(columns), limit]) + "\n")
        asked.flush()
        line = answers.readline()
        if not line or line.startswith("null"):
            raise OSError("no rows could be read")
        names, rows = json.loads(line)
        return names, rows


def main() -> None:
    """Answer the questions of the process that started this one, until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one ends, and with it this one
    from workbench.lake import delta  # noqa: F401 - ready before the first question

    _engine()

    for line in sys.stdin:
        try:
            answer = json.dumps(read_rows(*json.loads(line)))
        except Exception:  # the page shows no sample
            answer = "null"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
