"""Charts small enough for a cell of a table or a tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.publish.charts.marks import (
    STATUS_TONES,
    Number,
    Tone,
    chart,
    finite,
    mark,
    percent,
    plain,
    short,
    stretched,
    tag,
)

Outcome = Literal["passed", "warned", "failed", "errored", "skipped", "none"]

#: A bar's height says the outcome as well as its colour does.
_HEIGHTS: dict[str, float] = {
    "passed": 9,
    "warned": 15,
    "failed": 22,
    "errored": 22,
    "skipped": 3,
    "none": 3,
}


@dataclass(frozen=True)
class Cell:
    """The outcome of one run in a trend; ``label`` are its words."""

    status: Outcome
    label: str
    href: str | None = None


def sparkline(values: Sequence[float | None], *, title: str, number: Number = plain) -> str:
    """A line of the last values, oldest first, its end marked; gaps stay gaps."""
    height, pad = 28.0, 4.0
    known = finite(values)
    if not known:
        return chart("spark", title, height)
    low, high = min(known), max(known)
    span = (high - low) or 1.0

    def place(index: int) -> float:
        return 0.02 + 0.96 * index / (len(values) - 1) if len(values) > 1 else 0.5

    def rise(value: float) -> float:
        middle = 0.5 if high == low else (value - low) / span
        return pad + (height - 2 * pad) * (1 - middle)

    pieces: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if finite([value]) and value is not None:
            pieces[-1].append(f"{short(1000 * place(index))},{short(rise(value))}")
        elif pieces[-1]:
            pieces.append([])
    lines = "".join(
        tag("polyline", {"class": "wb-chart__line", "points": " ".join(piece)})
        for piece in pieces
        if len(piece) > 1
    )
    marks = "".join(
        mark(
            "circle",
            {"cx": percent(place(index)), "cy": rise(value), "r": 3 if last else 2},
            tone="accent",
            title=number(value),
            kind="" if last else "wb-chart__quiet",
        )
        for index, value in enumerate(values)
        if value is not None and finite([value])
        for last in (not finite(values[index + 1 :]),)
    )
    return chart("spark", title, height, stretched(height, lines) if lines else "", marks)


def histogram(
    bins: Sequence[tuple[float, float, int]], *, title: str, number: Number = plain
) -> str:
    """Counts of values between bounds: ``(low, high, count)``, ascending."""
    height = 28.0
    top = max((count for _, _, count in bins), default=0)
    if top <= 0:
        return chart("histogram", title, height)
    low, high = bins[0][0], bins[-1][1]
    even = not high > low
    marks = []
    for index, (start, end, count) in enumerate(bins):
        left = index / len(bins) if even else (start - low) / (high - low)
        right = (index + 1) / len(bins) if even else (end - low) / (high - low)
        tall = max(1.5, (height - 2) * count / top) if count > 0 else 0.0
        marks.append(
            mark(
                "rect",
                {
                    "x": percent(left),
                    "width": percent(max(0.0, right - left)),
                    "y": height - tall,
                    "height": tall,
                },
                tone="accent",
                title=f"{number(start)} – {number(end)}: {number(count)}",
            )
        )
    return chart("histogram", title, height, *marks)


def frequencies(
    top: Sequence[tuple[str, int]], *, total: int, title: str, number: Number = plain
) -> str:
    """The most frequent values as bars from the left, longest first; the rest in one grey bar."""
    height = 28.0
    if total <= 0 or not top:
        return chart("frequencies", title, height)
    marks = []
    left = 0.0
    for position, (value, count) in enumerate(top):
        width = min(count / total, 1 - left)
        if width <= 0:
            break
        marks.append(
            mark(
                "rect",
                {"x": percent(left), "width": percent(width), "y": 6, "height": height - 12},
                tone="accent",
                title=f"{value}: {number(count)}",
                kind=f"wb-chart__step-{min(position, 4)}",
            )
        )
        left += width
    rest = total - sum(count for _, count in top)
    if rest > 0 and left < 1:
        marks.append(
            mark(
                "rect",
                {"x": percent(left), "width": percent(1 - left), "y": 6, "height": height - 12},
                tone="neutral",
                title=f"…: {number(rest)}",
            )
        )
    return chart("frequencies", title, height, *marks)


def share(part: float, *, title: str, tone: Tone = "neutral") -> str:
    """A part of a whole (0 to 1) as a bar on a track."""
    inside = min(1.0, max(0.0, part)) if part == part else 0.0
    track = tag("rect", {"class": "wb-chart__track", "width": "100%", "height": 6, "rx": 3, "y": 1})
    fill = tag(
        "rect",
        {
            "class": f"wb-chart__fill wb-tone--{tone}",
            "width": percent(max(inside, 0.015)),
            "height": 6,
            "rx": 3,
            "y": 1,
        },
    )
    return chart("share", title, 8, track, fill if inside > 0 else "")


def strip(cells: Sequence[Cell], *, title: str, in_column: bool = True) -> str:
    """Outcomes of a check in its last runs, oldest first; what failed is taller.

    ``in_column``: few stand at the right, so that the last ones of several strips are in line.
    """
    height = 24.0
    many = max(len(cells), 12)
    start = many - len(cells) if in_column else 0
    marks = []
    for index, cell in enumerate(cells):
        tall = _HEIGHTS[cell.status]
        marks.append(
            mark(
                "rect",
                {
                    "x": percent((start + index) / many),
                    "width": percent(0.78 / many),
                    "y": height - 1 - tall,
                    "height": tall,
                    "rx": 1,
                },
                tone=STATUS_TONES.get(cell.status, "idle"),
                title=cell.label,
                href=cell.href,
            )
        )
    return chart("strip", title, height, *marks)


def freshness(age: float, *, expected: float, title: str, late: float | None = None) -> str:
    """How old data are against how often they come, all in seconds.

    The bar is the age; the line across it is when new data were ``expected``; from ``late`` on
    (twice that, if not given) they are stale.
    """
    height = 16.0
    limit = late if late is not None and late > expected else 2 * expected
    whole = max(1.25 * limit, age) or 1.0
    tone: Tone = "good" if age <= expected else "warn" if age <= limit else "bad"
    track = tag("rect", {"class": "wb-chart__track", "width": "100%", "height": 8, "rx": 2, "y": 4})
    fill = tag(
        "rect",
        {
            "class": f"wb-chart__fill wb-tone--{tone}",
            "width": percent(max(0.0, age) / whole),
            "height": 8,
            "rx": 2,
            "y": 4,
        },
    )
    lines = "".join(
        tag(
            "line",
            {
                "class": "wb-chart__limit",
                "x1": percent(at / whole),
                "x2": percent(at / whole),
                "y1": 1,
                "y2": height - 1,
            },
        )
        for at in (expected, limit)
        if 0 < at <= whole
    )
    return chart("freshness", title, height, track, fill, lines)
