"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Iterable

import click

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def parse_params(given: Iterable[str]) -> dict[str, str]:
    """``k=v`` texts as a dictionary; a text without ``=`` is a usage error."""
    params: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier() or name.startswith("_"):
            raise click.UsageError(f"--param {text!r}: expected NAME=VALUE, as in year=2024")
        params[name] = value
    return params
