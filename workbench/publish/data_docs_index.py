"""What there is of Data Docs: the index that their builder keeps, and the page that lists them.

Imports next to nothing: publishing looks at the index each time, and Great Expectations is only
imported where pages are built.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.publish.blocks import escape

#: The index, in the folder of the pages.
INDEX = "index.json"
_FIELDS = {"page", "run", "dataset", "step", "time", "masked", "checks", "failed"}

#: An entry of the index: page, run, dataset, step, time, masked columns, checks, failed.
Entry = dict[str, Any]

STYLE = """
:root{color-scheme:light dark;--page:light-dark(#fff,#101318);--ink:light-dark(#171c26,#e9ecf1);
--soft:light-dark(#f6f7f9,#1b2029);--line:light-dark(#e2e5eb,#2a313d);
--accent:light-dark(#2641a6,#a9baff);--good:light-dark(#17734a,#5ecb94);
--warn:light-dark(#8a5a00,#e5b54d);--bad:light-dark(#b92f2a,#ff8b81)}
body{font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
color:var(--ink);background:var(--page);max-width:88rem;margin:0 auto;padding:1.5rem 2rem}
a{color:var(--accent)}h1{font-size:2.125rem}h2{font-size:1.375rem;margin-top:2.5rem}
h1,h2{line-height:1.2;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.8125rem}
th,td{border-bottom:1px solid var(--line);padding:.5rem .75rem;text-align:left;vertical-align:top}
th{background:var(--soft)}td{overflow-wrap:anywhere}td table{width:auto;font-size:1em}
.v{background:var(--soft);border:1px solid var(--line);border-radius:.25rem;padding:0 .25rem;
font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.held{color:var(--good)}.failed{color:var(--bad)}.warned{color:var(--warn)}
.held,.failed,.warned{font-weight:600;white-space:nowrap}
@media(max-width:40rem){body{padding:1rem}th,td{padding:.4rem .3rem;overflow-wrap:anywhere}
.held,.failed,.warned{white-space:normal}}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}
""".strip()

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def entries(folder: Path) -> dict[str, Entry]:
    """What the index knows, by page; nothing if it cannot be read: all is then built again."""
    try:
        listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return {entry["page"]: entry for entry in listed if entry.keys() >= _FIELDS}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def known(folder: Path) -> dict[tuple[str, str], Entry]:
    """The results that have pages, by (run, dataset): callers need not load these."""
    return {
        (entry["run"], entry["dataset"]): entry
        for entry in entries(folder).values()
        if (folder / entry["page"]).is_file()
    }


def is_of(entry: Entry | None, time: datetime, masked: Iterable[str]) -> bool:
    """Whether an entry is of results of this time, made while these columns were masked."""
    return entry is not None and entry["time"] == stamp(time) and entry["masked"] == sorted(masked)


def stamp(time: datetime) -> str:
    """A time in UTC as text; microseconds tell apart the attempts of a retried step."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def name(text: str) -> str:
    """A name of a file that stays within its folder, whatever ``text`` is."""
    return quote(text, safe="").replace(".", "%2E") or "%"


def html(title: str, body: str) -> str:
    """A page around a body of markup."""
    policy = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def index(listed: Iterable[Entry], above: tuple[str, str] | None = None) -> str:
    """The page that lists pages; ``above`` is a link to what they belong to: address, words."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(listed, key=lambda entry: str(entry["time"]), reverse=True):
        groups.setdefault(str(entry["dataset"]), []).append(entry)
    parts = []
    if above is not None:
        parts.append(f'<p><a href="{escape(above[0])}">{escape(above[1])}</a></p>')
    parts += ["<h1>Data Docs</h1>", "<p>Checks of each dataset, newest run first.</p>"]
    for dataset, runs in sorted(groups.items()):
        rows = "".join(
            f'<tr><td><a href="{escape(quote(run["page"]))}">{escape(run["run"])}</a></td>'
            f"<td>{escape(run['time'])}</td><td>{outcome(run['checks'], run['failed'])}</td></tr>"
            for run in runs
        )
        parts.append(
            f"<h2>{escape(dataset)}</h2><table><thead><tr><th scope=col>Run</th>"
            f"<th scope=col>Time</th><th scope=col>Checks</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if not groups:
        parts.append("<p>No checks have been recorded yet.</p>")
    return html("Data Docs", "\n".join(parts))


def outcome(checks: int, failed: int) -> str:
    """How many checks held, as markup."""
    if failed:
        return f'<span class="failed">✗ {failed} of {checks} failed</span>'
    return f'<span class="held">✓ all {checks} held</span>'
