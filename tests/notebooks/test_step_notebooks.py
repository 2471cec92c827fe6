"""The shipped step notebooks: short, without functions, committed without outputs."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

from workbench.config import Settings

VERBS = ("ingest", "transform", "validate", "materialize")


@pytest.fixture(params=VERBS)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    path = Path(__file__).parents[2] / "notebooks" / f"{request.param}.ipynb"
    read = nbformat.read(path, as_version=4)
    nbformat.validate(read)
    read.verb = request.param
    return read


def test_it_is_purpose_parameters_open_verb_show_save(notebook: nbformat.NotebookNode) -> None:
    assert [cell.id for cell in notebook.cells] == [
        "purpose",
        "parameters",
        "open",
        notebook.verb,
        "show",
        "save",
    ]
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.metadata.kernelspec.name == "python3"


def test_parameters_are_ids_only(notebook: nbformat.NotebookNode) -> None:
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    scope: dict[str, object] = {}
    exec(cell.source, scope)
    del scope["__builtins__"]
    assert scope == {"run": "", "step": "", "attempt": 0}


def test_it_has_no_functions_and_calls_its_verb(notebook: nbformat.NotebookNode) -> None:
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    tree = ast.parse(code)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.If)
    assert not [node for node in ast.walk(tree) if isinstance(node, kinds)]
    assert f"steps.{notebook.verb}(context)" in code
    assert code.rstrip().endswith("context.save(result)")


def test_it_is_committed_without_outputs(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_settings_find_it(settings: Settings) -> None:
    assert all((settings.notebooks / f"{verb}.ipynb").is_file() for verb in VERBS)
