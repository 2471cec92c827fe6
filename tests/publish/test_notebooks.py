"""Executed notebooks: outputs as tables, figures, images and text, and never as raw HTML."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.publish.conftest import Portal
from tests.publish.links import Page
from workbench.publish.collect.html_tables import MAX_ROWS, tables
from workbench.publish.collect.notebooks import PLOTLY_MIME, TABLE_MIME, Output, read

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


def displayed(tmp_path: Path, *masked: str, **data: Any) -> list[Output]:
    """The outputs of a cell that displays ``data``; ``__`` stands for ``/`` in names of types."""
    bundle = {name.replace("__", "/"): value for name, value in data.items()}
    return outputs(tmp_path, [{"output_type": "display_data", "data": bundle}], *masked)


def outputs(tmp_path: Path, given: list[dict[str, Any]], *masked: str) -> list[Output]:
    """The outputs of a notebook with one cell."""
    path = tmp_path / "n.ipynb"
    cell = {"cell_type": "code", "source": "x", "execution_count": 1, "outputs": given}
    path.write_text(json.dumps({"cells": [cell]}))
    found = read(path, masked)
    assert found is not None
    return list(found.cells[0].outputs)


def test_html_becomes_the_texts_of_its_table(tmp_path: Path) -> None:
    html = (
        "<style>x</style><div><script>alert(1)</script><table><caption>C</caption><thead><tr>"
        "<th></th><th>a &lt;b&gt;</th></tr></thead><tbody><tr><th>0</th>"
        "<td onclick='x()'><b>1</b><img src=x></td></tr></tbody></table></div>"
    )
    (output,) = displayed(tmp_path, text__html=html)
    assert output.table is not None
    assert output.table.columns == ("", "a <b>")
    assert output.table.rows == (("0", "1"),)
    assert output.table.numeric == (True, True)
    assert output.table.caption == "C"


def test_other_html_becomes_its_plain_text(tmp_path: Path) -> None:
    (output,) = displayed(tmp_path, text__html="<iframe src=x>", text__plain="words")
    assert (output.kind, output.text) == ("text", "words")
    assert displayed(tmp_path, text__html="<b>x</b>") == []
    javascript = {"application/javascript": "alert(1)", "text/plain": "words"}
    (output,) = outputs(tmp_path, [{"output_type": "execute_result", "data": javascript}])
    assert output.text == "words"


def test_tables_are_cut() -> None:
    rows = "<tr><td>1</td></tr>" * (MAX_ROWS + 50)
    found = tables(f"<table>{rows}</table>")
    assert found is not None
    assert len(found.rows) == MAX_ROWS
    assert tables("<p>no table</p>") is None
    assert tables("<table></table>") is None
    nested = tables(
        "<table><tr><td colspan=2>a<table><tr><td>b</td></tr></table></td></tr></table>"
    )
    assert nested is not None
    assert nested.rows == (("ab", ""),)


def test_images_are_what_they_say(tmp_path: Path) -> None:
    (output,) = displayed(tmp_path, image__png=PNG)
    assert output.kind == "image"
    assert output.text.startswith("data:image/png;base64,")
    fake = base64.b64encode(b"<script>").decode()
    assert displayed(tmp_path, image__png=fake) == []
    (svg,) = outputs(
        tmp_path,
        [{"output_type": "display_data", "data": {"image/svg+xml": "<svg onload='x()'/>"}}],
    )
    assert svg.text.startswith("data:image/svg+xml;base64,")


def test_figures_ask_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    figure = {
        "data": [{"type": "bar", "y": [1]}],
        "layout": {"images": [{"source": "https://example.org/x.png"}], "title": "t"},
        "config": {"plotlyServerURL": "https://example.org"},
    }
    (output,) = outputs(
        tmp_path,
        [{"output_type": "display_data", "data": {PLOTLY_MIME: figure, "text/plain": "w"}}],
    )
    assert output.figure == {"data": figure["data"], "layout": {"title": "t"}}
    globe = {"data": [{"type": "scattergeo"}], "layout": {}}
    (output,) = outputs(
        tmp_path, [{"output_type": "display_data", "data": {PLOTLY_MIME: globe, "text/plain": "w"}}]
    )
    assert (output.kind, output.text) == ("text", "w")


def test_streams_and_errors_lose_their_colours(tmp_path: Path) -> None:
    found = outputs(
        tmp_path,
        [
            {"output_type": "stream", "name": "stdout", "text": ["a\x1b[31mb\x1b[0m", "c"]},
            {"output_type": "stream", "name": "stderr", "text": "oh"},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[1mT\x1b[0m"]},
        ],
    )
    assert [(each.kind, each.text) for each in found] == [
        ("text", "abc"), ("stderr", "oh"), ("error", "T"),
    ]  # fmt: skip


def test_a_failed_notebook_ends_with_the_failing_cell(tmp_path: Path) -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
    cells = [
        {
            "cell_type": "markdown",
            "source": "# T",
            "metadata": {"tags": ["papermill-error-cell-tag"]},
        },
        {"cell_type": "code", "source": ["a\n", "b"], "outputs": []},
        {"cell_type": "code", "source": "c", "outputs": [error]},
        {"cell_type": "code", "source": "d", "outputs": []},
        {"cell_type": "code", "source": "e", "outputs": []},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    found = read(path)
    assert found is not None
    assert [cell.source for cell in found.cells] == ["a\nb", "c"]
    assert found.cells[-1].state == "failed"
    assert found.not_executed == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 1}', '{"no": []}'])
def test_what_is_no_notebook_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(content)
    assert read(path) is None
    assert read(tmp_path / "missing.ipynb") is None


def test_with_masked_columns_only_our_own_tables_are_shown(tmp_path: Path) -> None:
    def table(caption: str, columns: list[str], *rows: list[Any]) -> dict[str, Any]:
        value = {"caption": caption, "columns": columns, "rows": list(rows), "numeric": []}
        return {"output_type": "display_data", "data": {TABLE_MIME: value, "text/plain": "Zoe"}}

    profile = ["column", "type", "rows", "nulls", "% null", "distinct", "minimum"]
    checks = ["status", "expectation", "of", "severity", "unexpected", "%", "observed", "examples"]
    found = outputs(
        tmp_path,
        [
            table(
                "Profile", profile, ["name", "t", 1, 0, 0, 1, "Zoe"], ["age", "t", 1, 0, 0, 1, "30"]
            ),
            table("Checks: 1", checks, ["✗", "e", "column name", "stop", 1, 1.0, "Zoe", "Zoe"]),
            table("Quarantine: 1", ["dataset", "reason", "rows"], ["d", "name: 'Zoe' is not", 1]),
            table("Transformed: in", ["name", "in"], ["checks", 3]),
            table("How the files were read", ["file"], ["Zoe"]),
            table("Head of the table", ["name"], ["Zoe"]),
            {"output_type": "stream", "name": "stdout", "text": "Zoe"},
            {"output_type": "display_data", "data": {"image/png": PNG}},
            {"output_type": "display_data", "data": {PLOTLY_MIME: {"data": [{"text": "Zoe"}]}}},
            {"output_type": "error", "ename": "E", "evalue": "name='Zoe'", "traceback": ["Zoe"]},
        ],
        "name",
    )
    assert "Zoe" not in repr(found)
    assert "30" in repr(found)
    kinds = [each.kind for each in found]
    assert kinds == ["table"] * 4 + ["withheld"] * 5 + ["error"]


def test_pages_of_notebooks_show_tables_and_figures(portal: Portal) -> None:
    pages = sorted((portal.site / "notebooks").glob("*-validate.html"))
    html = pages[0].read_text("utf-8")
    assert 'class="wb-out wb-plotly"' in html
    assert '<script type="application/json">{"data"' in html
    assert "wb-out wb-table" in html
    assert "wb-hl-keyword" in html
    assert (portal.site / "assets" / "plotly.min.js").is_file()


def test_a_failed_step_has_its_notebook_and_its_error(portal: Portal) -> None:
    run = next(
        path
        for path in (portal.site / "runs").glob("*.html")
        if "branches.transform" in path.read_text("utf-8")
    )
    page = Page(run.read_text("utf-8"))
    assert "soon" in page.text
    (link,) = {link for link in page.links if "branches-transform" in link}
    notebook = Page((run.parent / link).read_text("utf-8"))
    assert "more cells were not executed" in notebook.text
    assert "soon" in notebook.text
