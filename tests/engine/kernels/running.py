"""Runs cells, or whole notebooks, and returns what came of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from tests.notebooks.corpus import make
from workbench.engine.executor import Execution, execute_notebook
from workbench.engine.kernels import Zygote
from workbench.engine.kernels.session import Session


@dataclass
class Ran:
    """An execution and the notebook that it saved."""

    execution: Execution
    notebook: nbformat.NotebookNode = field(repr=False)

    @property
    def status(self) -> str:
        return self.execution.status

    @property
    def error(self) -> dict[str, Any]:
        assert self.execution.error is not None
        return self.execution.error

    @property
    def outputs(self) -> list[nbformat.NotebookNode]:
        """All outputs after the two cells of parameters."""
        return [output for cell in self.notebook.cells for output in cell.get("outputs", [])]

    @property
    def text(self) -> str:
        """All that was written to the streams, and all last values in plain text."""
        texts = []
        for output in self.outputs:
            if output.output_type == "stream":
                texts.append(output.text)
            elif "data" in output:
                texts.append(str(output.data.get("text/plain", "")))
        return "".join(texts)


def run(kernel: Zygote | None, folder: Path, *cells: str, **options: Any) -> Ran:
    """Execute ``cells`` as a notebook in ``folder``."""
    source = make(folder / "in.ipynb", *cells)
    parameters = options.pop("parameters", {})
    options.setdefault("cwd", folder)
    execution = execute_notebook(source, folder / "out.ipynb", parameters, kernel=kernel, **options)
    notebook = nbformat.read(execution.notebook, as_version=4)
    nbformat.validate(notebook)
    return Ran(execution, notebook)


def open_session(kernel: Zygote, **environ: str) -> Session:
    """A child without a notebook."""
    return kernel.session(environ={**os.environ, **environ}, cwd=Path.cwd())


def execute(session: Session, source: str) -> list[dict[str, Any]]:
    """All messages of one cell."""
    session.execute(source, None)
    messages: list[dict[str, Any]] = []
    while session.exit is None and not (messages and "done" in messages[-1]):
        messages += session.receive(1.0)
    return messages


def descriptors(pid: int | str = "self") -> list[str]:
    """What the descriptors of a process point to, except the one that reads this."""
    folder = Path(f"/proc/{pid}/fd")
    links = []
    for entry in folder.iterdir():
        try:
            links.append(os.readlink(entry).split(":")[0])
        except OSError:
            continue
    return sorted(link for link in links if "/proc/" not in link)
