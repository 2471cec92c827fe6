"""The spec reference, generated from the models, so that it never says what they do not.

``python -m workbench.publish.reference [FILE]`` writes it (default: standard output). Everything
comes from where it is defined: fields with their types, defaults and descriptions, the docstrings
of sources, transforms and destinations, the arguments of expectations, the functions allowed in
expressions.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from workbench import registry
from workbench.publish.reference_examples import EXAMPLES
from workbench.publish.reference_words import (
    EXPECTATIONS,
    EXPRESSIONS,
    INTRODUCTION,
    KIND_WORDS,
    TYPES,
)
from workbench.quality import catalog
from workbench.spec.expressions import FUNCTIONS
from workbench.spec.models import DatasetSpec

#: Models of selections of columns, which are told once.
_TOLD = ("Pattern", "Except")
_SELECTION = "[selection](#transforms)"

#: Fields whose schema is told in a section of its own.
_ELSEWHERE = {
    "source": "[source](#sources)",
    "transforms": "list of [transforms](#transforms)",
    "expectations": "list of [expectations](#expectations)",
}


def text() -> str:
    """The whole reference as Markdown."""
    parts = [
        INTRODUCTION,
        *_model(DatasetSpec, "Dataset", 2, instead=_ELSEWHERE, docs=False),
        TYPES,
    ]
    for kind in get_args(registry.Kind):
        parts += [f"## {kind.capitalize()}", KIND_WORDS[kind]]
        for name in registry.names(kind):
            parts += _extension(kind, name, registry.find(kind, name))
    parts += [EXPRESSIONS, _functions(), EXPECTATIONS, *_expectations()]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: code in single backticks, indented examples as YAML blocks."""
    lines = inspect.cleandoc(docstring or "").replace("``", "`").splitlines()
    out: list[str] = []
    block: list[str] = []
    in_block = False
    for line in [*lines, "end"]:
        if in_block and (not line.strip() or line.startswith(" ")):
            block.append(line)
            continue
        if in_block:
            out += ["```yaml", *inspect.cleandoc("\n".join(block)).splitlines(), "```", ""]
            block, in_block = [], False
        if line.endswith("::"):
            out.append("" if line == "::" else line[:-1])
            out.append("")
            in_block = True
        else:
            out.append(line)
    return "\n".join(out[:-1]).strip()


def _extension(kind: str, name: str, module: Any) -> Iterator[str]:
    yield f"### {name}"
    yield prose(module.__doc__)
    if example := EXAMPLES.get((kind, name)):
        yield f"```yaml\n{example.strip()}\n```".replace("\n---\n", "\n\n")
    yield from _model(module.Options, name, 4, titled=False)


def _model(
    model: type[BaseModel],
    name: str,
    level: int,
    *,
    instead: Mapping[str, str] | None = None,
    titled: bool = True,
    docs: bool = True,
) -> Iterator[str]:
    """A model's docstring and table of fields, and then those of the models within it."""
    schema = model.model_json_schema(by_alias=True)
    inner = schema.pop("$defs", {})
    reached = dict.fromkeys(_reached(schema, inner, skip=tuple(instead or ())))
    if titled:
        yield f"{'#' * level} {name}"
    if docs:
        yield _docs(model)
    yield _table(schema, inner, name, instead or {})
    for each in reached:
        if "properties" in inner[each]:
            yield f"{'#' * (level + titled)} {_title(name, each)}"
            yield prose(inner[each].get("description"))
            yield _table(inner[each], inner, name, {})


def _docs(model: type[BaseModel]) -> str:
    """The class's own docstring; one that was inherited says nothing about it."""
    return prose(model.__dict__.get("__doc__"))


def _title(owner: str, inner: str) -> str:
    """A heading that is unique in the document, so that links find it."""
    return f"{owner}: {inner.removesuffix('Options').removesuffix('Spec') or inner}"


def anchor(title: str) -> str:
    """The link to a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _reached(schema: Any, inner: Mapping[str, Any], skip: Iterable[str] = ()) -> Iterator[str]:
    """Names of all models that a schema refers to, in the order in which they are met."""
    seen: set[str] = set()

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if reference := value.get("$ref"):
                name = reference.rpartition("/")[2]
                if name not in seen and name not in _TOLD:
                    seen.add(name)
                    yield name
                    yield from walk(inner[name])
            for each in value.values():
                yield from walk(each)
        elif isinstance(value, list):
            for each in value:
                yield from walk(each)

    fields = {k: v for k, v in schema.get("properties", {}).items() if k not in skip}
    yield from walk(fields)


def _table(
    schema: Mapping[str, Any], inner: Mapping[str, Any], owner: str, instead: Mapping[str, str]
) -> str:
    rows = []
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        words = instead.get(name) or _words(field, inner, owner)
        default = "**required**" if name in required else _default(field)
        rows.append(f"| `{name}` | {words} | {default} | {_cell(field.get('description', ''))} |")
    if not rows:
        return "It takes no options."
    return "\n".join(["| field | value | default | meaning |", "|---|---|---|---|", *rows])


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    """Text for a cell of a table: one line, no bars, no tags."""
    line = " ".join(prose(text).split()).replace("|", "\\|")
    return re.sub(r"(`[^`]*`|\\\|)|([<*\\])", lambda match: match[1] or f"\\{match[2]}", line)


def _words(field: Mapping[str, Any], inner: Mapping[str, Any], owner: str) -> str:
    """What a field takes, in words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        if "properties" in inner[name]:
            title = _title(owner, name)
            return f"[{title.partition(': ')[2]}](#{anchor(title)})"
        return _words(inner[name], inner, owner)
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " · ".join(f"`{value}`" if value != " " else '`" "`' for value in field["enum"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in field:
            if any(each.get("$ref", "").endswith("/Except") for each in field[union]):
                return _SELECTION
            words = [_words(each, inner, owner) for each in field[union]]
            return " or ".join(dict.fromkeys(word for word in words if word != "null"))
    return _simple(field, inner, owner)


def _simple(field: Mapping[str, Any], inner: Mapping[str, Any], owner: str) -> str:
    kind = field.get("type")
    if kind == "array" and field.get("maxItems") == 0:
        return "`[]`"
    if kind == "array":
        items = field.get("items") or {"anyOf": field.get("prefixItems", [])}
        return f"list of {_words(items, inner, owner) or 'values'}"
    if kind == "object":
        values = field.get("additionalProperties") or next(
            iter(field.get("patternProperties", {}).values()), None
        )
        return f"name: {_words(values, inner, owner)}" if isinstance(values, dict) else "mapping"
    word = {"string": "text", "boolean": "true · false"}.get(str(kind), str(kind or "any value"))
    bounds = [
        f"{sign} {field[name]}"
        for name, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if name in field
    ]
    return " ".join([word, *bounds])


def _functions() -> str:
    rows = [f"| `{_cell(usage)}` | {_cell(meaning)} |" for usage, meaning in FUNCTIONS.values()]
    return "\n".join(["| function | meaning |", "|---|---|", *rows])


def _expectations() -> Iterator[str]:
    groups = {
        "Of rows": catalog.ROWS,
        "Of columns and the table": catalog.COMPILED - catalog.ROWS,
        "Evaluated by Great Expectations": frozenset(catalog.MODELS) - catalog.COMPILED,
    }
    for title, members in groups.items():
        yield f"### {title}"
        for name in sorted(members):
            yield from _model(catalog.MODELS[name], name, 4)


def main(arguments: list[str] | None = None) -> None:
    """Write the reference to the file named by the only argument, else to standard output."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments:
        Path(arguments[0]).write_text(text(), encoding="utf-8")
    else:
        sys.stdout.write(text())


if __name__ == "__main__":
    main()
