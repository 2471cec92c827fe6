"""The shape of the house: layers, homes of heavy libraries, names, and what code never does.

Every check is a function over a folder that returns what is wrong, and is shown to catch its fault
on a small package made for it.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "workbench"

#: A heavy library and the modules (a prefix of their path) that alone may import it.
HOMES = {
    "papermill": ("engine/executor", "engine/kernels"),
    "rq": ("engine/queue",),
    "great_expectations": ("quality/suite",),
    "pandas": ("quality/suite", "panels/"),
}

#: Nothing of this may be imported by asking for help.
SLOW = (
    *("IPython", "adbc_driver_manager", "alembic", "deltalake", "duckdb", "great_expectations"),
    *("ibis", "jupyter_client", "nbformat", "numpy", "pandas", "papermill", "plotly", "polars"),
    *("psycopg", "pyarrow", "redis", "rq", "sqlalchemy", "sqlglot"),
)

VAGUE = {"util", "utils", "common", "helper", "helpers", "misc"}

TOP_LEVEL = {
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "environment.yml",
    "notebooks",
    "portal",
    "pyproject.toml",
    "specs",
    "tests",
    "workbench",
    "workers",
}


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every Python file below ``root``: its path without ``.py``, and its tree."""
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).with_suffix("").as_posix()
        yield name, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def called(node: ast.Call) -> str:
    """The dotted name of what a call calls, as far as it is one."""
    parts: list[str] = []
    function: ast.expr = node.func
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        parts.append(function.id)
    return ".".join(reversed(parts))


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of every import, wherever it stands, also by ``import_module("…")``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
        elif (
            isinstance(node, ast.Call)
            and called(node).split(".")[-1] in ("import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def away_from_home(root: Path) -> list[str]:
    """Imports of heavy libraries outside their home."""
    return [
        f"{name}:{line} imports {library}"
        for name, tree in modules(root)
        for line, library in imported(tree)
        if (homes := HOMES.get(library.split(".")[0])) and not name.startswith(homes)
    ]


def vague_names(root: Path) -> list[str]:
    """Modules whose name does not say what they are about; installed ones are not ours."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.stem in VAGUE
        and (path.is_dir() or path.suffix in (".py", ".ts"))
        and "node_modules" not in path.parts
    ]


def path_writes(root: Path) -> list[str]:
    """Writes to Delta that bypass the compare-and-swap of a handle.

    Only ``lake`` may write at all, and never by a path: ``str(…)``, a literal or ``/``.
    """
    faults = []
    for name, tree in modules(root):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if called(node).split(".")[-1] != "write_deltalake":
                continue
            target = node.args[0] if node.args else None
            by_path = isinstance(target, ast.Constant | ast.JoinedStr | ast.BinOp | None) or (
                isinstance(target, ast.Call) and called(target) in ("str", "Path", "os.fspath")
            )
            if not name.startswith("lake/") or by_path:
                faults.append(f"{name}:{node.lineno} writes to Delta")
    return faults


def data_becoming_code(root: Path) -> list[str]:
    """Evaluated text, unpickled bytes, unsafe YAML, shells."""
    faults = []
    for name, tree in modules(root):
        for line, library in imported(tree):
            if library.split(".")[0] in ("pickle", "cloudpickle", "dill", "marshal", "shelve"):
                faults.append(f"{name}:{line} imports {library}")
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            function = called(node)
            shell = any(
                word.arg == "shell" and getattr(word.value, "value", True) is not False
                for word in node.keywords
            )
            if shell or function in ("eval", "exec", "os.system", "os.popen", "yaml.unsafe_load"):
                faults.append(f"{name}:{node.lineno} calls {function}")
    return faults


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run our layers contract on the package ``workbench`` in ``folder``."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--no-cache",
            "--config",
            REPOSITORY / "pyproject.toml",
        ],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def top_level(folder: Path) -> set[str]:
    """What git tracks at the top of ``folder``."""
    if not shutil.which("git"):
        pytest.skip("missing: git")
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this is not a git repository")
    return {name.split("/")[0] for name in done.stdout.split("\0") if name}


def test_layers_hold() -> None:
    done = lint_imports(REPOSITORY)
    assert done.returncode == 0, done.stdout


CONTRACT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LAYERS = re.findall(r"\w+", " ".join(CONTRACT["importlinter"]["contracts"][0]["layers"]))


@pytest.mark.parametrize(
    ("module", "text", "expected"),
    [
        ("model", "import workbench.records", "workbench.model -> workbench.records"),
        ("steps", "import workbench.engine", "workbench.steps -> workbench.engine"),
        ("lake", "import workbench.destinations", "workbench.lake -> workbench.destinations"),
        ("config", "def f():\n    import workbench.cli\n", "workbench.config -> workbench.cli"),
        ("misc", "", "workbench.misc"),
        ("cli", "import workbench.errors", None),
    ],
)
def test_the_contract_catches(tmp_path: Path, module: str, text: str, expected: str | None) -> None:
    package = tmp_path / "workbench"
    package.mkdir()
    for name in ["__init__", *LAYERS]:
        package.joinpath(f"{name}.py").touch()
    package.joinpath(f"{module}.py").write_text(text, encoding="utf-8")
    done = lint_imports(tmp_path)
    assert done.returncode == (1 if expected else 0), done.stdout
    assert (expected or "1 kept") in " ".join(done.stdout.split())


@pytest.mark.parametrize("check", [away_from_home, vague_names, path_writes, data_becoming_code])
def test_the_package_is_clean(check: Callable[[Path], list[str]]) -> None:
    assert check(PACKAGE) == []


@pytest.mark.parametrize(
    ("check", "path", "text", "clean_path"),
    [
        (away_from_home, "steps/a.py", "import pandas as pd", "quality/suite.py"),
        (
            away_from_home,
            "cli.py",
            "def f():\n    from rq import Queue",
            "engine/queue.py",
        ),
        (
            away_from_home,
            "a.py",
            "import_module('papermill.execute')",
            "engine/executor.py",
        ),
        (away_from_home, "lake/a.py", "import great_expectations", "quality/suite/gx.py"),
        (vague_names, "lake/utils.py", "", "lake/raw.py"),
        (vague_names, "common/a.py", "", "lake/a.py"),
        (vague_names, "front/src/utils.ts", "", "front/node_modules/a/utils.ts"),
        (path_writes, "steps/a.py", "write_deltalake(table, rows)", "lake/layers.py"),
        (
            path_writes,
            "lake/layers.py",
            "deltalake.write_deltalake(str(path), rows)",
            None,
        ),
        (path_writes, "lake/layers.py", "write_deltalake(f'{root}/silver', rows)", None),
        (data_becoming_code, "a.py", "eval(text)", None),
        (data_becoming_code, "a.py", "import pickle", None),
        (data_becoming_code, "a.py", "subprocess.run(text, shell=True)", None),
        (data_becoming_code, "a.py", "yaml.unsafe_load(text)", None),
    ],
)
def test_each_check_catches_its_fault(
    tmp_path: Path,
    check: Callable[[Path], list[str]],
    path: str,
    text: str,
    clean_path: str | None,
) -> None:
    bad = tmp_path / "bad" / path
    bad.parent.mkdir(parents=True)
    bad.write_text(text, encoding="utf-8")
    assert check(tmp_path / "bad")
    if clean_path:
        good = tmp_path / "good" / clean_path
        good.parent.mkdir(parents=True)
        good.write_text(text, encoding="utf-8")
        assert check(tmp_path / "good") == []


def test_the_top_level_is_as_planned() -> None:
    assert top_level(REPOSITORY) <= TOP_LEVEL


def test_a_new_top_level_name_is_noticed(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    tmp_path.joinpath("setup.py").touch()
    subprocess.run(["git", "add", "setup.py"], cwd=tmp_path, check=True)
    assert top_level(tmp_path) - TOP_LEVEL == {"setup.py"}


HELP = """
import sys
{before}
sys.argv = ["workbench", "--help"]
from workbench.cli import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
print("imported:", *sorted(set({slow!r}) & set(sys.modules)))
"""


@pytest.mark.parametrize(("before", "imported"), [("", ""), ("import sqlglot", "sqlglot")])
def test_help_imports_nothing_slow(before: str, imported: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP.format(before=before, slow=SLOW)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith(f"imported: {imported}".rstrip())


def test_no_registry_or_machine_addresses_in_the_lock() -> None:
    lock = (REPOSITORY / ".ci" / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
