"""What a step has said: the texts that its executed notebook holds so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from workbench.config import Settings
from workbench.engine.notebooks import executed_path
from workbench.model.run import StepRun
from workbench.model.value import Value

#: Longest text of one output, and of a whole log; the ends are kept, for there the error is.
MAX_TEXT, MAX_LOG = 20_000, 200_000

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")


class LogEntry(Value):
    """Text that a cell wrote. ``cell`` counts code cells from 1; ``cut``: its beginning is gone."""

    cell: int
    kind: Literal["out", "err", "error"]
    text: str
    cut: bool = False


class StepLog(Value):
    """The log of an attempt, and the path of its notebook if there is one (yet)."""

    notebook: str | None
    entries: tuple[LogEntry, ...] = ()
    cells: int = 0
    done: int = 0


def notebook_of(settings: Settings, step: StepRun, attempt: int | None = None) -> Path | None:
    """The executed notebook of an attempt (default: the last); ``None`` if it is not there.

    While a step runs its notebook is saved now and then.
    """
    chosen = step if attempt is None else step.model_copy(update={"attempt": attempt})
    path = executed_path(settings, chosen)
    if not path.is_file() and step.notebook and chosen.attempt == step.attempt:
        path = settings.home / step.notebook
    return path if path.is_file() else None


def read_log(settings: Settings, step: StepRun, attempt: int | None = None) -> StepLog:
    """The log of an attempt at a step (default: the last)."""
    path = notebook_of(settings, step, attempt)
    if path is None:
        return StepLog(notebook=None)
    try:
        cells = json.loads(path.read_bytes())["cells"]
        code = [cell for cell in cells if cell.get("cell_type") == "code"]
        entries = list(_entries(code))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return StepLog(notebook=str(path))  # it is just being written, or was changed by hand
    while sum(len(entry.text) for entry in entries) > MAX_LOG and len(entries) > 1:
        entries.pop(0)
    done = sum(cell.get("execution_count") is not None for cell in code)
    return StepLog(notebook=str(path), entries=tuple(entries), cells=len(code), done=done)


def _entries(code: list[Mapping[str, Any]]) -> Iterator[LogEntry]:
    for number, cell in enumerate(code, start=1):
        for output in cell.get("outputs", ()):
            kind = output.get("output_type")
            if kind == "stream":
                name: Literal["out", "err"] = "err" if output.get("name") == "stderr" else "out"
                yield _entry(number, name, output.get("text", ""))
            elif kind == "error":
                trace = "\n".join(output.get("traceback") or ())
                text = trace or f"{output.get('ename')}: {output.get('evalue')}"
                yield _entry(number, "error", text)


def _entry(cell: int, kind: Literal["out", "err", "error"], text: str | list[str]) -> LogEntry:
    whole = _ANSI.sub("", "".join(text))
    return LogEntry(cell=cell, kind=kind, text=whole[-MAX_TEXT:], cut=len(whole) > MAX_TEXT)
