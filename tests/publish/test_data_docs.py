"""Data Docs: offline, escaped, and only what is new is built."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.config import Settings
from workbench.model.plan import Plan, PlanStep
from workbench.model.result import CheckResult, StepResult
from workbench.model.status import Status
from workbench.publish.blocks import html_of
from workbench.publish.data_docs import DatasetChecks, build, publish_docs
from workbench.publish.data_docs_index import known
from workbench.records import results
from workbench.records.runs import create_run
from workbench.records.schema import step_runs
from workbench.records.store import open_records

PAYLOAD = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
START = datetime(2024, 5, 1, tzinfo=UTC)


def failing(column: str = "amount", value: Any = -1) -> CheckResult:
    return CheckResult(
        expectation="expect_column_values_to_be_between",
        kwargs={"column": column, "min_value": 0},
        severity="quarantine",
        success=False,
        result={
            "element_count": 4,
            "missing_count": 0,
            "unexpected_count": 1,
            "unexpected_percent": 25.0,
            "partial_unexpected_list": [value],
            "partial_unexpected_counts": [{"value": value, "count": 1}],
        },
    )


def of(
    run: str = "r1", dataset: str = "sales", *checks: CheckResult, day: int = 0
) -> DatasetChecks:
    given = checks or (failing(),)
    return DatasetChecks(run, dataset, f"{dataset}.validate", given, START + timedelta(days=day))


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_says_what_was_expected_and_observed(tmp_path: Path) -> None:
    built = build([of()], tmp_path)
    (page,) = built.written
    text = Page(page).text
    for said in ("sales", "r1", "amount", "1 unexpected values found", "✗ failed", "quarantine"):
        assert said in text
    assert "✗ 1 of 1 failed" in Page(built.index).text


def test_everything_is_escaped_and_nothing_is_linked(tmp_path: Path) -> None:
    own = CheckResult(
        expectation="expect_row_condition_to_hold",
        kwargs={"condition": PAYLOAD},
        success=False,
        result=failing(value=[PAYLOAD, 1]).result,
    )
    broken = CheckResult(
        expectation="expect_column_values_to_be_unique",
        kwargs={"column": PAYLOAD},
        success=False,
        error=PAYLOAD,
    )
    set_ = CheckResult(
        expectation="expect_column_values_to_be_in_set",
        kwargs={"column": PAYLOAD, "value_set": [PAYLOAD, "$column", "${v__0}"]},
        success=True,
        result={"element_count": 1, "unexpected_count": 0, "unexpected_percent": 0.0},
    )
    observed = CheckResult(
        expectation="expect_column_max_to_be_between",
        kwargs={"column": PAYLOAD, "max_value": "z", "row_condition": PAYLOAD},
        success=True,
        result={"observed_value": PAYLOAD},
    )
    unknown = CheckResult(expectation=PAYLOAD, kwargs={PAYLOAD: PAYLOAD}, success=False)
    checks = (failing(PAYLOAD, PAYLOAD), own, broken, set_, observed, unknown)
    built = build([of(PAYLOAD, PAYLOAD, *checks)], tmp_path)
    for path in (*built.written, built.index):
        page = Page(path)
        assert page.tags.isdisjoint({"script", "img", "link", "iframe", "object", "svg"})
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        links = [value or "" for name, value in page.attributes if name in ("href", "src")]
        assert not [link for link in links if ":" in link.split("/")[0] or link.startswith("//")]
        assert "http" not in path.read_text().replace("http-equiv", "")
        assert PAYLOAD in page.text
    assert all(tmp_path in path.parents for path in built.written)


def test_the_style_is_the_one_that_the_policy_allows(tmp_path: Path) -> None:
    html = build([], tmp_path).index.read_text(encoding="utf-8")
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html


def test_links_of_the_index_lead_to_pages(tmp_path: Path) -> None:
    from urllib.parse import unquote

    built = build([of("../../r", "a/../b"), of("r 2%", "é"), of("..", ".")], tmp_path)
    links = [value for name, value in Page(built.index).attributes if name == "href" and value]
    assert sorted(tmp_path / unquote(link) for link in links) == sorted(built.written)
    assert all(path.resolve().is_relative_to(tmp_path.resolve()) for path in built.written)
    (back,) = {v for n, v in Page(built.written[0]).attributes if n == "href"}
    assert (built.written[0].parent / str(back)).resolve() == built.index.resolve()


def test_only_what_is_new_is_built(tmp_path: Path) -> None:
    first = build([of("r1"), of("r1", "budget")], tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in first.written}
    index = first.index.stat().st_mtime_ns
    again = build([of("r1"), of("r1", "budget")], tmp_path)
    assert (again.written, again.kept) == ((), 2)
    assert first.index.stat().st_mtime_ns == index
    more = build([of("r1"), of("r2", day=1)], tmp_path)
    assert [path.name for path in more.written] == ["r2.html"]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    text = Page(more.index).text
    assert text.index("r2") < text.index("r1", text.index("sales"))
    assert "budget" in text
    assert set(known(tmp_path)) == {("r1", "sales"), ("r1", "budget"), ("r2", "sales")}


def test_a_retried_step_is_built_again(tmp_path: Path) -> None:
    build([of("r1")], tmp_path)
    held = failing().model_copy(update={"success": True})
    assert len(build([of("r1", "sales", held, day=1)], tmp_path).written) == 1
    assert "✓ all 1 held" in Page(tmp_path / "index.html").text


@pytest.mark.parametrize("damage", ["", "{", "[1]", '[{"page": "x"}]'])
def test_a_damaged_index_and_lost_pages_are_mended(tmp_path: Path, damage: str) -> None:
    built = build([of("r1"), of("r2")], tmp_path)
    (tmp_path / "index.json").write_text(damage)
    built.written[0].unlink()
    build([of("r1"), of("r2")], tmp_path)
    assert set(known(tmp_path)) == {("r1", "sales"), ("r2", "sales")}
    assert len(json.loads((tmp_path / "index.json").read_text())) == 2


def test_no_results_give_an_empty_index(tmp_path: Path) -> None:
    built = build([], tmp_path / "docs")
    assert "No checks have been recorded yet" in Page(built.index).text


def test_pages_come_from_the_records(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    records = open_records(settings)
    folder = settings.path("docs")
    steps = tuple(
        PlanStep(id=f"{name}.{verb}", dataset=name, verb=verb)
        for name in ("sales", "budget")
        for verb in ("ingest", "validate")
    )
    plan = Plan(workflow="w", datasets=("sales", "budget"), steps=steps)
    run = create_run(records, plan)
    assert run is not None

    def finish(step_id: str, *checks: CheckResult, day: int = 0) -> None:
        result = StepResult(verb="validate", dataset=step_id.split(".")[0], checks=checks)
        with records.begin() as connection:
            results.store(connection, run.id, step_id, result)
            connection.execute(
                sa.update(step_runs)
                .where(step_runs.c.run_id == run.id, step_runs.c.step_id == step_id)
                .values(finished_at=START + timedelta(days=day), status=Status.FAILED)
            )

    assert publish_docs(records, folder) == 0
    finish("sales.validate", failing())
    finish("budget.validate")
    assert publish_docs(records, folder) == 1
    assert "✗ 1 of 1 failed" in Page(folder / "index.html").text
    finish("sales.validate", failing(), failing("other"), day=1)
    assert publish_docs(records, folder) == 1
    assert "✗ 2 of 2 failed" in Page(folder / "index.html").text

    def never(*_: Any) -> None:
        raise AssertionError("checks that have a page were loaded")

    monkeypatch.setattr(results, "step_checks", never)
    assert publish_docs(records, folder) == 0
    records.close()


def test_blocks_of_every_kind() -> None:
    block = {
        "content_block_type": "content_block_container",
        "content_blocks": [
            {"content_block_type": "header", "header": "<h>"},
            {"content_block_type": "value_list", "value_list": ["a", "<b>"]},
            {"content_block_type": "graph", "graph": {"data": "<g>"}},
            {"content_block_type": "collapse", "collapse": ["<c>"]},
            {
                "content_block_type": "string_template",
                "string_template": {"template": "<t> $a $$ $b\n.", "params": {"a": "<$b>"}},
            },
        ],
    }
    html = html_of(block)
    for said in (
        "&lt;h&gt;",
        "a<br>&lt;b&gt;",
        "&lt;c&gt;",
        "&lt;t&gt;",
        "&lt;$b&gt;",
        "$$ $b<br>.",
    ):
        assert said in html
    assert "<g>" not in html
    assert html_of(None) == ""
