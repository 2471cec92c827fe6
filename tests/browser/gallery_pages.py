"""Contents of the gallery's pages."""

from __future__ import annotations

import json
import random
from html import escape

from workbench.publish import charts
from workbench.publish.assets import embedded

_CHANCE = random.Random(11)
OUTCOMES = (
    charts.Series("accepted", "accent"),
    charts.Series("unchanged", "neutral"),
    charts.Series("quarantined", "bad"),
)
DAYS = [f"{day:02d} Jan" for day in range(2, 32)]


def status(word: str) -> str:
    return f'<span class="wb-status wb-status--{word}">{word.capitalize()}</span>'


def thousands(value: float) -> str:
    return f"{value:,.0f}"


def _tile(label: str, value: str, note: str, tone: str = "", chart: str = "") -> str:
    drawn = f'<span class="wb-tile__chart">{chart}</span>' if chart else ""
    return (
        f'<li class="wb-tile{f" wb-tile--{tone}" if tone else ""}">'
        f'<span class="wb-tile__label">{label}</span><span class="wb-tile__value">{value}</span>'
        f'<span class="wb-tile__note">{note}</span>{drawn}</li>'
    )


_ROWS = [12000 + 400 * day + _CHANCE.randint(-900, 900) for day in range(30)]
_STATES = ["success", "failed", "running", "queued", "pending", "cancelled", "skipped"]
_FRESH = ["fresh", "late", "stale", "unknown"]
_NAMES = [
    "orders",
    "customers",
    "products",
    "a_dataset_with_a_rather_long_name_that_has_to_wrap_somewhere",
    "payments",
    "returns",
    "stores",
    "budget_execution",
    "regions",
]

_TRUST = "".join(
    f'<tr><th scope="row"><a href="datasets/orders.html">{name}</a></th>'
    f'<td><span class="wb-chip wb-chip--{("silver", "gold")[i % 3 == 2]}">'
    f"{('silver', 'gold')[i % 3 == 2]}</span></td>"
    f"<td>{status(_FRESH[i % 4])}</td><td>{status(_STATES[i % 7])}</td>"
    f'<td class="wb-num" data-value="{1204 * (i + 1)}">{1204 * (i + 1):,}</td>'
    f'<td class="wb-cell-chart">'
    + charts.sparkline([1, 3, 2, None, 5, 4 + i, 6], title=f"Rows of {name}")
    + '</td><td class="wb-cell-chart">'
    + charts.strip(
        [
            charts.Cell(("passed", "passed", "warned", "failed")[(i + j) % 4], f"run {j}")
            for j in range(12)
        ],
        title=f"Checks of {name}",
    )
    + f'</td><td class="wb-num" data-value="{i}">{i}</td></tr>'
    for i, name in enumerate(_NAMES)
)

HOME = f"""
<header class="wb-pagehead"><h1>Can I trust it today?</h1>
<p class="wb-lead">Nine datasets from the shop and the ministry, made every morning. Two need a
look.</p></header>
<ul class="wb-tiles">
{_tile("Datasets", "9", "2 gold, 7 silver")}
{_tile("Fresh", "7 of 9", "1 late, 1 stale", "warn")}
{_tile("Checks that hold", "98.2 %", "3 of 168 fail", "bad")}
{_tile("Rows", "1,204,113", "+1.2 % since yesterday", "", charts.sparkline(_ROWS, title="Rows"))}
{_tile("Health", "Good", "fresh, checked, 0.1 % set aside", "good")}
</ul>
<div class="wb-section"><h2>Datasets</h2>
<div class="wb-table" data-name="datasets"><table>
<caption class="wb-hidden-text">Datasets</caption>
<thead><tr><th scope="col">Dataset</th><th scope="col">Layer</th><th scope="col">Freshness</th>
<th scope="col">Last run</th><th scope="col" class="wb-num" data-type="number">Rows</th>
<th scope="col" data-type="none" data-export="no">Trend</th>
<th scope="col" data-type="none" data-export="no">Checks</th>
<th scope="col" class="wb-num" data-type="number" data-hidden>Quarantined</th></tr></thead>
<tbody>{_TRUST}</tbody></table></div></div>
<div class="wb-section"><h2>Since yesterday</h2>
<ol class="wb-timeline"><li><time datetime="2025-01-31T06:00:00Z">31 Jan, 06:00</time>
<div><a href="runs/r1.html">Run 20250131-0800</a> of orders failed: 12 rows have no customer.</div>
</li><li><time datetime="2025-01-30T06:00:00Z">30 Jan, 06:00</time><div>customers has a new column
<code>segment</code>.</div></li></ol></div>
<div class="wb-section"><h2>Tools</h2>
<ul class="wb-cards"><li class="wb-card"><h3 class="wb-card__title"><a href="docs.html">JupyterLab
</a></h3><p class="wb-card__text">The notebooks that make these datasets.</p>
<div class="wb-card__foot"><span class="wb-chip">notebooks</span>{status("success")}</div></li>
<li class="wb-card"><h3 class="wb-card__title"><a href="docs.html#one">Warehouse</a></h3>
<p class="wb-card__text">PostgreSQL, schema <code>trusted</code>.</p></li></ul></div>
<div class="wb-section"><h2>States</h2><div class="wb-facts">
{"".join(status(word) for word in _STATES)}{status("warned")}{status("errored")}
{"".join(status(word) for word in _FRESH)}
<span class="wb-mark wb-mark--key">key</span><span class="wb-mark wb-mark--masked">masked</span>
<span class="wb-kind wb-kind--direct">direct</span><span class="wb-kind wb-kind--derived">derived
</span><span class="wb-kind wb-kind--aggregated">aggregated</span>
<span class="wb-kind wb-kind--filter">filter</span></div></div>
<div class="wb-empty"><p class="wb-empty__title">No runs yet</p>
<p>Start one with <code>workbench run orders</code>.</p></div>
"""

_TYPES = ["integer", "text", "decimal(18,2)", "date", "boolean", "timestamp"]
_COLUMNS = "".join(
    f'<tr id="c{i}"><th scope="row"><code>column_{i}</code>'
    + (' <span class="wb-mark wb-mark--key">key</span>' if i == 0 else "")
    + f'</th><td><code class="wb-type">{_TYPES[i % 6]}</code></td>'
    f"<td>What column {i} means, in a sentence that is long enough to need two lines.</td>"
    f'<td class="wb-num" data-value="{i / 100}">{i} %</td>'
    f'<td class="wb-cell-chart">{charts.share(i / 40, title=f"{i} % nulls")}</td>'
    f'<td class="wb-cell-chart">'
    + (
        charts.histogram(
            [(j, j + 1, _CHANCE.randint(0, 90)) for j in range(14)], title=f"column_{i}"
        )
        if i % 2
        else charts.frequencies(
            [("north", 40), ("south", 25), ("east", 10)], total=90, title=f"column_{i}"
        )
    )
    + f'</td><td><span class="wb-kind wb-kind--{("direct", "derived", "aggregated")[i % 3]}">'
    f"{('direct', 'derived', 'aggregated')[i % 3]}</span></td><td>HEADER {i}</td></tr>"
    for i in range(32)
)

_FLOW = charts.figure(
    charts.flow(
        [charts.Term("read", 12400), charts.Term("expanded", 300, "info")],
        [
            charts.Term("out", 12250, "good"),
            charts.Term("filtered", 380, "idle"),
            charts.Term("deduplicated", 58, "idle"),
            charts.Term("quarantined", 12, "bad"),
        ],
        title="12,700 rows in, 12,250 out",
        number=thousands,
    ),
    caption="What became of the rows",
    summary="Show as table",
    header=["Term", "Rows"],
    rows=[["in", "12,400"], ["out", "12,250"]],
)
_BARS = charts.figure(
    charts.bars(
        [
            charts.Bar(day, (_ROWS[i] * 0.2, _ROWS[i] * 0.8, 900 if i == 22 else 12), "r1.html")
            for i, day in enumerate(DAYS)
        ],
        series=OUTCOMES,
        title="Rows of each run",
        number=thousands,
    ),
    caption="Rows of each run",
    summary="Show as table",
    header=["Run", "accepted"],
    rows=[[day, "1"] for day in DAYS],
    legend=OUTCOMES,
)
_LINE = charts.figure(
    charts.line(
        [
            charts.Point(
                day,
                None if i == 9 else 40 + (i % 7) * 3.5,
                tone="bad" if i == 22 else "accent",
            )
            for i, day in enumerate(DAYS)
        ],
        title="Duration of each run",
        unit="s",
    ),
    caption="Duration of each run",
    summary="Show as table",
    header=["Run", "Seconds"],
    rows=[[day, "40"] for day in DAYS],
)

DATASET = f"""
<header class="wb-pagehead"><p class="wb-kicker">Dataset · silver</p><h1><bdi>orders</bdi></h1>
<p class="wb-lead">One row for each line of an order in the web shop, prices in euros without
taxes.</p><div class="wb-facts">{status("late")}{status("failed")}
<span class="wb-chip wb-chip--silver">silver</span><span>Owner <bdi>Ana Rojas</bdi></span>
<span class="wb-chip">sales</span><span class="wb-chip">finance</span></div></header>
<nav class="wb-sections" aria-label="Sections"><ul><li><a href="#schema">Schema
<span class="wb-count">32</span></a></li><li><a href="#history">History</a></li>
<li><a href="#sample">Sample</a></li><li><a href="#lineage">Lineage</a></li>
<li><a href="#spec">Spec</a></li></ul></nav>
<section class="wb-section" id="schema" aria-labelledby="schema-title">
<h2 id="schema-title">Schema</h2>
<div class="wb-table" data-name="orders-columns"><table>
<caption class="wb-hidden-text">Columns of orders</caption>
<thead><tr><th scope="col">Column</th><th scope="col">Type</th><th scope="col">Description</th>
<th scope="col" class="wb-num" data-type="number">Nulls</th>
<th scope="col" data-type="none" data-export="no">Share</th>
<th scope="col" data-type="none" data-export="no">Values</th><th scope="col">Lineage</th>
<th scope="col" data-hidden>Header</th></tr></thead><tbody>{_COLUMNS}</tbody></table></div>
</section>
<section class="wb-section" id="history" aria-labelledby="history-title">
<h2 id="history-title">History</h2><div class="wb-grid">{_BARS}{_LINE}</div>
<p class="wb-muted">Fresh: {charts.freshness(5400, expected=3600, title="90 minutes old")}</p>
</section>
<section class="wb-section" id="sample" aria-labelledby="sample-title">
<h2 id="sample-title">Sample</h2>
<div class="wb-table" data-tools data-name="sample"><table>
<caption>Names that try to be code</caption><thead><tr><th scope="col">Name</th>
<th scope="col">Again</th><th scope="col" class="wb-num" data-type="number">Number</th></tr></thead>
<tbody>{{{{hostile}}}}<tr><th scope="row">-5</th><td class="wb-null">null</td>
<td class="wb-num" data-value="-5">-5</td></tr></tbody></table></div></section>
<section class="wb-section" id="lineage" aria-labelledby="lineage-title">
<h2 id="lineage-title">Lineage</h2><div class="wb-lineage"><div class="wb-lineage__canvas"
tabindex="0" role="region" aria-label="Lineage of orders">{{{{lineage}}}}</div></div></section>
<section class="wb-section" id="spec" aria-labelledby="spec-title"><h2 id="spec-title">Spec</h2>
<div class="wb-tabs" data-label="Versions of the spec"><section class="wb-tab" id="spec-now">
<h3 class="wb-tab__title">Now</h3><div class="wb-code" data-language="yaml"
data-name="orders.yml"><pre tabindex="0"><code><span class="wb-hl-key">dataset</span>: orders
<span class="wb-hl-key">source</span>:
  <span class="wb-hl-key">path</span>: <span class="wb-hl-string">"inbox/orders_*.csv"</span>
  <span class="wb-hl-comment"># one file a day</span></code></pre></div></section>
<section class="wb-tab" id="spec-1"><h3 class="wb-tab__title">12 January</h3>
<div class="wb-diff"><pre tabindex="0"><code><span class="wb-diff__hunk">@@ -1,2 +1,2 @@</span>
<span class="wb-diff__same">  dataset: orders</span>
<span class="wb-diff__del">- owner: Ana</span>
<span class="wb-diff__add">+ owner: Ana Rojas</span></code></pre></div></section></div>
<h3>Contract</h3><dl class="wb-dl"><div><dt>Owner</dt><dd>Ana Rojas</dd></div><div><dt>Key</dt>
<dd><code>order_id</code>, <code>line</code></dd></div></dl></section>
"""

_FIGURE = {
    "data": [
        {
            "type": "bar",
            "x": ["<b>north</b>", "<img src=x onerror=window.__pwned=1>"],
            "y": [4, 7],
            "name": '<a href="javascript:window.__pwned=1">x</a>',
        }
    ],
    "layout": {
        "title": {"text": "Rows by region</script><script>window.__pwned=1</script>"},
        "height": 380,
    },
}
_GANTT = charts.figure(
    charts.gantt(
        [
            charts.GanttRow(
                "orders: ingest",
                (
                    charts.Span(0.4, 4.1, "failed", "attempt 1: failed after 3.7 s", queued=0),
                    charts.Span(9.1, 12.8, "success", "attempt 2: 3.7 s", queued=4.1),
                ),
            ),
            charts.GanttRow(
                "orders: transform", (charts.Span(13, 21, "success", "8 s", queued=12.8),)
            ),
            charts.GanttRow("orders: validate", (charts.Span(21.2, 24, "failed", "2.8 s"),)),
        ],
        title="Steps of the run",
        number=lambda value: f"{value:g} s",
    ),
    caption="Steps and attempts",
    summary="Show as table",
    header=["Step", "Seconds"],
    rows=[["orders: ingest", "3.7"]],
)

RUN = f"""
<header class="wb-pagehead"><p class="wb-kicker">Run</p><h1>20250131-0800</h1>
<div class="wb-facts">{status("failed")}<span>scheduled, 24 s</span></div></header>
<div class="wb-callout wb-callout--bad" role="note"><p class="wb-callout__title">ExpectationFailed
</p><p>12 rows of <code>customer_id</code> are null.</p><dl class="wb-dl"><div><dt>Where</dt>
<dd>orders: validate, cell 4</dd></div><div><dt>Remedy</dt><dd>mend the rows in quarantine and send
them again</dd></div></dl></div>
<section class="wb-section" id="steps" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>
<div class="wb-grid">{_GANTT}{_FLOW}</div></section>
<section class="wb-section" id="notebook" aria-labelledby="notebook-title">
<h2 id="notebook-title">Notebook</h2><div class="wb-notebook">
<div class="wb-cell wb-cell--markdown"><h3>Validate</h3><p>Checks the candidate.</p></div>
<div class="wb-cell wb-cell--code wb-cell--parameters"><div class="wb-cell__in">
<span class="wb-cell__count">[1]</span><div class="wb-code" data-language="python">
<pre tabindex="0"><code>run = <span class="wb-hl-string">"20250131-0800"</span></code></pre></div>
</div></div>
<div class="wb-cell wb-cell--code"><div class="wb-cell__in"><span class="wb-cell__count">[2]</span>
<div class="wb-code" data-language="python"><pre tabindex="0"><code>show(result)</code></pre></div>
</div><div class="wb-cell__out"><figure class="wb-out wb-plotly" data-label="Rows by region">
<script type="application/json">{embedded(json.dumps(_FIGURE))}</script>
<figcaption>Rows by region</figcaption></figure>
<pre class="wb-out wb-out--stream" tabindex="0">12,400 rows
</pre></div></div>
<div class="wb-cell wb-cell--code wb-cell--failed"><div class="wb-cell__in">
<span class="wb-cell__count">[3]</span><div class="wb-code" data-language="python">
<pre tabindex="0"><code>check(candidate)</code></pre></div></div><div class="wb-cell__out">
<pre class="wb-out wb-out--error" tabindex="0">{escape("<b>ExpectationFailed</b>: 12 rows")}</pre>
</div></div></div></section>
"""

DOCS = (
    """
<header class="wb-pagehead"><h1>First dataset</h1><p class="wb-lead">Ten minutes, from an unknown
file to a table.</p></header>
<h2 id="one">One</h2><p>You say in <code>one</code> YAML file what a dataset is, and
<a href="#two">the workbench</a> does it.</p>
<pre tabindex="0"><code>workbench detect my_file.csv</code></pre>
<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody>
</table><blockquote><p>Nothing is lost and nothing is silently wrong.</p></blockquote>
<ul><li>bronze</li><li>silver</li></ul>
<div class="wb-callout wb-callout--info" role="note"><p class="wb-callout__title">Note</p>
<p>A note.</p></div>
<div class="wb-callout wb-callout--warn" role="note"><p class="wb-callout__title">Careful</p>
<p>Something to look at.</p></div>
"""
    + "<p>A paragraph about tables that others can trust, long enough to fill a line or two of "
    "text on a wide screen, so that the measure can be judged.</p>\n"
    * 8
    + '<h2 id="two">Two</h2>'
    + "<p>More.</p>" * 12
)
