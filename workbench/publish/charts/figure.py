"""A chart with its caption, its legend and the same figures as a table."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.publish.charts.marks import Series, tag, words


def figure(
    svg: str,
    *,
    caption: str,
    summary: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    legend: Sequence[Series] = (),
) -> str:
    """``<figure>`` with ``svg`` and, folded, its text twin; ``summary`` is what unfolds it.

    Texts are escaped here; ``svg`` is what a chart returned. The first column names the rows.
    """
    entries = "".join(
        tag("li", {"class": f"wb-tone--{series.tone}"}, words(series.name)) for series in legend
    )
    head = "".join(
        tag("th", {"scope": "col", "class": "wb-num" if index else None}, words(text))
        for index, text in enumerate(header)
    )
    body = "".join(
        f"<tr>{''.join(_cell(index, text) for index, text in enumerate(row))}</tr>" for row in rows
    )
    table = (
        f"<table>{tag('caption', {'class': 'wb-hidden-text'}, words(caption))}"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
    return (
        f'<figure class="wb-figure"><figcaption class="wb-figure__head">'
        f'<span class="wb-figure__title">{words(caption)}</span>'
        + (f'<ul class="wb-legend">{entries}</ul>' if entries else "")
        + f'</figcaption>{svg}<details class="wb-twin"><summary>{words(summary)}</summary>'
        f'<div class="wb-table" data-tools="no">{table}</div></details></figure>'
    )


def _cell(index: int, text: str) -> str:
    if index == 0:
        return tag("th", {"scope": "row"}, words(text) or "–")
    return tag("td", {"class": "wb-num"}, words(text) or "–")
