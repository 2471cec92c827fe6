"""Charts: well-formed, escaped, deterministic, and true to their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.publish import charts
from workbench.publish.charts.flow import arrange
from workbench.publish.charts.marks import percent, safe_href, tag, ticks

HOSTILE = "<script>alert(1)</script>\"'&\x00\x0b\u202egpj.exe🙂"
SERIES = (charts.Series("kept", "accent"), charts.Series("quarantined", "bad"))


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def marks(svg: str) -> list[ElementTree.Element]:
    return [item for item in parse(svg).iter() if "wb-chart__mark" in item.get("class", "")]


def titles(svg: str) -> list[str]:
    return [item.findtext("title") or "" for item in marks(svg)]


def part(text: str | None) -> float:
    """A coordinate in percent as a share."""
    assert text is not None
    assert text.endswith("%"), text
    return float(text[:-1]) / 100


ALL: dict[str, Callable[[str], str]] = {
    "sparkline": lambda text: charts.sparkline([1, None, 3, 2], title=text),
    "histogram": lambda text: charts.histogram([(0, 1, 4), (1, 2, 0), (2, 4, 9)], title=text),
    "frequencies": lambda text: charts.frequencies([(text, 5), ("b", 3)], total=10, title=text),
    "share": lambda text: charts.share(0.4, title=text),
    "strip": lambda text: charts.strip([charts.Cell("failed", text, "a.html")], title=text),
    "freshness": lambda text: charts.freshness(7200, expected=3600, title=text),
    "bars": lambda text: charts.bars(
        [charts.Bar(text, (5, 2), "a.html", text)], series=SERIES, title=text
    ),
    "line": lambda text: charts.line(
        [charts.Point(text, 2.5, note=text), charts.Point("b", None), charts.Point("c", 3)],
        title=text,
        unit=text,
    ),
    "gantt": lambda text: charts.gantt(
        [charts.GanttRow(text, (charts.Span(1, 3, "failed", text, queued=0),), "a.html")],
        title=text,
        number=charts.plain,
    ),
    "flow": lambda text: charts.flow([charts.Term(text, 5)], [charts.Term(text, 5)], title=text),
}


@pytest.mark.parametrize("name", ALL)
def test_every_chart_is_a_named_image_and_hostile_text_stays_text(name: str) -> None:
    svg = ALL[name](HOSTILE)
    root = parse(svg)  # refuses what is not well-formed, and characters that XML forbids
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert (root.findtext("title") or "").startswith("<script>alert(1)</script>")
    assert not [item for item in root.iter() if item.tag == "script"]
    assert not [
        key for item in root.iter() for key in item.attrib if key.startswith(("on", "style", "id"))
    ]
    assert all(item.findtext("title") for item in marks(svg))


@pytest.mark.parametrize("name", ALL)
def test_a_chart_is_the_same_every_time(name: str) -> None:
    assert ALL[name]("title") == ALL[name]("title")


@pytest.mark.parametrize(
    "svg",
    [
        charts.sparkline([], title="t"),
        charts.sparkline([None, math.nan], title="t"),
        charts.histogram([], title="t"),
        charts.histogram([(0, 0, 0)], title="t"),
        charts.frequencies([], total=0, title="t"),
        charts.share(math.nan, title="t"),
        charts.strip([], title="t"),
        charts.bars([], series=SERIES, title="t"),
        charts.line([], title="t"),
        charts.gantt([], title="t", number=charts.plain),
        charts.flow([charts.Term("in", 0)], [charts.Term("out", 0)], title="t"),
        charts.freshness(0, expected=0, title="t"),
    ],
)
def test_nothing_to_draw_is_an_empty_picture_and_no_error(svg: str) -> None:
    assert parse(svg).findtext("title") == "t"
    assert "nan" not in svg.lower()


def test_a_sparkline_keeps_its_gaps_and_marks_its_end() -> None:
    svg = charts.sparkline([5, 7, None, 6, 9], title="rows")
    lines = [item.get("points", "") for item in parse(svg).iter("polyline")]
    assert [len(line.split()) for line in lines] == [2, 2]
    assert titles(svg) == ["5", "7", "6", "9"]
    assert ["quiet" in item.get("class", "") for item in marks(svg)] == [True] * 3 + [False]


def test_bins_stand_where_their_bounds_are() -> None:
    first, second = marks(charts.histogram([(0, 1, 5), (1, 4, 10)], title="t"))
    assert part(second.get("x")) == pytest.approx(0.25)
    assert part(second.get("width")) == pytest.approx(0.75)
    assert float(second.get("height", 0)) > float(first.get("height", 0))


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=40))
def test_stacked_bars_stay_inside_and_never_overlap(values: list[tuple[int, int]]) -> None:
    svg = charts.bars(
        [charts.Bar(str(i), v) for i, v in enumerate(values)], series=SERIES, title="t"
    )
    found = marks(svg)
    assert len(found) == sum(1 for pair in values for value in pair if value)
    stacks: dict[float, list[tuple[float, float]]] = {}
    for item in found:
        x, width = part(item.get("x")), part(item.get("width"))
        assert x >= 0 and x + width <= 1.0001
        y, height = float(item.get("y", 0)), float(item.get("height", 0))
        assert y >= 0 and y + height <= 160.5
        stacks.setdefault(x, []).append((y, y + height))
    for stack in stacks.values():
        for (_, lower), (upper, _) in zip(stack[1:], stack, strict=False):
            assert lower <= upper + 0.02


def test_one_row_among_a_million_is_seen() -> None:
    *_, one = marks(charts.bars([charts.Bar("r", (10**6, 1))], series=SERIES, title="t"))
    assert float(one.get("height", 0)) >= 1


def test_bars_refuse_what_cannot_be_stacked() -> None:
    with pytest.raises(ValueError, match="2 series"):
        charts.bars([charts.Bar("r", (1,))], series=SERIES, title="t")
    with pytest.raises(ValueError, match="negative"):
        charts.bars([charts.Bar("r", (1, -1))], series=SERIES, title="t")


def test_attempts_stand_in_time() -> None:
    row = charts.GanttRow(
        "ingest",
        (
            charts.Span(10, 20, "failed", "attempt 1", queued=0),
            charts.Span(30, None, "running", "attempt 2"),
        ),
    )
    svg = charts.gantt([row], title="t", number=charts.plain, now=50)
    first, second = marks(svg)
    assert part(first.get("x")) == pytest.approx(part(first.get("width")), abs=0.001)
    assert part(second.get("x")) + part(second.get("width")) == pytest.approx(50 / 51, abs=0.01)
    assert "wb-tone--bad" in first.get("class", "") and "open" in second.get("class", "")
    wait = next(i for i in parse(svg).iter("rect") if i.get("class") == "wb-chart__wait")
    assert part(wait.get("width")) == pytest.approx(part(first.get("x")), abs=0.001)


def test_a_flow_that_does_not_balance_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="10 ≠ 9"):
        charts.flow([charts.Term("in", 10)], [charts.Term("out", 9)], title="t")


@given(st.data())
def test_a_flow_carries_every_row_once_and_its_ends_never_overlap(data: st.DataObject) -> None:
    right = data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
    split = data.draw(st.integers(0, sum(right)))
    left = [split, sum(right) - split]
    plan = arrange(left, right)
    for side, values, end in ((plan.left, left, "source"), (plan.right, right, "target")):
        for index, value in enumerate(values):
            assert sum(r.rows for r in plan.ribbons if getattr(r, end) == index) == value
        tops = [top for top, _ in side]
        assert tops == sorted(tops)
        for (top, thick), (following, _) in pairwise(side):
            assert top + thick < following
        assert all(top >= 0 and top + thick <= plan.height + 1e-6 for top, thick in side)


@given(st.floats(1e-6, 1e12))
def test_ticks_are_round_and_reach_the_top(top: float) -> None:
    marks = ticks(top)
    assert marks[0] == 0 and marks[-1] >= top * (1 - 1e-6) and len(marks) <= 5
    assert marks[-2] < top * (1 + 1e-6)


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("runs/1.html#x", "runs/1.html#x"),
        ("../a:b/c.html", "../a:b/c.html"),
        ("javascript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("//elsewhere/x", None),
        ("\\\\elsewhere", None),
        ("https://elsewhere/x", None),
        ("", None),
        (None, None),
    ],
)
def test_links_stay_on_the_site(href: str | None, kept: str | None) -> None:
    assert safe_href(href) == kept


def test_a_figure_has_its_figures_as_a_table() -> None:
    html = charts.figure(
        charts.share(0.5, title="t"),
        caption="Rows <b>",
        summary="Show as table",
        header=["Run", "Rows"],
        rows=[["r1", "5"], ["r<2>", ""]],
        legend=SERIES,
    )
    root = parse(html)
    assert [cell.text for cell in root.iter("td")] == ["5", "–"]
    assert [cell.text for cell in root.iter("th")] == ["Run", "Rows", "r1", "r<2>"]
    assert [item.text for item in root.iter("li")] == ["kept", "quarantined"]
    assert root.findtext("details/summary") == "Show as table"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0001, "0"), (1234.5, "1,234.5"), (1e6, "1,000,000"), (math.inf, "–")],
)
def test_numbers_read_well(value: float, text: str) -> None:
    assert charts.plain(value) == text


def test_attributes_are_escaped() -> None:
    assert (
        tag("a", {"b": '"<&\x01', "c": None, "d": 0.1 + 0.2})
        == '<a b="&quot;&lt;&amp;\ufffd" d="0.3"/>'
    )
    assert percent(1 / 3) == "33.33%"
