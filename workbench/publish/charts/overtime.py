"""Charts of what changes from run to run: stacked bars and a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.publish.charts.marks import (
    Number,
    Series,
    Tone,
    chart,
    finite,
    label,
    mark,
    percent,
    plain,
    rule,
    short,
    spread,
    stretched,
    tag,
    ticks,
)

_TOP = 8.0
_FOOT = 20.0


@dataclass(frozen=True)
class Bar:
    """A stack of ``values``, one for each series; none is negative."""

    label: str
    values: tuple[float, ...]
    href: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Point:
    """A value of one run; ``None`` where there is none."""

    label: str
    value: float | None
    href: str | None = None
    tone: Tone = "accent"
    note: str = ""


def bars(
    bars: Sequence[Bar],
    *,
    series: Sequence[Series],
    title: str,
    number: Number = plain,
    height: int = 180,
) -> str:
    """Stacked bars from left to right, such as the rows of each run by what became of them.

    ``ValueError`` if a bar has another number of values than there are series, or a negative one.
    """
    for bar in bars:
        if len(bar.values) != len(series):
            raise ValueError(f"{bar.label}: {len(bar.values)} values, {len(series)} series")
        if any(value < 0 for value in bar.values):
            raise ValueError(f"{bar.label}: a stack has no negative values")
    top = max((sum(bar.values) for bar in bars), default=0.0)
    grid, scale, gutter = _grid(top, height, number)
    slots = max(len(bars), 8)
    width = 0.72 / slots
    marks = []
    for index, bar in enumerate(bars):
        left = (index + slots - len(bars) + 0.14) / slots
        base = height - _FOOT
        for kind, value in zip(series, bar.values, strict=True):
            tall = scale * value
            if tall <= 0:
                continue
            # one row among a million is still to be seen
            tall = max(tall, 1.5)
            words = f"{bar.label} · {kind.name}: {number(value)}"
            marks.append(
                mark(
                    "rect",
                    {
                        "x": percent(left),
                        "width": percent(width),
                        "y": max(0.0, base - tall),
                        "height": tall,
                    },
                    tone=kind.tone,
                    title=f"{words} · {bar.note}" if bar.note else words,
                    href=bar.href,
                )
            )
            base -= tall
    places = [(i + slots - len(bars) + 0.5) / slots for i in range(len(bars))]
    feet = _feet([bar.label for bar in bars], places, height)
    return chart(f"bars wb-chart--gutter-{gutter}", title, height, grid, *marks, feet)


def line(
    points: Sequence[Point],
    *,
    title: str,
    number: Number = plain,
    unit: str = "",
    height: int = 140,
) -> str:
    """A line through the values of runs; where one is missing, the line has a gap."""
    known = finite(point.value for point in points)
    grid, scale, gutter = _grid(max(known, default=0.0), height, number, unit)
    base = height - _FOOT

    def place(index: int) -> float:
        return (index + 0.5) / len(points)

    pieces: list[list[tuple[float, float]]] = [[]]
    marks = []
    for index, point in enumerate(points):
        if point.value is None or not finite([point.value]):
            pieces.append([])
            continue
        y = base - scale * max(0.0, point.value)
        pieces[-1].append((1000 * place(index), y))
        words = f"{point.label}: {number(point.value)}{' ' + unit if unit else ''}"
        marks.append(
            mark(
                "circle",
                {"cx": percent(place(index)), "cy": y, "r": 3.5 if len(points) <= 60 else 2.5},
                tone=point.tone,
                title=f"{words} · {point.note}" if point.note else words,
                href=point.href,
            )
        )
    shapes = []
    for piece in pieces:
        if len(piece) > 1:
            path = " ".join(f"{short(x)},{short(y)}" for x, y in piece)
            ends = f"{short(piece[-1][0])},{short(base)} {short(piece[0][0])},{short(base)}"
            shapes.append(tag("polygon", {"class": "wb-chart__area", "points": f"{path} {ends}"}))
            shapes.append(tag("polyline", {"class": "wb-chart__line", "points": path}))
    feet = _feet([p.label for p in points], [place(i) for i in range(len(points))], height)
    return chart(
        f"line wb-chart--gutter-{gutter}",
        title,
        height,
        grid,
        stretched(height, *shapes) if shapes else "",
        *marks,
        feet,
    )


def _grid(top: float, height: float, number: Number, unit: str = "") -> tuple[str, float, int]:
    """Lines at round values with their words beside them, height per value, and room for words.

    The words stand left of the picture, where the stylesheet leaves 1, 2 or 3 widths of room.
    """
    marks = ticks(top)
    scale = (height - _TOP - _FOOT) / marks[-1]
    parts = []
    longest = 0
    for value in marks:
        y = height - _FOOT - scale * value
        parts.append(rule(y, kind="wb-chart__axis" if value == 0 else "wb-chart__grid"))
        words = f"{number(value)} {unit}".rstrip() if value == marks[-1] else number(value)
        longest = max(longest, len(words))
        parts.append(label(words, -8, y + 4, anchor="end"))
    return "".join(parts), scale, 1 if longest <= 4 else 2 if longest <= 6 else 3


def _feet(labels: Sequence[str], places: Sequence[float], height: float) -> str:
    """Some labels below the axis, the first and last flush with the edges if they are there."""
    parts = []
    chosen = spread(labels, 3)
    for index in chosen:
        x = places[index]
        # the last label goes before one that stands close to it
        if index != chosen[-1] and places[chosen[-1]] - x < 0.35:
            continue
        anchor = "start" if x < 0.15 else "end" if x > 0.85 else "middle"
        at = 0.0 if x < 0.15 and index == 0 else 1.0 if index == len(labels) - 1 and x > 0.85 else x
        parts.append(label(labels[index], percent(at), height - 5, anchor=anchor))
    return "".join(parts)
