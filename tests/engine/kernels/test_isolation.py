"""No run sees anything of another, nor of the zygote or the worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.kernels.running import run
from workbench.engine.kernels import Zygote

LEAKS = {
    "globals": ("leaked = 1", "'leaked' in globals()"),
    "builtins": ("import builtins\nbuiltins.leaked = 1", "hasattr(__builtins__, 'leaked')"),
    "environment": (
        "import os\nos.environ['LEAKED'] = '1'",
        "'LEAKED' in __import__('os').environ",
    ),
    "folder": ("import os\nos.chdir('/')", "__import__('os').getcwd() == '/'"),
    "path": ("import sys\nsys.path.append('/leaked')", "'/leaked' in __import__('sys').path"),
    "modules": ("import this", "'this' in __import__('sys').modules"),
    "patches": ("import json\njson.leaked = 1", "hasattr(__import__('json'), 'leaked')"),
    "umask": ("import os\nos.umask(0o777)", "__import__('os').umask(0) == 0o777"),
    "locale": (
        "import decimal\ndecimal.getcontext().prec = 3",
        "__import__('decimal').getcontext().prec == 3",
    ),
    "warnings": (
        "import warnings\nwarnings.simplefilter('error', BytesWarning)",
        "any(f[2] is BytesWarning for f in __import__('warnings').filters)",
    ),
    "recursion": (
        "import sys\nsys.setrecursionlimit(77777)",
        "__import__('sys').getrecursionlimit() == 77777",
    ),
    "outputs": ("12345", "12345 in Out.values()"),
    "numbering": ("1\n", "get_ipython().execution_count > 4"),
}


def test_nothing_that_a_notebook_does_is_seen_by_the_next(kernel: Zygote, tmp_path: Path) -> None:
    first = run(kernel, tmp_path, *(does for does, _ in LEAKS.values()))
    assert first.status == "finished"
    for name, (_, seen) in LEAKS.items():
        assert run(kernel, tmp_path, seen).text == "False", name


def test_random_numbers_differ_between_runs(tmp_path: Path) -> None:
    with Zygote(["numpy", "random"]) as zygote:
        source = "import random, numpy, uuid\n(random.random(), numpy.random.rand(), uuid.uuid4())"
        drawn = {run(zygote, tmp_path, source).text for _ in range(3)}
    parts = [text.split(",") for text in drawn]
    assert len(drawn) == 3
    assert len({part[0] for part in parts}) == 3
    assert len({part[1] for part in parts}) == 3


def test_a_run_has_the_given_environment_and_folder(
    kernel: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # set after the zygote started: a run takes the environment of the worker as it is now
    monkeypatch.setenv("SET_LATER", "é=☃")
    monkeypatch.delenv("HOME", raising=False)
    there = tmp_path / "with space"
    there.mkdir()
    ran = run(
        kernel,
        tmp_path,
        "import os\nprint((os.environ['SET_LATER'], os.environ['GIVEN'], os.getcwd(), "
        "'HOME' in os.environ), end='')",
        cwd=there,
        environ={"GIVEN": "yes"},
    )
    assert ran.text == repr(("é=☃", "yes", str(there), False))


def test_a_run_is_a_session_of_its_own_without_standard_input(
    kernel: Zygote, tmp_path: Path
) -> None:
    ran = run(
        kernel,
        tmp_path,
        "import os, sys\n(os.getsid(0) == os.getpid(), os.read(0, 1), sys.argv, '' in sys.path)",
    )
    assert ran.text == "(True, b'', [''], True)"


def test_a_run_finds_modules_beside_it(kernel: Zygote, tmp_path: Path) -> None:
    (tmp_path / "module_beside.py").write_text("value = 42")
    assert run(kernel, tmp_path, "import module_beside\nmodule_beside.value").text == "42"


def test_functions_registered_for_the_end_are_called(kernel: Zygote, tmp_path: Path) -> None:
    run(kernel, tmp_path, "import atexit\natexit.register(lambda: open('ended', 'w').close());")
    assert (tmp_path / "ended").exists()


def test_no_profile_is_made_in_the_home_of_the_user(kernel: Zygote, tmp_path: Path) -> None:
    run(kernel, tmp_path, "1", environ={"HOME": str(tmp_path / "home"), "IPYTHONDIR": ""})
    assert not (tmp_path / "home").exists()
