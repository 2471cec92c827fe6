"""When a zygote starts, what it preloads, and when it is replaced."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.kernels.running import execute, open_session, run
from workbench.engine.kernels import Zygote, preload, processes
from workbench.errors import ConfigError, KernelDied


def until(condition: Callable[[], bool], *, seconds: float, pause: float) -> None:
    """Ask again and again, with pauses in which the zygote has nothing to do."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        time.sleep(pause)


def test_starting_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(2)\n")
    began = time.monotonic()
    with Zygote(["slow_module"]):
        assert time.monotonic() - began < 1


def test_modules_are_there_before_a_cell_asks(tmp_path: Path) -> None:
    with Zygote(["decimal", "no_such_module_at_all", "sqlite3"]) as kernel:
        source = (
            "import sys\n[name in sys.modules for name in ('sqlite3', 'no_such_module_at_all')]"
        )
        assert run(kernel, tmp_path, source).text == "[True, False]"


def test_a_function_is_called_before_a_cell_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "prepared.py").write_text(
        "ready = False\n"
        "def prepare():\n    global ready\n    ready = True\n"
        "def fail():\n    raise OSError\n"
    )
    with Zygote(["prepared:fail", "prepared:prepare", "prepared:nothing"]) as kernel:
        assert run(kernel, tmp_path, "import prepared\nprepared.ready").text == "True"


def test_a_module_that_starts_threads_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "starts_a_thread.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    with Zygote(["starts_a_thread", "sqlite3"]) as kernel:
        source = "import sys\n[name in sys.modules for name in ('sqlite3', 'starts_a_thread')]"
        assert run(kernel, tmp_path, source).text == "[True, False]"
        assert kernel.pid is not None
        assert len(processes.threads(kernel.pid)) == 1


@pytest.mark.parametrize("name", ["light", pytest.param("full", marks=pytest.mark.long)])
def test_the_sets_are_installed_and_leave_one_thread(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what polars leaves in the environment of a process that imports it
    monkeypatch.setenv("_RJEM_MALLOC_CONF", "dirty_decay_ms:500,muzzy_decay_ms:-1")
    with Zygote(name) as kernel:
        names = [each.partition(":")[0] for each in preload.names(name)]
        patterns = [each for each in names if not each.endswith("*") and each != preload.LATER]
        missing = f"import sys\n[name for name in {patterns!r} if name not in sys.modules]"
        until(lambda: run(kernel, tmp_path, missing).text == "[]", seconds=60, pause=3.0)
        ran = run(
            kernel,
            tmp_path,
            missing,
            "import duckdb, polars, pyarrow.compute, numpy as np\n"
            "rows = duckdb.sql('select sum(x) from range(1000000) t(x)').fetchone()\n"
            "frame = polars.DataFrame({'x': range(1000)}).group_by(polars.col('x') % 7).len()\n"
            "(rows, frame.height, (np.ones((50, 50)) @ np.ones((50, 50))).sum())",
        )
        assert ran.status == "finished", ran.execution.error
        first, second = [o.data["text/plain"] for o in ran.outputs]
        assert first == "[]"
        assert second.startswith("((499999500000,), 7, ")
        assert kernel.pid is not None
        assert set(processes.threads(kernel.pid)[1:]) <= preload.IDLE_THREADS


def test_a_later_module_is_imported_while_there_is_nothing_to_do(tmp_path: Path) -> None:
    source = "import sys\n'wave' in sys.modules"
    with Zygote([preload.LATER, "wave"]) as kernel:
        assert run(kernel, tmp_path, source).text == "False", "the first run does not wait for it"
        until(lambda: run(kernel, tmp_path, source).text == "True", seconds=30, pause=2.5)


def test_what_a_notebook_had_to_import_the_next_one_finds_imported(tmp_path: Path) -> None:
    source = "import sys\n('wave' in sys.modules, 'chunk' in sys.modules)"
    with Zygote([preload.LATER, "chunk", "wave"]) as kernel:
        assert run(kernel, tmp_path, source).text == "(False, False)"
        assert run(kernel, tmp_path, "import wave").status == "finished"
        # busy all the time: none of these waits for the zygote to be idle
        texts = [run(kernel, tmp_path, source).text for _ in range(3)]
        assert "(True, False)" in texts, "and nothing more than it imported"


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(ConfigError, match="full, light, none"), Zygote("fulll"):
        pass


def test_changed_code_replaces_the_zygote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preload, "fingerprint", lambda: "as it was")
    with Zygote("none") as kernel:
        open_session(kernel).close()
        before = kernel.pid
        kernel.start()
        assert kernel.pid == before
        monkeypatch.setattr(preload, "fingerprint", lambda: "changed")
        assert kernel.is_stale()
        open_session(kernel).close()
        assert kernel.pid not in (None, before)


def test_the_fingerprint_changes_with_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preload, "__file__", str(tmp_path / "a/b/c.py"))
    module = tmp_path / "module.py"
    module.write_text("x = 1")
    first = preload.fingerprint()
    assert preload.fingerprint() == first
    module.write_text("x = 12")
    second = preload.fingerprint()
    (tmp_path / "new.py").touch()
    third = preload.fingerprint()
    assert len({first, second, third}) == 3
    (tmp_path / "front/node_modules").mkdir(parents=True)
    (tmp_path / "front/node_modules/tool.py").touch()
    assert preload.fingerprint() == third, "tools of the scripts are no code of ours"


def test_an_imported_module_of_the_project_that_changed_replaces_the_zygote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    module = tmp_path / "of_the_project.py"
    module.write_text("word = 'old'")
    source = "import of_the_project\nof_the_project.word"
    with Zygote(["of_the_project"]) as kernel:
        assert run(kernel, tmp_path, source).text == "'old'"
        before = kernel.pid
        assert run(kernel, tmp_path, source).text == "'old'"
        assert kernel.pid == before
        module.write_text("word = 'newer'")
        assert run(kernel, tmp_path, source).text == "'newer'"
        assert kernel.pid not in (None, before)


def test_a_zygote_that_looks_at_no_files_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: with its stamps out of the way, the old code runs."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    module = tmp_path / "of_the_project.py"
    module.write_text("word = 'old'")
    hide = "from workbench.engine.kernels import preload\npreload.own_files = dict"
    (tmp_path / "hides_files.py").write_text(hide)
    with Zygote(["of_the_project", "hides_files"]) as kernel:
        source = "import of_the_project\nof_the_project.word"
        assert run(kernel, tmp_path, source).text == "'old'"
        module.write_text("word = 'newer'")
        assert run(kernel, tmp_path, source).text == "'old'"


def test_a_module_that_changes_all_the_time_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "restless.py").write_text(
        "from workbench.engine.kernels import preload\npreload.changed = lambda _: __file__"
    )
    with Zygote(["restless"]) as kernel, pytest.raises(KernelDied) as caught:
        open_session(kernel)
    assert caught.value.where == str(tmp_path / "restless.py")
    assert "changes all the time" in caught.value.message


def test_what_a_notebook_imports_by_itself_is_as_it_is_now(kernel: Zygote, tmp_path: Path) -> None:
    before = kernel.pid
    for word in ("old", "newer", "newest"):
        (tmp_path / "beside.py").write_text(f"word = {word!r}")
        assert run(kernel, tmp_path, "import beside\nbeside.word").text == repr(word)
    assert kernel.pid == before


def test_an_installed_package_that_came_or_went_replaces_the_zygote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed)])
    os.utime(installed, ns=(0, 0))  # the clock of the file system may be slower than this test
    first = preload.fingerprint()
    assert preload.fingerprint() == first
    (installed / "package-1.0.dist-info").mkdir()
    second = preload.fingerprint()
    os.utime(installed, ns=(1, 1))
    os.rename(installed / "package-1.0.dist-info", installed / "package-2.0.dist-info")
    assert len({first, second, preload.fingerprint()}) == 3


def test_a_run_goes_on_while_its_zygote_is_replaced() -> None:
    with Zygote("none") as kernel:
        session = open_session(kernel)
        execute(session, "x = 41")
        kernel.close()
        kernel.start()
        reply = execute(session, "x + 1")
        assert reply[0]["content"]["data"]["text/plain"] == "42"
        session.close()
        assert session.exit == 0


def test_a_stopped_zygote_does_not_stop_a_cancel(tmp_path: Path) -> None:
    with Zygote("none") as kernel:
        open_session(kernel).close()
        assert kernel.pid is not None
        os.kill(kernel.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            ran = run(kernel, tmp_path, "1", cancelled=lambda: time.monotonic() - began > 0.3)
            assert ran.status == "cancelled"
            assert time.monotonic() - began < 3
        finally:
            os.kill(kernel.pid, signal.SIGCONT)


def test_a_forked_worker_uses_its_parents_zygote(tmp_path: Path) -> None:
    with Zygote("none") as kernel:
        open_session(kernel).close()
        before = kernel.pid
        worker = os.fork()
        if worker == 0:
            code = 1
            try:
                session = open_session(kernel)
                done = execute(session, "1 + 1")[-1]
                session.close()
                code = 0 if done["done"]["status"] == "ok" and kernel.pid == before else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
        assert run(kernel, tmp_path, "2").text == "2"
        assert kernel.pid == before


def test_several_runs_at_once(kernel: Zygote) -> None:
    sessions = [open_session(kernel) for _ in range(5)]
    for number, session in enumerate(sessions):
        session.execute(f"import time\ntime.sleep(0.2)\n{number}", None)
    for number, session in enumerate(sessions):
        messages = []
        while not (messages and "done" in messages[-1]):
            messages += session.receive(5)
        assert messages[0]["content"]["data"]["text/plain"] == str(number)
        session.close()


def test_marks_find_processes() -> None:
    with Zygote("none") as kernel:
        session = open_session(kernel, WORKBENCH_RUN="run-of-a-test-ñ")
        assert session.pid is not None
        assert execute(session, "1")[-1]["done"]["status"] == "ok"
        assert processes.mark_of(session.pid, processes.RUN_MARK) == "run-of-a-test-ñ"
        assert processes.end_marked(processes.RUN_MARK, "run-of-a-test-ñ") == [session.pid]
        session.close()
        assert session.exit == -signal.SIGKILL
