"""A small site of every component in the agreed markup, made from our own charts and lineage.

``python -m tests.browser.gallery FOLDER`` writes it, to be looked at.
"""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import replace
from html import escape
from pathlib import Path

from tests.browser.gallery_pages import DATASET, DOCS, HOME, RUN
from workbench.publish import assets
from workbench.publish.lineage.data import lineage_data
from workbench.publish.lineage.layout import Edge, Node, layout
from workbench.publish.lineage.svg import graph_svg

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'"
)
#: Names that try to become markup, code or another order of letters.
HOSTILE = [
    '"><script>window.__pwned=1</script>',
    "<img src=x onerror=window.__pwned=1>",
    "</script><svg onload=window.__pwned=1>",
    "javascript:window.__pwned=1",
    "\u202egnp.elif\u202c 🙂👩‍👩‍👧",
    "=HYPERLINK(1)",
]


def shell(title: str, kind: str, body: str, *, up: str = "", wide: bool = False) -> str:
    """A page in the agreed shell."""
    links = "".join(
        f'<li><a href="{up}{href}"{mark}>{name}</a></li>'
        for name, href, key in (
            ("Home", "index.html", "home"),
            ("Datasets", "datasets/orders.html", "dataset"),
            ("Runs", "runs/r1.html", "run"),
            ("Lineage", "lineage.html", "lineage"),
            ("Docs", "docs.html", "docs"),
        )
        for mark in (' aria-current="page"' if key == kind else "",)
    )
    toc = (
        '<aside class="wb-toc"><nav aria-labelledby="toc-title">'
        '<p id="toc-title" class="wb-toc__title">On this page</p><ul><li><a href="#one">One</a>'
        '</li><li><a href="#two">Two</a></li></ul></nav></aside>'
        if kind == "docs"
        else ""
    )
    layout_class = "wb-layout" + (" wb-layout--toc" if toc else " wb-layout--wide" if wide else "")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} · Sales data</title>
<script src="{up}assets/theme.js"></script>
<link rel="stylesheet" href="{up}assets/portal.css">
<link rel="icon" type="image/svg+xml" href="{up}assets/icon.svg">
<script src="{up}assets/messages-en.js" defer></script>
<script src="{up}assets/portal.js" defer></script>
</head>
<body class="wb-page wb-page--{kind}">
<a class="wb-skip" href="#content">Skip to content</a>
<header class="wb-header"><div class="wb-header__inner">
<a class="wb-brand" href="{up}index.html"><span class="wb-brand__mark" aria-hidden="true"></span>
<span class="wb-brand__name">Sales data</span></a>
<nav class="wb-nav" aria-label="Main"><ul>{links}</ul></nav>
<div class="wb-header__tools"><nav class="wb-languages" aria-label="Language">
<a href="#" lang="en" hreflang="en" aria-current="true">English</a>
<a href="#" lang="es" hreflang="es">Español</a></nav></div>
</div></header>
<div class="{layout_class}">
<main class="wb-main" id="content" tabindex="-1">
<nav class="wb-breadcrumbs" aria-label="Breadcrumbs"><ol><li><a href="{up}index.html">Home</a></li>
<li aria-current="page">{escape(title)}</li></ol></nav>
{body}
</main>
{toc}
</div>
<footer class="wb-footer"><div class="wb-footer__inner">
<p>Published <time datetime="2025-01-31T08:00:00Z">31 January 2025, 08:00 UTC</time></p>
<p><a href="{up}assets/licences.txt">Licences</a></p></div></footer>
</body></html>
"""


def graph(datasets: int = 12) -> tuple[list[Node], list[Edge]]:
    """Files become silver datasets, these gold ones; some are loaded into a database."""
    chance = random.Random(7)
    nodes: list[Node] = []
    edges: list[Edge] = []
    silver = max(2, int(datasets * 0.7))
    names = ["orders", "customers", "products", "payments", "returns", "stores", "budget"]
    for number in range(datasets):
        name = names[number] if number < len(names) else f"dataset_{number}"
        if number == datasets - 1:
            name = HOSTILE[0]
        columns = (("id", "integer"), ("name", "text"), ("amount", "decimal(18,2)"))
        layer = "silver" if number < silver else "gold"
        status = "failed" if number == 2 else "success"
        url = "datasets/orders.html"
        nodes.append(Node(f"d{number}", name, "dataset", layer, url, status, columns))
        if layer == "silver":
            nodes.append(Node(f"f{number}", f"{name}_2025.csv", "source", "raw", columns=columns))
            same = tuple((c, c, "direct") for c, _ in columns)
            edges.append(Edge(f"f{number}", f"d{number}", ("direct",), same))
        else:
            for other in chance.sample(range(number), chance.randint(2, min(4, number))):
                made = (
                    ("amount", "amount", "aggregated"),
                    ("id", "id", "direct"),
                    ("name", None, "filter"),
                )
                kinds = ("aggregated", "direct", "filter")
                edges.append(Edge(f"d{other}", f"d{number}", kinds, made))
        if chance.random() < 0.3 or number == silver:
            target = Node(f"t{number}", f"warehouse.{name}", "target", "target", columns=columns)
            nodes.append(target)
            edges.append(Edge(f"d{number}", f"t{number}", ("direct",)))
    return nodes, edges


def search_entries(columns: int = 60) -> dict[str, object]:
    """A search index with ``columns`` columns and names of every kind."""
    kinds = ["dataset", "column", "run", "term", "doc", "page", "check"]
    entries: list[list[object]] = [
        [0, "orders", "datasets/orders.html", "silver · sales", "orders from the shop"],
        [0, "customers", "datasets/orders.html", "silver · sales", "who buys"],
        [2, "20250131-0800", "runs/r1.html", "failed · orders", ""],
        [3, "Net amount", "docs.html#one", "glossary", "amount without taxes"],
        [4, "First dataset", "docs.html", "docs", "from an unknown file to a table"],
        *([0, name, "datasets/orders.html", name, name] for name in HOSTILE),
    ]
    parts = ["order", "customer", "product", "invoice", "store", "region", "tax", "unit", "line"]
    ends = ["id", "name", "amount", "date", "code", "status", "total", "price", "count", "flag"]
    for number in range(columns):
        name = f"{parts[number % 9]}_{ends[number // 9 % 10]}"
        name += f"_{number // 90}" if number >= 90 else ""
        table = f"table_{number // 40}"
        entries.append(
            [1, name, f"datasets/orders.html#c{number}", table, f"The {name} of {table}"]
        )
    return {"kinds": kinds, "entries": entries}


def build(folder: Path, *, datasets: int = 12, columns: int = 60) -> Path:
    """Write the site into ``folder`` and return it."""
    own = folder / "assets"
    own.mkdir(parents=True, exist_ok=True)
    for name, path in assets.front().items():
        shutil.copyfile(path, own / name)
    nodes, edges = graph(datasets)
    plan = layout(nodes, edges)
    for name, variable, value in (
        ("messages-en.js", "PORTAL_MESSAGES", {}),
        ("search-en.js", "PORTAL_SEARCH", search_entries(columns)),
        ("lineage.js", "PORTAL_LINEAGE", lineage_data(nodes, edges, plan)),
    ):
        (own / name).write_text(assets.javascript(variable, value), encoding="utf-8")
    picture = graph_svg(
        nodes, edges, title="Lineage", description="", words={"failed": "Failed"}, layout=plan
    )
    names = {node.id: node.name for node in nodes}
    rows = "".join(
        f'<tr><th scope="row"><bdi>{escape(names[edge.source])}</bdi></th>'
        f"<td><bdi>{escape(names[edge.target])}</bdi></td><td>{', '.join(edge.kinds)}</td></tr>"
        for edge in edges
    )
    lineage = f"""<header class="wb-pagehead"><h1>Lineage</h1>
<p class="wb-lead">Where every table comes from, and what is made of it.</p></header>
<div class="wb-lineage" data-explorer><div class="wb-lineage__canvas">{picture}</div>
<details class="wb-twin" open><summary>Show as table</summary><div class="wb-table"
data-name="lineage"><table><caption class="wb-hidden-text">Lineage</caption><thead><tr>
<th scope="col">From</th><th scope="col">To</th><th scope="col">Kinds</th></tr></thead>
<tbody>{rows}</tbody></table></div></details></div>"""
    near = [replace(node, url=node.url and "orders.html") for node in nodes[:5]]
    small = graph_svg(near, edges, title="Lineage of orders", description="", words={}, focus="d0")
    hostile = "".join(
        f'<tr><th scope="row"><bdi>{escape(text)}</bdi></th><td>{escape(text)}</td>'
        f'<td class="wb-num" data-value="{number}">{number}</td></tr>'
        for number, text in enumerate(HOSTILE)
    )
    pages = {
        "index.html": shell("Home", "home", HOME),
        "datasets/orders.html": shell(
            "orders",
            "dataset",
            DATASET.replace("{{lineage}}", small).replace("{{hostile}}", hostile),
            up="../",
        ),
        "runs/r1.html": shell("Run 20250131-0800", "run", RUN, up="../"),
        "lineage.html": shell("Lineage", "lineage", lineage, wide=True),
        "docs.html": shell("First dataset", "docs", DOCS),
    }
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
