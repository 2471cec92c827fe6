"""When the steps of a run were waiting and working, attempt by attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.publish.charts.marks import (
    STATUS_TONES,
    Attributes,
    Number,
    chart,
    label,
    mark,
    percent,
    tag,
    ticks,
)

_ROW = 36.0
_HEAD = 20.0


@dataclass(frozen=True)
class Span:
    """One attempt, in seconds since the run began; ``end`` is ``None`` while it works.

    ``queued`` is when it began to wait. ``label`` are its words.
    """

    start: float
    end: float | None
    status: str
    label: str
    queued: float | None = None


@dataclass(frozen=True)
class GanttRow:
    """A step and its attempts."""

    label: str
    spans: tuple[Span, ...]
    href: str | None = None


def gantt(rows: Sequence[GanttRow], *, title: str, number: Number, now: float | None = None) -> str:
    """A row for each step: its name, and below it waiting (thin) and working (thick).

    ``now`` is where the bars of attempts end that still work; ``number`` formats seconds.
    """
    ends = [s.start if s.end is None else s.end for row in rows for s in row.spans]
    last = max([*ends, now or 0.0, 0.001])
    marks = ticks(last, 4)
    # the axis may end before the next round number: a run of 61 s need not be drawn on 80
    whole = max(last * 1.02, marks[-2] if len(marks) > 1 else 0.0)
    height = _HEAD + _ROW * len(rows) + 4
    parts = []
    for value in marks:
        if value <= whole:
            x = percent(value / whole)
            grid: Attributes = {
                "class": "wb-chart__grid",
                "x1": x,
                "x2": x,
                "y1": _HEAD - 4,
                "y2": height,
            }
            parts.append(tag("line", {"class": "wb-chart__grid", **grid}))
            anchor = "start" if value == 0 else "end" if value > 0.93 * whole else "middle"
            parts.append(label(number(value), x, 11, anchor=anchor))
    for index, row in enumerate(rows):
        top = _HEAD + _ROW * index
        parts.append(label(row.label, 0, top + 13, kind="wb-chart__name"))
        for span in row.spans:
            end = span.end if span.end is not None else max(now or span.start, span.start)
            if span.queued is not None and span.queued < span.start:
                wait: Attributes = {
                    "class": "wb-chart__wait",
                    "x": percent(span.queued / whole),
                    "width": percent((span.start - span.queued) / whole),
                    "y": top + 23,
                    "height": 2,
                }
                parts.append(tag("rect", wait))
            parts.append(
                mark(
                    "rect",
                    {
                        "x": percent(span.start / whole),
                        "width": percent(max((end - span.start) / whole, 0.003)),
                        "y": top + 19,
                        "height": 10,
                        "rx": 2,
                    },
                    tone=STATUS_TONES.get(span.status, "idle"),
                    title=span.label,
                    href=row.href,
                    kind="wb-chart__open" if span.end is None else "",
                )
            )
    return chart("gantt", title, height, *parts)
