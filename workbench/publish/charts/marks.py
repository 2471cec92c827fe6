"""What all charts are made of: escaped SVG elements, tones, positions, ticks.

A chart fills the width of its container: positions across are percentages and texts keep their
size, so it reads the same on a telephone and on a wide screen. Colours are classes of the
stylesheet, so light, dark and print need no other picture. A mark carries its words as ``<title>``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Number = Callable[[float], str]
Attributes = dict[str, str | float | None]
Tone = Literal["neutral", "accent", "good", "warn", "bad", "info", "idle"]

#: The tone of each status of runs, steps and checks.
STATUS_TONES: dict[str, Tone] = {
    "success": "good",
    "passed": "good",
    "failed": "bad",
    "errored": "bad",
    "warned": "warn",
    "running": "info",
    "queued": "info",
    "pending": "idle",
    "cancelled": "idle",
    "skipped": "idle",
}

#: Controls that XML has no place for; bidi overrides are kept, ``<bdi>`` and SVG isolate them.
_FORBIDDEN = {code: "\ufffd" for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}


@dataclass(frozen=True)
class Series:
    """One kind of values in a chart: its ``name`` in the legend and its ``tone``."""

    name: str
    tone: Tone = "accent"


def plain(value: float) -> str:
    """``1,234.5``: grouped, with at most three decimals."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def words(text: str) -> str:
    """Text as the content of an element."""
    return escape(text.translate(_FORBIDDEN), quote=False)


def tag(name: str, attributes: Attributes, *content: str) -> str:
    """An element; attributes are escaped, those that are ``None`` left out; content is markup."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else short(value)
            parts.append(f'{key}="{escape(text.translate(_FORBIDDEN))}"')
    inner = "".join(content)
    return f"<{' '.join(parts)}>{inner}</{name}>" if inner else f"<{' '.join(parts)}/>"


def short(value: float) -> str:
    """A coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(part: float) -> str:
    """A share (0 to 1) of the width as a coordinate."""
    return f"{short(100 * part)}%"


def chart(kind: str, title: str, height: float, *content: str, description: str = "") -> str:
    """The outer ``<svg>`` of a chart: an image with a name."""
    return tag(
        "svg",
        {"class": f"wb-chart wb-chart--{kind}", "role": "img", "width": "100%", "height": height},
        tag("title", {}, words(title)),
        tag("desc", {}, words(description)) if description else "",
        *content,
    )


def mark(
    name: str,
    attributes: Attributes,
    *,
    tone: Tone | None,
    title: str,
    href: str | None = None,
    kind: str = "",
) -> str:
    """A mark that says its words when it is pointed at, and may lead to a page."""
    classes = " ".join(
        part for part in ("wb-chart__mark", kind, f"wb-tone--{tone}" if tone else "") if part
    )
    return tag(
        name,
        {"class": classes, **attributes, "data-href": safe_href(href)},
        tag("title", {}, words(title)),
    )


def safe_href(href: str | None) -> str | None:
    """A relative link, or ``None``: no scheme leaves the site, whatever the data says."""
    if not href:
        return None
    head = href.strip().split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return None if ":" in head or href.strip().startswith(("//", "\\")) else href.strip()


def stretched(height: float, *content: str) -> str:
    """Shapes drawn on 1000 × ``height`` units and stretched over the whole width."""
    return tag(
        "svg",
        {
            "viewBox": f"0 0 1000 {short(height)}",
            "width": "100%",
            "height": height,
            "preserveAspectRatio": "none",
            "aria-hidden": "true",
        },
        *content,
    )


def label(
    text: str, x: str | float, y: float, *, anchor: str = "start", kind: str = "wb-chart__text"
) -> str:
    """A text at a place; ``anchor`` is start, middle or end."""
    anchored = None if anchor == "start" else anchor
    return tag("text", {"class": kind, "x": x, "y": y, "text-anchor": anchored}, words(text))


def rule(y: float, *, kind: str = "wb-chart__grid") -> str:
    """A line across the whole width."""
    return tag("line", {"class": kind, "x1": "0", "x2": "100%", "y1": y, "y2": y})


def ticks(top: float, count: int = 3) -> list[float]:
    """At most ``count + 1`` round numbers from 0 to the first that is not below ``top``."""
    if not math.isfinite(top) or top <= 0:
        return [0.0, 1.0]
    raw = top / count
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(s * magnitude for s in (1, 2, 2.5, 5, 10) if s * magnitude >= raw * (1 - 1e-9))
    return [step * index for index in range(math.ceil(top / step - 1e-9) + 1)]


def finite(values: Iterable[float | None]) -> list[float]:
    """The values that are numbers."""
    return [value for value in values if value is not None and math.isfinite(value)]


def spread(labels: Sequence[str], most: int = 5) -> list[int]:
    """Indexes of labels to be written: first, last and some evenly between."""
    if len(labels) <= most:
        return list(range(len(labels)))
    return sorted({round(index * (len(labels) - 1) / (most - 1)) for index in range(most)})
