"""Executing notebooks: parameters, what is saved, what is told, and the stock kernel behind."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest

from tests.engine.kernels.running import run
from tests.notebooks.corpus import make
from tests.notebooks.zygotes import ready_zygote
from workbench.engine.executor import execute_notebook
from workbench.engine.kernels import Zygote, processes
from workbench.errors import EngineError, StorageFull


@pytest.fixture(scope="module")
def kernel() -> Iterator[Zygote]:
    with ready_zygote() as zygote:
        yield zygote


VALUES = [
    "",
    "quotes ' \" ''' \"\"\" and \\ and \\n",
    "line\nbreak\r\n\ttab \x00 nul",
    "'); import os; os._exit(9) #",
    "{braces} %s $HOME ${env:HOME}",
    "ñ ☃ 😀 \u202e \u2028",
    0,
    -7,
    3.5,
    float("inf"),
    True,
    None,
    ["a", 1, ["b'"]],
    {"k'\"": {"x": None}},
]


def test_values_arrive_as_they_are(kernel: Zygote, tmp_path: Path) -> None:
    source = "import json\nprint(json.dumps([a, b]))"
    for value in VALUES:
        ran = run(kernel, tmp_path, source, parameters={"a": value, "b": [value]})
        assert ran.status == "finished", value
        assert json.loads(ran.text) == [value, [value]], value


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "a\nimport os; os._exit(9)\nb",
        "a = 1; b",
        "a.b",
        "a[0]",
        "",
        " a",
        "class",
        "__import__('os')",
        "ａ",
    ],
)
def test_a_name_that_is_not_declared_is_refused(kernel: Zygote, tmp_path: Path, name: str) -> None:
    with pytest.raises(EngineError) as caught:
        run(kernel, tmp_path, "1", parameters={name: 1})
    assert "is not a parameter of this notebook" in caught.value.message
    assert caught.value.remedy == "its cell tagged 'parameters' declares a, b"
    assert not (tmp_path / "out.ipynb").exists()


def test_what_a_workbench_error_says_comes_back(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(
        kernel,
        tmp_path,
        "from workbench.errors import TargetUnavailable\n"
        "raise TargetUnavailable('it is down', where='warehouse', remedy='start it')",
    )
    assert ran.status == "failed"
    told = {key: ran.error[key] for key in ("type", "message", "where", "remedy", "transient")}
    assert told == {
        "type": "TargetUnavailable",
        "message": "it is down",
        "where": "warehouse",
        "remedy": "start it",
        "transient": True,
    }
    assert ran.error["cell"] == 2
    assert "raise TargetUnavailable" in ran.error["traceback"]


@pytest.mark.parametrize(
    ("source", "kind", "transient"),
    [
        ("1 / 0", "ZeroDivisionError", False),
        ("raise ConnectionResetError('gone')", "ConnectionResetError", True),
        (
            "import errno\nraise OSError(errno.ENOSPC, 'No space left on device')",
            "StorageFull",
            True,
        ),
        ("x = = 1", "SyntaxError", False),
    ],
)
def test_other_errors_are_told_too(
    kernel: Zygote, tmp_path: Path, source: str, kind: str, transient: bool
) -> None:
    error = run(kernel, tmp_path, source).error
    assert (error["type"], error["transient"]) == (kind, transient)
    assert error["message"]
    assert error["remedy"]


def test_a_failed_notebook_is_saved_up_to_the_failure(kernel: Zygote, tmp_path: Path) -> None:
    ran = run(kernel, tmp_path, "print('before')", "1 / 0", "print('after')")
    assert ran.text == "before\n"
    assert ran.outputs[-1].ename == "ZeroDivisionError"
    papermill = ran.notebook.metadata.papermill
    assert papermill["input_path"] == str(tmp_path / "in.ipynb")
    assert papermill["output_path"] == str(tmp_path / "out.ipynb")
    statuses = [
        c.metadata.papermill["status"] for c in ran.notebook.cells if "papermill" in c.metadata
    ]
    assert statuses[-2:] == ["failed", "pending"]


def test_what_stood_there_stays_when_the_disk_is_full(
    kernel: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(kernel, tmp_path, "print('old')")
    old = (tmp_path / "out.ipynb").read_bytes()

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageFull):
        run(kernel, tmp_path, "print('new')")
    assert (tmp_path / "out.ipynb").read_bytes() == old
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.ipynb", "out.ipynb"]


def test_a_long_notebook_is_saved_now_and_then(
    kernel: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.engine.executor.SAVE_EVERY", 0.2)
    ran = run(
        kernel,
        tmp_path,
        "import time\nfor n in range(8):\n    print('tick', n)\n    time.sleep(0.15)",
        "print('tick 2' in open('out.ipynb').read())",
    )
    assert ran.text.endswith("True\n")


SECRET = "pa$$ w'ö\"rd/+&"


def test_secrets_are_in_nothing_that_is_saved_or_told(kernel: Zygote, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    source = f"""
import base64, os, sys, urllib.parse
secret = os.environ["CANARY"]
print(secret, end="")
print(secret, file=sys.stderr)
for part in secret: print(part, end="", flush=True)
print(repr(secret), [secret], {{secret: secret}})
print(urllib.parse.quote(secret), urllib.parse.quote_plus(secret), secret.encode().hex())
for n in range(3): print(base64.b64encode(b"x" * n + secret.encode() + b"tail").decode())
display({{"application/json": {{secret: [secret]}}, "text/html": f"<b>{{secret}}</b>"}}, raw=True)
get_ipython().run_cell({repr(SECRET) + " + secret  # in an inner cell"!r});
os.system("echo $CANARY")
url = f"postgresql://user:{{urllib.parse.quote(secret, safe='')}}@host/db"
raise RuntimeError(f"cannot connect to {{url}} with {{secret}}")
"""
    ran = run(
        kernel,
        tmp_path,
        source,
        environ={"CANARY": SECRET},
        parameters={"b": SECRET},
        secrets=[SECRET, ""],
        on_event=seen.append,
    )
    assert ran.status == "failed"
    saved = (tmp_path / "out.ipynb").read_text()
    told = json.dumps([ran.execution.error, seen], ensure_ascii=False)
    raw = SECRET.encode()
    forms = [
        SECRET,
        json.dumps(SECRET)[1:-1],
        repr(SECRET)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        raw.hex(),
        base64.b64encode(raw).decode()[:-4],
    ]
    for form in forms:
        assert form not in saved, form
        assert form not in told, form
    assert "•••" in saved
    assert "cannot connect to postgresql://user:•••@host/db with •••" in told


def test_the_path_is_not_formatted(kernel: Zygote, tmp_path: Path) -> None:
    folder = tmp_path / "{a} {missing} {{x}}"
    folder.mkdir()
    assert run(kernel, folder, "1", parameters={"a": 2}).status == "finished"


def test_what_is_no_notebook_is_refused(kernel: Zygote, tmp_path: Path) -> None:
    source = tmp_path / "in.ipynb"
    for text, said in ((None, "cannot be read"), ("{", "not a notebook"), ("[]", "not a notebook")):
        if text is not None:
            source.write_text(text)
        with pytest.raises(EngineError, match=said) as caught:
            execute_notebook(source, tmp_path / "out.ipynb", {}, kernel=kernel)
        assert caught.value.where == str(source)


def test_a_missing_working_folder_is_refused(kernel: Zygote, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="working folder does not exist"):
        run(kernel, tmp_path, "1", cwd=tmp_path / "gone")


def test_events_tell_which_cell_begins(kernel: Zygote, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    run(kernel, tmp_path, "1", "#:text", on_event=events.append)
    assert events == [{"event": "cell", "cell": n, "cells": 3} for n in range(3)]


def test_papermill_finds_the_engine_by_itself(tmp_path: Path) -> None:
    import papermill

    source = make(tmp_path / "in.ipynb", "import os\na + 1", "1 / 0")
    with pytest.raises(papermill.PapermillExecutionError):
        papermill.execute_notebook(
            source, tmp_path / "out.ipynb", {"a": 5}, engine_name="workbench", progress_bar=False
        )
    saved = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    outputs = [output for cell in saved.cells for output in cell.get("outputs", [])]
    assert outputs[0].data["text/plain"] == "6"


class TestStockKernel:
    """The fallback keeps the same promises."""

    def test_it_runs_what_needs_a_front_end(self, kernel: Zygote, tmp_path: Path) -> None:
        ran = run(
            kernel,
            tmp_path,
            "import ipywidgets\nipywidgets.IntSlider(description='x')",
            "type(get_ipython()).__name__",
            parameters={"a": 3},
        )
        assert ran.status == "finished"
        assert "application/vnd.jupyter.widget-view+json" in ran.outputs[0].data
        assert ran.outputs[-1].data["text/plain"] == "'ZMQInteractiveShell'"

    def test_failures_and_environment(self, tmp_path: Path) -> None:
        ran = run(
            None,
            tmp_path,
            "import os\nprint(os.environ['GIVEN'], os.getcwd(), os.environ['CANARY'])",
            "raise SystemExit(0)",
            environ={"GIVEN": "yes", "CANARY": SECRET},
            secrets=[SECRET],
        )
        assert (ran.status, ran.error["type"], ran.error["cell"]) == ("failed", "SystemExit", 3)
        assert ran.text.startswith(f"yes {tmp_path} •••\n")

    @pytest.mark.parametrize(
        ("source", "limits", "status"),
        [
            ("import time\ntime.sleep(60)", {"cell_timeout": 1}, "timeout"),
            ("import os\nos._exit(0)", {}, "died"),
            (
                "x = bytearray(1 << 30)\nwhile True: pass",
                {"memory_limit": 500 << 20},
                "out_of_memory",
            ),
        ],
    )
    def test_limits(self, tmp_path: Path, source: str, limits: dict[str, Any], status: str) -> None:
        began = time.monotonic()
        ran = run(None, tmp_path, "print('kept')", source, **limits)
        assert ran.status == status
        assert ran.error["cell"] == 3
        assert ran.text == "kept\n"
        assert time.monotonic() - began < 20

    def test_a_kernel_that_the_system_ended_for_memory_is_told_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        count = itertools.count()
        monkeypatch.setattr(processes, "ended_for_memory", lambda: next(count))
        ran = run(None, tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        assert (ran.status, ran.error["type"]) == ("out_of_memory", "OutOfMemory")
        assert ran.error["transient"]


def test_a_worker_that_is_ready_imports_nothing_for_its_first_notebook() -> None:
    ready = "from workbench.engine import executor; executor.get_ready(); "
    for code, expected in (("", "False"), (ready, "True")):
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; {code}print('papermill.engines' in sys.modules)"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected
