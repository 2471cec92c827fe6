"""A secret that is looked for in all that is kept."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
from pathlib import Path
from typing import Any
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


def forms(canary: str = CANARY) -> dict[str, bytes]:
    """The canary as it may be written."""
    raw = canary.encode()
    return {
        "plain": raw,
        "as JSON": json.dumps(canary)[1:-1].encode(),
        "as JSON in UTF-8": json.dumps(canary, ensure_ascii=False)[1:-1].encode(),
        "quoted": quote(canary, safe="").encode(),
        "quoted with slashes": quote(canary).encode(),
        "quoted with plus": quote_plus(canary).encode(),
        **{
            # the first and last characters depend on what stands beside it
            f"base64 {shift}": base64.b64encode(b"x" * shift + raw).rstrip(b"=")[4:-2]
            for shift in range(3)
        },
    }


def draw(chance: random.Random) -> str:
    """Another canary: letters, what has a meaning in URLs, JSON and patterns, other alphabets."""
    alphabet = "abcXYZ019" + "+/=&%#?@:;" + "\"'\\$.*[]{}()^|<>" + "üßñ€名 "
    return "c" + "".join(chance.choice(alphabet) for _ in range(chance.randrange(10, 30))) + "y"


def found_in(
    home: Path, said: str = "", *, canary: str = CANARY, database: str = "", redis: Any = None
) -> list[str]:
    """Where the canary stands: in a file below the home, in a cell of the records, in a key or
    value of Redis, or in what was said."""
    texts = {"what was said": said.encode()}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            texts[str(path.relative_to(home))] = path.read_bytes()
    if (home / "records.db").exists():
        with sqlite3.connect(home / "records.db") as records:
            texts["records, as SQL"] = "\n".join(records.iterdump()).encode()
    if database:
        texts["records, as rows"] = _rows(database)
    if redis is not None:
        texts["redis"] = b"\n".join(
            key + b" " + (redis.dump(key) or b"") + repr(_value(redis, key)).encode()
            for key in redis.scan_iter("*")
        )
    return [
        f"{place}: {name}"
        for place, text in texts.items()
        for name, form in forms(canary).items()
        if form in text or form in text.replace(b"\\\\", b"\\")  # JSON within JSON
    ]


def _rows(database: str) -> bytes:
    """Every row of every table, as text."""
    import psycopg

    with psycopg.connect(database) as connection:
        names = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            str(row[0])
            for (name,) in names
            for row in connection.execute(f"SELECT t::text FROM {name} t").fetchall()  # type: ignore[arg-type]
        ]
    return "\n".join(rows).encode()


def _value(redis: Any, key: bytes) -> Any:
    kind = redis.type(key)
    if kind == b"stream":
        return redis.xrange(key)
    if kind == b"hash":
        return redis.hgetall(key)
    return redis.lrange(key, 0, -1) if kind == b"list" else None
