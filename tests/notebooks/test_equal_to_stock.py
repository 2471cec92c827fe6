"""What our engine saves equals what stock papermill saves, failures included."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from tests.notebooks.corpus import CORPUS, make
from workbench.engine.executor import execute_notebook
from workbench.engine.kernels import Zygote
from workbench.engine.kernels.outputs import tidy

FAILING = {
    "raises",
    "raises_from_another",
    "has_a_syntax_error",
    "raises_system_exit",
    "raises_system_exit_with_a_message",
    "interrupts_itself",
    "asks_for_input",
    "asks_for_a_password",
    "fails_in_a_coroutine",
    "fails_in_bash",
    "uses_an_unknown_magic",
    "has_a_bad_repr",
    "raises_a_group",
    "exits_with_a_code",
    "fails_an_assertion",
    "raises_an_error_without_words",
    "recurses_without_end",
}

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_CHANGING = [
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"[^\s\"]*/ipykernel_\d+/\d+\.py|\d+\.py(?=, line)|<ipython-input-[^>]*>"), "CELL"),
    (re.compile(r"(?:CPU times|Wall time):.*"), "TIMES"),
]


#: Writing down a thousand frames takes seconds.
_SLOW = "recurses_without_end"


def _is_long(number: int, name: str) -> bool:
    """Stock kernels are slow: of those that succeed, two of three are left to the long tests."""
    return name == _SLOW or (number % 3 != 0 and name not in FAILING)


NAMES = [
    pytest.param(name, marks=[pytest.mark.long] if _is_long(number, name) else [])
    for number, name in enumerate(CORPUS)
]


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_saved_as_stock_papermill_saves_it(
    name: str, tmp_path: Path, kernel: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    # stock kernels do not look at their descriptors while it is set
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    small = CORPUS[name]
    if small.needs and importlib.util.find_spec(small.needs) is None:
        pytest.skip(f"missing: {small.needs}")
    source = make(tmp_path / f"{name}.ipynb", *small.cells, tags=small.tags)
    parameters = {"a": 7, "b": "é\n\"'\\"}
    for folder in ("ours", "stock"):
        (tmp_path / folder).mkdir()
    done = execute_notebook(
        source, tmp_path / "ours.ipynb", parameters, kernel=kernel, cwd=tmp_path / "ours"
    )
    is_failed = False
    try:
        papermill.execute_notebook(
            str(source),
            str(tmp_path / "stock.ipynb"),
            parameters,
            cwd=str(tmp_path / "stock"),
            progress_bar=False,
        )
    except PapermillExecutionError:
        is_failed = True
    ours = nbformat.read(tmp_path / "ours.ipynb", as_version=4)
    nbformat.validate(ours)
    assert _normal(ours) == _normal(nbformat.read(tmp_path / "stock.ipynb", as_version=4))
    assert (done.status == "failed") == (name in FAILING)
    # stock papermill takes an exit with code 0 for success although nothing after it has run, and
    # an error that a cell may raise for a failure although everything after it has run
    if name not in ("raises_system_exit", "raises_as_it_should"):
        assert is_failed == (name in FAILING)


def _normal(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    return [
        {
            "type": cell.cell_type,
            "source": cell.source,
            "tags": cell.metadata.get("tags"),
            "status": cell.metadata.get("papermill", {}).get("status"),
            "exception": cell.metadata.get("papermill", {}).get("exception"),
            "count": cell.get("execution_count"),
            "outputs": _outputs(cell.get("outputs", [])),
        }
        for cell in notebook.cells
    ]


def _outputs(outputs: list[nbformat.NotebookNode]) -> list[dict[str, Any]]:
    streams: dict[str, str] = {}
    others = []
    for output in outputs:
        if output.output_type == "stream":
            # the two streams of a stock kernel come in no certain order, and in any pieces
            streams[output.name] = streams.get(output.name, "") + output.text
        elif output.output_type == "error":
            evalue, trace = _plain(output.evalue), _traceback(output.traceback)
            others.append({**output, "evalue": evalue, "traceback": trace})
        else:
            others.append(dict(output))
    return [{key: tidy(_plain(streams[key])) for key in sorted(streams)}, *others]


def _traceback(lines: list[str]) -> list[str]:
    """What was raised, and from what, without the frames: stock kernels show others there, and
    for a chained error at times the wrong line."""
    text = _plain("\n".join(lines))
    return [line for line in text.splitlines() if re.match(r"[A-Z]\w*(?: |:|$)", line)
            and not line.startswith(("Cell In", "File "))]  # fmt: skip


def _plain(text: str) -> str:
    text = _COLOURS.sub("", text)
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text
