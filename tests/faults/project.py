"""A project in which things go wrong: its command line, in this process and in real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.steps.road import Road
from workbench import errors
from workbench.cli import main
from workbench.config import Settings
from workbench.engine import kernels, notebooks
from workbench.engine.kernels import Zygote
from workbench.model.run import Run
from workbench.records.runs import get_run, list_runs

SHIPPED = Path(__file__).resolve().parents[2] / "notebooks"

#: What nobody but a programmer can read.
_GIBBERISH = ("Traceback", 'File "', "object at 0x", "<class")

SALES = """\
source: {path: "inbox/*.csv"}
transforms:
  - type_cast: {columns: {amount: integer}, on_error: stop}
key: [id]
expectations:
  - expect_column_values_to_be_between: {column: amount, min_value: 0}
targets:
  - {connection: warehouse}
retry: {count: 2, delay: 0.2}
"""
#: Without a key, a row that comes twice shows.
APPEND = SALES.replace("key: [id]\n", "")
GOOD = "id,amount\n1,10\n2,20\n"
MORE = "id,amount\n2,21\n3,30\n"


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Shell:
    """Commands in this process: the real command line.

    Steps are done by the verbs themselves; with ``kernel`` by their notebooks, in its children.
    """

    def __init__(
        self, road: Road, patch: pytest.MonkeyPatch, capsys: Any, kernel: Zygote | None = None
    ) -> None:
        self.road = road
        self._patch = patch
        self._capsys = capsys
        for name, value in road.settings.environ().items():
            patch.setenv(name, value)
        patch.setattr(kernels, "Zygote", lambda *_, **__: _Shared(kernel))
        if kernel is None:
            patch.setattr(notebooks, "NotebookExecutor", lambda *_, **__: road._execute)
        else:
            real = notebooks.NotebookExecutor
            patch.setattr(notebooks, "NotebookExecutor", lambda _, **more: real(kernel, **more))

    def __call__(self, *arguments: str) -> Said:
        self._patch.setattr(sys, "argv", ["workbench", *arguments])
        self._capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return Said(code, *self._capsys.readouterr())

    def last(self) -> Run:
        """The run that was begun last."""
        return get_run(self.road.records, list_runs(self.road.records, limit=1)[0].id)


class _Shared:
    """Stands for a kernel that commands may begin and end as they like."""

    def __init__(self, kernel: Zygote | None) -> None:
        self._kernel = kernel

    def __enter__(self) -> Zygote | None:
        return self._kernel

    def __exit__(self, *_: object) -> None: ...

    def start(self) -> None: ...

    def close(self) -> None: ...


def is_clear(said: Said, *words: str, code: int = 1) -> None:
    """One message, in plain words, with a remedy, saying all of ``words``; and the exit code."""
    assert said.code == code, said.text
    for word in _GIBBERISH:
        assert word not in said.text, said.text
    assert "→ " in said.text, "no remedy"
    for word in words:
        assert word in said.text, f"{word!r} is not said:\n{said.text}"
    assert said.text.count("error in ") + said.text.count("error: ") == 1, said.text


def fault(run: Run, kind: type[errors.WorkbenchError], *, where: str) -> str:
    """The message of the error of a failed run, which is of a kind and names its place."""
    error = run.error
    assert error is not None, run
    assert error["type"] == kind.__name__, error
    assert error["message"] and error["remedy"], error
    assert where in str(error["where"]), error
    return str(error["message"])


class Project:
    """A project whose commands run as processes of their own."""

    def __init__(self, settings: Settings, road: Road) -> None:
        self.settings = settings
        self.road = road
        self.environ = {**os.environ, **settings.environ()}
        self._started: list[subprocess.Popen[str]] = []

    def notebook(self, verb: str, *, before: str = "", after: str = "") -> None:
        """Give the project notebooks of its own: code before and after the verb of one of them.

        ``after`` stands between the verb and the cell that saves the result.
        """
        folder = self.settings.project / "notebooks"
        folder.mkdir(exist_ok=True)
        for shipped in SHIPPED.glob("*.ipynb"):
            notebook = json.loads(shipped.read_text(encoding="utf-8"))
            if shipped.stem == verb:
                cells = notebook["cells"]
                at = next(n for n, cell in enumerate(cells) if cell["id"] == verb)
                cells[at]["source"] = f"{before}\nresult = steps.{verb}(context)\n{after}"
            (folder / shipped.name).write_text(json.dumps(notebook), encoding="utf-8")

    def gate(self, verb: str, *, before: str = "") -> Gate:
        """A place where the notebook of a verb stands still, between the work and its record."""
        gate = Gate(self.settings.project)
        self.notebook(verb, before=before, after=gate.code)
        gate.close()
        return gate

    def cli(self, *arguments: str, seconds: float = 100) -> Said:
        """Run a command to its end."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Said(process.returncode, out, err)

    def start(self, *arguments: str, group: bool = False) -> subprocess.Popen[str]:
        """Begin a command; with ``group`` in a process group of its own, as in a terminal."""
        # tests begun in the background ignore Ctrl-C, and so would what they start
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.cli", *arguments],
            env=self.environ,
            cwd=self.settings.project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0 if group else None,
        )
        signal.signal(signal.SIGINT, before)
        self._started.append(process)
        return process

    def last(self) -> Run:
        """The run that was begun last."""
        return get_run(self.road.records, list_runs(self.road.records, limit=1)[0].id)

    def end(self) -> None:
        """End all that is left of what was started."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()

    def left_over(self) -> list[psutil.Process]:
        """Processes that still work in this project's home."""
        found = []
        for process in psutil.process_iter():
            try:
                environ = process.environ()
            except psutil.Error:
                continue
            mine = environ.get("WORKBENCH_HOME") == str(self.settings.home)
            if mine and process.pid != os.getpid() and process.status() != "zombie":
                found.append(process)
        return found


class Gate:
    """Holds a notebook up until it is opened; ``waits`` for one to stand before it."""

    def __init__(self, folder: Path) -> None:
        self._closed = folder / "gate"
        self._here = folder / "at-gate"
        self.code = (
            "import os, pathlib, time\n"
            f"if pathlib.Path({str(self._closed)!r}).exists():\n"
            f"    pathlib.Path({str(self._here)!r}).write_text(str(os.getpid()))\n"
            f"while pathlib.Path({str(self._closed)!r}).exists():\n"
            "    time.sleep(0.02)\n"
        )

    def close(self) -> None:
        self._here.unlink(missing_ok=True)
        self._closed.touch()

    def open(self) -> None:
        self._closed.unlink(missing_ok=True)

    def wait(self) -> int:
        """Wait for a notebook to stand here; its process id."""
        until(lambda: self._here.exists() and self._here.read_text(), 100)
        return int(self._here.read_text())


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something to become true; fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.03)
