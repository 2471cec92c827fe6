"""What notebooks show of a result: everything, escaped, with a twin in plain text."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from workbench.model.dataset import DatasetRef
from workbench.model.ledger import LoadLedger, ParseLedger, TransformLedger
from workbench.model.lineage import LineageEdge
from workbench.model.result import CheckResult, ColumnProfile, QuarantineBatch, StepResult
from workbench.steps import display
from workbench.steps.flow import MAX_LEDGERS, flow
from workbench.steps.tables import MAX_ROWS, PLOTLY_MIME, TABLE_MIME, Table, bars, words

EVIL = "<script>alert(1)</script> \x00\u202e&\"'"

RESULT = StepResult(
    verb="transform",
    dataset=EVIL,
    inputs=(DatasetRef(dataset=EVIL, layer="raw", uri="/raw/1", format="file", rows=3),),
    outputs=(
        DatasetRef(dataset="d", layer="silver", uri="/s", format="delta", version=4, rows=20),
    ),
    ledgers=(
        ParseLedger(name=EVIL, records=10, header=1, parsed=8, unparseable=1, notes={"odd": 2}),
        ParseLedger(name="b.csv", records=12, preamble=2, header=1, parsed=9),
        TransformLedger(name="melt", rows_in=17, expanded=10, rows_out=26, quarantined=1),
        TransformLedger(name="filter", rows_in=26, rows_out=20, filtered=6),
        LoadLedger(name="t", candidate=20, inserted=15, unchanged=5, before=5, after=20),
    ),
    checks=(
        CheckResult(expectation="expect_good", success=True),
        CheckResult(
            expectation="expect_bad",
            kwargs={"column": EVIL, "mostly": 0.5},
            severity="quarantine",
            success=False,
            result={
                "unexpected_count": 3,
                "unexpected_percent": 15.0,
                "partial_unexpected_list": [EVIL, None, 1.5],
            },
        ),
        CheckResult(expectation="expect_odd", success=False, error=f"no such column {EVIL}"),
    ),
    profiles=(
        ColumnProfile(column=EVIL, type="text", rows=20, nulls=5, top=((EVIL, 9), ("y", 2))),
        ColumnProfile(
            column="n",
            type="integer",
            rows=20,
            nulls=0,
            mean=1.5,
            histogram=((0, 1, 5), (1, 2, 0), (2, 3, 10)),
        ),
        ColumnProfile(column="empty", type="text", rows=0, nulls=0),
    ),
    quarantine=(QuarantineBatch(dataset="d", uri="/q", rows=2, reasons={EVIL: 2, "b": 1}),),
    lineage=(LineageEdge(source="a", target="b", source_column=EVIL, target_column="y"),),
    detected={
        EVIL: {
            "properties": {
                "encoding": {"value": "cp1252", "confidence": 0.9, "evidence": EVIL},
                "delimiter": {"value": ";", "given": True},
            }
        }
    },
    warnings=(EVIL,),
)


def shown(result: StepResult) -> list[dict[str, Any]]:
    return [one._repr_mimebundle_() for part in display.PARTS for one in part(result)]


def test_nothing_from_data_becomes_markup() -> None:
    for bundle in shown(RESULT):
        text = bundle.get("text/html", "") + json.dumps(bundle.get(PLOTLY_MIME, ""))
        assert "<script" not in text
        for kind in ("text/html", "text/plain"):
            assert "\x00" not in bundle.get(kind, "")
            assert "\u202e" not in bundle.get(kind, "")


def test_every_part_has_a_twin_in_plain_text() -> None:
    bundles = shown(RESULT)
    assert len(bundles) == 12
    assert all(bundle["text/plain"] for bundle in bundles)
    tables = [bundle[TABLE_MIME] for bundle in bundles if TABLE_MIME in bundle]
    for table in tables:
        assert all(len(row) == len(table["columns"]) for row in table["rows"])


def test_checks_say_their_status_in_words_failed_first() -> None:
    (table,) = display.checks(RESULT)
    assert isinstance(table, Table)
    assert table.caption == "Checks: 1 passed, 2 failed"
    assert [row[0] for row in table.rows] == ["✗ failed", "! error", "✓ passed"]
    assert table.rows[0][4:6] == (3, 15.0)


def test_ledgers_say_whether_they_balance() -> None:
    parse, transform, load = display.ledger(RESULT)
    assert isinstance(parse, Table)
    assert isinstance(transform, Table)
    assert isinstance(load, Table)
    assert parse.rows[-1][:2] == ("total", 22)
    assert {row[-2] for row in transform.rows} == {"✓ balances"}
    lost = RESULT.model_copy(
        update={"ledgers": (TransformLedger(name="x", rows_in=3, rows_out=2),)}
    )
    (table,) = display.ledger(lost)
    assert "✗ does not balance" in str(table)


def test_the_figure_balances_at_every_node() -> None:
    figure = flow(RESULT)
    assert figure is not None
    bundle = figure._repr_mimebundle_()[PLOTLY_MIME]
    (sankey,) = bundle["data"]
    labels, link = sankey["node"]["label"], sankey["link"]
    into = [0] * len(labels)
    out = [0] * len(labels)
    for source, target, value in zip(link["source"], link["target"], link["value"], strict=True):
        out[source] += value
        into[target] += value
    inner = [n for n in range(len(labels)) if into[n] and out[n]]
    assert [labels[n] for n in inner] == ["melt", "filter"]
    assert [into[n] for n in inner] == [out[n] for n in inner]
    assert "melt → filter: 26" in figure.text


def test_plotly_can_draw_it() -> None:
    graph = pytest.importorskip("plotly.graph_objects", reason="missing: plotly")
    figure = flow(RESULT)
    assert figure is not None
    bundle = figure._repr_mimebundle_()[PLOTLY_MIME]
    graph.Figure(data=bundle["data"], layout=bundle["layout"])


def test_a_figure_that_nobody_could_read_is_left_out() -> None:
    many = tuple(ParseLedger(name=str(n), records=1, parsed=1) for n in range(MAX_LEDGERS + 1))
    assert flow(RESULT.model_copy(update={"ledgers": many})) is None
    assert flow(StepResult(verb="ingest", dataset="d")) is None


def test_an_empty_result_says_that_there_was_nothing_to_do() -> None:
    bundles = shown(StepResult(verb="ingest", dataset="d", skipped="no new files"))
    assert [bundle["text/plain"] for bundle in bundles] == ["d: nothing to ingest: no new files"]


def test_a_part_that_fails_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(result: StepResult) -> list[Any]:
        raise ValueError("on purpose")

    monkeypatch.setattr(display, "PARTS", (broken, display.outputs))
    display.show(RESULT)
    written = capsys.readouterr().out
    assert "broken cannot be shown: ValueError: on purpose" in written
    assert "Read and written" in written


def test_a_long_table_says_what_it_leaves_out() -> None:
    table = Table("many", ("n", "m"), tuple((n, n) for n in range(MAX_ROWS + 5)))
    rows = table._repr_mimebundle_()[TABLE_MIME]["rows"]
    assert len(rows) == MAX_ROWS + 1
    assert rows[-1] == ["… 5 more rows", None]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (1234567, "1,234,567"),
        (0.5, "0.5"),
        (123456.7, "123,457"),
        (True, "yes"),
        ("a\nb\x00", "a\\nb\\x00"),
        ("x" * 400, "x" * 300 + "…"),
    ],
)
def test_cells_in_words(cell: Any, text: str) -> None:
    assert words(cell) == text


def test_bars() -> None:
    assert bars([0, 1, 50, 100]) == " ▂▅█"
    assert bars([]) == bars([0, 0]) == ""


def test_displays_import_neither_pandas_nor_plotly() -> None:
    code = (
        "import sys; from workbench.steps import display; "
        "print([m for m in ('pandas', 'plotly', 'duckdb', 'polars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
