"""What a step has said is read from its notebook, whatever state that is in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.config import Settings
from workbench.engine.notebooks import executed_path
from workbench.engine.step_log import MAX_TEXT, read_log
from workbench.model.run import StepRun
from workbench.model.status import Status


def step(attempt: int = 1) -> StepRun:
    return StepRun(
        run_id="0123456789ab", step_id="sales.ingest", dataset="sales", verb="ingest",
        position=0, status=Status.RUNNING, attempt=attempt,
    )  # fmt: skip


def save(settings: Settings, *cells: dict[str, Any], attempt: int = 1) -> Path:
    path = executed_path(settings, step(attempt))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": list(cells)}), encoding="utf-8")
    return path


def code(*outputs: dict[str, Any], count: int | None = 1) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": count, "outputs": list(outputs)}


def test_texts_and_errors_of_cells_in_order(settings: Settings) -> None:
    path = save(
        settings,
        {"cell_type": "markdown", "source": "words"},
        code({"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}),
        code(
            {"output_type": "stream", "name": "stderr", "text": "careful"},
            {"output_type": "error", "traceback": ["\x1b[31mE: v\x1b[0m"]},
        ),
        code(count=None),
    )  # fmt: skip
    log = read_log(settings, step())
    assert log.notebook == str(path)
    assert [(e.cell, e.kind, e.text) for e in log.entries] == [
        (1, "out", "one\ntwo\n"),
        (2, "err", "careful"),
        (2, "error", "E: v"),
    ]
    assert (log.done, log.cells) == (2, 3)


def test_of_a_long_text_the_end_is_kept(settings: Settings) -> None:
    text = "a" * MAX_TEXT + "end"
    save(settings, code({"output_type": "stream", "name": "stdout", "text": text}))
    [entry] = read_log(settings, step()).entries
    assert entry.cut and len(entry.text) == MAX_TEXT and entry.text.endswith("end")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 1}', '{"cells": ["x"]}'])
def test_a_notebook_that_is_being_written_is_no_fault(settings: Settings, text: str) -> None:
    save(settings).write_text(text)
    log = read_log(settings, step())
    assert log.notebook and log.entries == ()


def test_each_attempt_has_its_own(settings: Settings) -> None:
    assert read_log(settings, step()).notebook is None
    save(settings, code({"output_type": "stream", "name": "stdout", "text": "first"}))
    assert read_log(settings, step(2)).notebook is None
    assert read_log(settings, step(2), attempt=1).entries[0].text == "first"
