"""Draws series over time as one small SVG: a panel each, with a twin in words for each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

#: Groups of series that share a panel: title, unit, series with their labels.
PANELS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Memory", "MB", (("worker memory", "worker"), ("zygote memory", "zygote"),
                      ("scheduler memory", "scheduler"), ("supervisor memory", "supervisor"))),
    ("Open descriptors", "", (("worker descriptors", "worker"), ("zygote descriptors", "zygote"),
                              ("scheduler descriptors", "scheduler"),
                              ("supervisor descriptors", "supervisor"))),
    ("Threads", "", (("worker threads", "worker"), ("zygote threads", "zygote"),
                     ("scheduler threads", "scheduler"))),
    ("Temporary files", "", (("temporary files", "staged, spilled, half-written"),)),
    ("Redis keys", "", (("redis keys", "keys"),)),
    ("Redis memory", "MB", (("redis memory without events", "without events"),
                            ("redis events", "events"))),
    ("Kept of runs", "", (("recorded runs", "records"), ("executed notebooks", "notebooks"))),
    ("Seconds of a run, and slowness of the machine", "", (
        ("run latency", "run, s"), ("slowness of the machine", "slowness"))),
)  # fmt: skip

# told apart by colour-blind readers; each line has its label at its end too
_COLOURS = ("#4477aa", "#cc6677", "#228833", "#aa7700")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 200, 46, 96, 30, 26
_COLUMNS = 2


def svg(
    series: dict[str, list[tuple[float, float]]],
    seconds: float,
    marks: Sequence[tuple[float, str]],
    warm_up: float,
) -> str:
    """All panels; ``marks`` are the moments of kills and edits, shown as ticks below."""
    rows = -(-len(PANELS) // _COLUMNS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_COLUMNS * _WIDTH}'
        f' {rows * _HEIGHT}" font-family="sans-serif" font-size="11" role="img"'
        ' aria-labelledby="title desc">',
        "<title id=\"title\">Data Workbench over time, under load and kills</title>",
        f'<desc id="desc">{escape(_in_words(series))}</desc>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, (title, unit, lines) in enumerate(PANELS):
        x, y = number % _COLUMNS * _WIDTH, number // _COLUMNS * _HEIGHT
        parts.append(f'<g transform="translate({x} {y})">')
        parts += _panel(title, unit, [(series.get(n, []), label) for n, label in lines],
                        seconds, marks, warm_up)  # fmt: skip
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _in_words(series: dict[str, list[tuple[float, float]]]) -> str:
    words = []
    for title, unit, lines in PANELS:
        for name, label in lines:
            if points := series.get(name):
                words.append(
                    f"{title}, {label}: {points[0][1]:.4g} to {points[-1][1]:.4g} {unit}".strip()
                )
    return "; ".join(words)


def _panel(
    title: str,
    unit: str,
    lines: list[tuple[list[tuple[float, float]], str]],
    seconds: float,
    marks: Sequence[tuple[float, str]],
    warm_up: float,
) -> list[str]:
    top = max((value for points, _ in lines for _, value in points), default=1.0) * 1.1 or 1.0
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(t: float, value: float) -> tuple[float, float]:
        return (
            _LEFT + (right - _LEFT) * t / seconds,
            bottom - (bottom - _TOP) * value / top,
        )

    head = f"{title}, {unit}" if unit else title
    edge = at(warm_up * seconds, 0)[0]
    parts = [
        f'<text x="{_LEFT}" y="18" font-size="13" font-weight="bold">{escape(head)}</text>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{edge - _LEFT:.1f}" height="{bottom - _TOP}"'
        ' fill="#f0f0f0"/>',
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#555555"/>',
        f'<text x="{right}" y="{bottom + 15}" text-anchor="end">{seconds / 60:.0f} min</text>',
        f'<text x="{_LEFT}" y="{bottom + 15}">0</text>',
    ]
    for share in (0, 0.5, 1):
        value = top * share
        y = at(0, value)[1]
        parts.append(
            f'<text x="{_LEFT - 5}" y="{y + 4:.0f}" text-anchor="end">{value:,.3g}</text>'
        )
    ticks = "".join(f"M{at(t, 0)[0]:.1f} {bottom}v4" for t, what in marks if t <= seconds)
    parts.append(f'<path d="{ticks}" stroke="#cc6677" stroke-width="0.7"/>')
    taken: list[float] = []
    for (points, label), colour in zip(lines, _COLOURS, strict=False):
        if not points:
            continue
        step = max(1, len(points) // 120)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*p) for p in points[::step]))
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        )
        y = at(*points[-1])[1] + 4
        while any(abs(y - other) < 12 for other in taken):
            y -= 12
        taken.append(y)
        words = label.split(", ")[0] if len(label) > 18 else label
        parts.append(f'<text x="{right + 4}" y="{y:.0f}" fill="{colour}">{escape(words)}</text>')
    return parts
