"""The equation of a row ledger as a flow: what came in on the left, what became of it on the right.

Both sides have the same height because both sums are the same; a ledger that does not balance
cannot be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.publish.charts.marks import (
    Number,
    Tone,
    chart,
    label,
    mark,
    plain,
    short,
    tag,
)

_FLOW = 96.0  # what the whole is high
_SLOT = 36.0  # what a term needs for its two lines of words
_GAP = 6.0


@dataclass(frozen=True)
class Term:
    """A term of the equation; ``value`` counts rows."""

    name: str
    value: int
    tone: Tone = "neutral"
    href: str | None = None


@dataclass(frozen=True)
class Ribbon:
    """A piece of the flow between the terms with these indexes; y from top, in units."""

    source: int
    target: int
    rows: int
    source_y: float
    target_y: float
    thick: float


@dataclass(frozen=True)
class Flow:
    """Where the terms of both sides begin, how thick they are, and the ribbons between them."""

    left: tuple[tuple[float, float], ...]
    right: tuple[tuple[float, float], ...]
    ribbons: tuple[Ribbon, ...]
    height: float


def arrange(left: Sequence[int], right: Sequence[int]) -> Flow:
    """Places of the terms and ribbons; ``ValueError`` unless the sums agree and none is negative.

    Ribbons keep the order of both sides: the first rows on the left go to the first term on the
    right. A ledger does not say more about which rows went where.
    """
    if any(value < 0 for value in (*left, *right)):
        raise ValueError("a term of a ledger is never negative")
    total = sum(left)
    if total != sum(right):
        raise ValueError(f"the ledger does not balance: {total} ≠ {sum(right)}")
    unit = _FLOW / total if total else 0.0
    height = max(_side_height(left, unit), _side_height(right, unit))
    left_places = _places(left, unit, height)
    right_places = _places(right, unit, height)
    ribbons = []
    target = 0
    used = [0.0] * len(right)
    remaining = list(right)
    for source, value in enumerate(left):
        y, rest = left_places[source][0], value
        while rest > 0:
            while not remaining[target]:
                target += 1
            rows = min(rest, remaining[target])
            thick = rows * unit
            at = right_places[target][0] + used[target]
            ribbons.append(Ribbon(source, target, rows, y, at, thick))
            y += thick
            used[target] += thick
            rest -= rows
            remaining[target] -= rows
    return Flow(tuple(left_places), tuple(right_places), tuple(ribbons), height)


def flow(left: Sequence[Term], right: Sequence[Term], *, title: str, number: Number = plain) -> str:
    """The flow of an equation, without terms that are 0; ``ValueError`` if it does not balance."""
    left = [term for term in left if term.value] or list(left[:1])
    right = [term for term in right if term.value] or list(right[:1])
    plan = arrange([term.value for term in left], [term.value for term in right])
    height = plan.height + 4
    shapes = []
    for ribbon in plan.ribbons:
        tone = right[ribbon.target].tone
        thick = max(ribbon.thick, 1.2)
        a, b = ribbon.source_y + 2, ribbon.target_y + 2
        start, end = short(a), short(b)
        low_start, low_end = short(a + thick), short(b + thick)
        path = (
            f"M0 {start}C500 {start} 500 {end} 1000 {end}"
            f"V{low_end}C500 {low_end} 500 {low_start} 0 {low_start}Z"
        )
        shapes.append(
            mark(
                "path",
                {"d": path},
                tone=tone,
                title=f"{left[ribbon.source].name} → {right[ribbon.target].name}: "
                f"{number(ribbon.rows)}",
                href=right[ribbon.target].href,
                kind="wb-chart__ribbon",
            )
        )
    middle = tag(
        "svg",
        {
            "x": "30%",
            "width": "36%",
            "height": height,
            "viewBox": f"0 0 1000 {short(height)}",
            "preserveAspectRatio": "none",
        },
        *shapes,
    )
    parts = [middle]
    for terms, places, bar, text, anchor in (
        (left, plan.left, "30%", "28%", "end"),
        (right, plan.right, "66%", "68.5%", "start"),
    ):
        for term, (top, thick) in zip(terms, places, strict=True):
            centre = top + max(thick, 1.2) / 2 + 2
            parts.append(
                tag(
                    "rect",
                    {
                        "class": f"wb-chart__end wb-tone--{term.tone}",
                        "x": bar,
                        "y": top + 2,
                        "width": "5",
                        "height": max(thick, 1.2),
                    },
                )
            )
            parts.append(
                label(number(term.value), text, centre - 1, anchor=anchor, kind="wb-chart__value")
            )
            parts.append(label(term.name, text, centre + 13, anchor=anchor))
    return chart("flow", title, height, *parts)


def _side_height(values: Sequence[int], unit: float) -> float:
    return sum(max(_SLOT, value * unit) for value in values) + _GAP * max(0, len(values) - 1)


def _places(values: Sequence[int], unit: float, height: float) -> list[tuple[float, float]]:
    """Top and thickness of each term, each in the middle of its slot, the side in the middle."""
    y = (height - _side_height(values, unit)) / 2
    places = []
    for value in values:
        slot = max(_SLOT, value * unit)
        places.append((y + (slot - value * unit) / 2, value * unit))
        y += slot + _GAP
    return places
