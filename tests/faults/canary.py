"""A secret that is looked for in all that is kept."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path
from urllib.parse import quote, quote_plus

#: It looks different in each encoding.
CANARY = 'c@nary+s3cret/ "ü" %41&'

#: Code of a notebook that shows ``TEAM_PASSWORD`` in many ways.
TELL = """
import base64, json, os, sys, urllib.parse
told = os.environ["TEAM_PASSWORD"]
print("the password is", told)
print(told, file=sys.stderr)
print(base64.b64encode(("ana:" + told).encode()).decode())
print(urllib.parse.quote(told, safe=""), urllib.parse.quote_plus(told), json.dumps(told))
os.system("printf '%s' \\"$TEAM_PASSWORD\\"")
from IPython.display import HTML, display
display(HTML(f"<b>{told}</b>"), {"key": told})
"""


def forms() -> dict[str, bytes]:
    """The canary as it may be written."""
    raw = CANARY.encode()
    return {
        "plain": raw,
        "as JSON": json.dumps(CANARY)[1:-1].encode(),
        "as JSON in UTF-8": CANARY.replace('"', '\\"').encode(),
        "quoted": quote(CANARY, safe="").encode(),
        "quoted with slashes": quote(CANARY).encode(),
        "quoted with plus": quote_plus(CANARY).encode(),
        **{
            # the first and last characters depend on what stands beside it
            f"base64 {shift}": base64.b64encode(b"x" * shift + raw).rstrip(b"=")[4:-2]
            for shift in range(3)
        },
    }


def found_in(home: Path, said: str = "") -> list[str]:
    """Where the canary stands: in a file below the home, in a cell of the records, or in what
    was said."""
    texts = {"what was said": said.encode()}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            texts[str(path.relative_to(home))] = path.read_bytes()
    with sqlite3.connect(home / "records.db") as records:
        texts["records, as SQL"] = "\n".join(records.iterdump()).encode()
    return [
        f"{place}: {name}"
        for place, text in texts.items()
        for name, form in forms().items()
        if form in text or form in text.replace(b"\\\\", b"\\")  # JSON within JSON
    ]
