"""Charts as inline SVG: pure functions from values to escaped text."""

from workbench.publish.charts.cells import (
    Cell,
    frequencies,
    freshness,
    histogram,
    share,
    sparkline,
    strip,
)
from workbench.publish.charts.figure import figure
from workbench.publish.charts.flow import Term, flow
from workbench.publish.charts.gantt import GanttRow, Span, gantt
from workbench.publish.charts.marks import STATUS_TONES, Number, Series, Tone, plain
from workbench.publish.charts.overtime import Bar, Point, bars, line

__all__ = [
    "STATUS_TONES",
    "Bar",
    "Cell",
    "GanttRow",
    "Number",
    "Point",
    "Series",
    "Span",
    "Term",
    "Tone",
    "bars",
    "figure",
    "flow",
    "frequencies",
    "freshness",
    "gantt",
    "histogram",
    "line",
    "plain",
    "share",
    "sparkline",
    "strip",
]
