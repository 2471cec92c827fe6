"""The way of the rows through a step, as a figure that balances because its ledgers do."""

from __future__ import annotations

import html
from collections.abc import Iterable

from workbench.model.ledger import LoadLedger, ParseLedger, TransformLedger
from workbench.model.result import StepResult
from workbench.steps.tables import Figure, printable

#: A figure with more ledgers than this cannot be read; the table says it all.
MAX_LEDGERS = 12

# told apart by colour-blind readers too; the names stand beside the nodes anyway
_COLOURS = {
    "kept": "#4477aa",
    "dropped": "#bbbbbb",
    "refused": "#cc6677",
    "added": "#228833",
    "unchanged": "#ccbb44",
}

_PARSE_TERMS = {
    "parsed": "kept",
    "preamble": "dropped",
    "header": "dropped",
    "blank": "dropped",
    "footer": "dropped",
    "unparseable": "refused",
}
_TRANSFORM_TERMS = {
    "filtered": "dropped",
    "deduplicated": "dropped",
    "collapsed": "dropped",
    "quarantined": "refused",
}
_LOAD_TERMS = {
    "inserted": "added",
    "updated": "kept",
    "unchanged": "unchanged",
    "rejected": "refused",
}


def flow(result: StepResult) -> Figure | None:
    """A Sankey diagram of the ledgers; ``None`` if there is nothing to draw or too much."""
    if not 0 < len(result.ledgers) <= MAX_LEDGERS:
        return None
    links = _Links()
    before: TransformLedger | None = None
    node = ""
    for number, ledger in enumerate(result.ledgers):
        if isinstance(ledger, ParseLedger):
            links.fan(f"{ledger.name}: records", ledger, _PARSE_TERMS)
        elif isinstance(ledger, LoadLedger):
            links.fan(f"{ledger.name}: candidate", ledger, _LOAD_TERMS, shared=False)
        else:
            if before is None or before.rows_out != ledger.rows_in:
                node = f"rows into {number + 1}" if before else "rows in"
            twins = sum(one.name == ledger.name for one in result.ledgers)
            place = ledger.name if twins == 1 else f"{number + 1}. {ledger.name}"
            links.add(node, place, ledger.rows_in, "kept")
            links.add("expanded", place, ledger.expanded, "added")
            links.fan(place, ledger, _TRANSFORM_TERMS)
            node, before = place, ledger
            following = result.ledgers[number + 1 : number + 2]
            if not any(
                isinstance(one, TransformLedger) and one.rows_in == ledger.rows_out
                for one in following
            ):
                links.add(place, "rows out", ledger.rows_out, "kept")
    return links.figure(f"{result.dataset}: rows through {result.verb}")


class _Links:
    def __init__(self) -> None:
        self._nodes: dict[str, int] = {}
        self._links: list[tuple[int, int, int, str]] = []
        self._lines: list[str] = []

    def add(self, source: str, target: str, rows: int, kind: str) -> None:
        if rows > 0:
            ends = [self._nodes.setdefault(name, len(self._nodes)) for name in (source, target)]
            self._links.append((ends[0], ends[1], rows, _COLOURS[kind]))
            self._lines.append(f"{source} → {target}: {rows:,}")

    def fan(
        self,
        source: str,
        ledger: ParseLedger | TransformLedger | LoadLedger,
        terms: dict[str, str],
        *,
        shared: bool = True,
    ) -> None:
        for term, kind in terms.items():
            target = term if shared else f"{ledger.name}: {term}"
            self.add(source, target, getattr(ledger, term), kind)

    def figure(self, title: str) -> Figure | None:
        if not self._links:
            return None
        sources, targets, rows, colours = (list(part) for part in _columns(self._links))
        sankey = {
            "type": "sankey",
            "arrangement": "snap",
            "node": {
                "label": [_label(name) for name in self._nodes],
                "pad": 14,
                "thickness": 14,
                "color": "#666666",
            },
            "link": {"source": sources, "target": targets, "value": rows, "color": colours},
        }
        layout = {
            "title": {"text": _label(title)},
            "height": 260 + 22 * len(self._nodes),
            "font": {"size": 12},
            "margin": {"l": 10, "r": 10, "t": 50, "b": 10},
        }
        text = "\n".join(printable(line) for line in (title, *self._lines))
        return Figure(text, (sankey,), layout)


def _label(name: str) -> str:
    """Plotly reads some markup in its texts; a name has none."""
    return html.escape(printable(name), quote=False)


def _columns(links: Iterable[tuple[int, int, int, str]]) -> Iterable[tuple[int | str, ...]]:
    return zip(*links, strict=True)
