"""JSON Schemas of the specs, for editors: completion, help and faults while a spec is written.

They are made from the models that the loader validates with, so they know every registered source,
transform, destination and expectation. The loader knows more than a schema can say (columns,
references between files, expressions); it stays the judge.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from workbench.model.result import Severity
from workbench.registry import Kind, expectation_catalog, find, names
from workbench.spec.connections import ConnectionSpec, is_secret
from workbench.spec.models import DatasetSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

#: The key that names a source's type by itself, so that ``type`` may be left out.
_TELLING = {"files": "path", "dataset": "dataset"}
_REFERENCE = r"\$\{(env|file):[^}]+\}"
_SEVERITIES = {
    "stop": "nothing is published",
    "quarantine": "the rows that fail are set aside",
    "warn": "it is recorded and shown",
}


def json_schema(kind: Literal["dataset", "connection"]) -> Schema:
    """The JSON Schema (draft 2020-12) of dataset or connection specs."""
    return _dataset() if kind == "dataset" else _connection()


def _dataset() -> Schema:
    sources = _options("sources")
    transforms = _options("transforms")
    catalog = expectation_catalog()
    expectations: dict[str, type[BaseModel]] = catalog.MODELS
    of, definitions = _definitions(
        DatasetSpec, *sources.values(), *transforms.values(), *expectations.values()
    )
    schema = of(DatasetSpec)
    properties = schema["properties"]
    properties["source"] = {
        "description": properties["source"]["description"],
        "anyOf": [_source(name, of(model)) for name, model in sources.items()],
    }
    enabled = {"type": "boolean", "default": True, "description": "false leaves it out of runs"}
    _fill(properties["transforms"], {
        name: _extended(of(model), {"enabled": enabled}, _takes_nothing(model))
        for name, model in transforms.items()
    })  # fmt: skip
    _fill(properties["expectations"], {
        name: _extended(
            of(model),
            {"severity": _severity(catalog.can_quarantine(name)), "enabled": enabled},
            _takes_nothing(model),
        )
        for name, model in expectations.items()
    })  # fmt: skip
    properties["targets"]["type"] = ["array", "null"]
    properties["params"]["additionalProperties"] = False
    target = definitions["TargetSpec"]["properties"]
    for name in ("table", "strategy"):  # what they default to depends on the dataset
        target[name].pop("default", None)
    return _finished("A dataset spec", schema, definitions)


def _connection() -> Schema:
    options = _options("destinations")
    of, definitions = _definitions(ConnectionSpec, *options.values())
    head = of(ConnectionSpec)
    branches = []
    for name, model in options.items():
        own = of(model)
        kind = {"const": name, "description": own.get("description", "")}
        fields = {
            field: _referable(each, is_secret(field, model))
            for field, each in own["properties"].items()
        }
        branches.append({
            "properties": fields | head["properties"] | {"type": kind},
            "required": [*head["required"], *own.get("required", ())],
            "additionalProperties": False,
        })  # fmt: skip
    # the names stand outside the branches too, where editors look for what may be written
    schema = {
        "type": "object",
        "description": head["description"],
        "properties": head["properties"]
        | {"type": head["properties"]["type"] | {"enum": list(options)}},
        "required": head["required"],
        "anyOf": branches,
    }
    return _finished("A connection spec", schema, definitions)


def _options(kind: Kind) -> dict[str, type[BaseModel]]:
    """The option models of a kind by name; those whose library is not installed are left out."""
    found = {}
    for name in names(kind):
        try:
            found[name] = find(kind, name).Options
        except ImportError:
            continue
    return found


def _definitions(*models: type[BaseModel]) -> tuple[Any, dict[str, Schema]]:
    """A function from a model to its own copy of its schema, and the definitions they share."""
    distinct = dict.fromkeys(models)
    found, shared = models_json_schema([(model, "validation") for model in distinct])
    definitions: dict[str, Schema] = shared.get("$defs", {})
    for definition in definitions.values():
        for each in (definition, *definition.get("properties", {}).values()):
            each.pop("title", None)  # names of classes and repeated keys help nobody

    def of(model: type[BaseModel]) -> Schema:
        name = found[model, "validation"]["$ref"].rpartition("/")[2]
        schema = definitions[name]
        return schema | {"properties": dict(schema.get("properties", {}))}

    return of, definitions


def _source(name: str, options: Schema) -> Schema:
    """The options of a source with its ``type``, which some other key may tell."""
    kind = {"const": name, "description": options.get("description", "")}
    required = list(options.get("required", ()))
    if _TELLING.get(name) not in required:
        required.append("type")
    return options | {"properties": {"type": kind} | options["properties"] | {"type": kind},
                      "required": required}  # fmt: skip


def _fill(target: Schema, known: Mapping[str, Schema]) -> None:
    """A list whose items are names with options: mappings of one key, or bare names."""
    bare = [name for name, schema in known.items() if "null" in schema["type"]]
    mapping = {
        "type": "object",
        "properties": dict(known),
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    target["type"] = ["array", "null"]
    target["items"] = {"anyOf": [mapping, {"enum": bare}]} if bare else mapping


def _extended(options: Schema, more: Schema, empty: bool) -> Schema:
    return options | {
        "type": ["object", "null"] if empty else "object",
        "properties": options["properties"] | more,
    }


def _takes_nothing(model: type[BaseModel]) -> bool:
    """Whether the name may stand without options."""
    try:
        model.model_validate({})
    except ValidationError:
        return False
    return True


def _severity(can_quarantine: bool) -> Schema:
    usable = [each for each in get_args(Severity) if each != "quarantine" or can_quarantine]
    meaning = "; ".join(f"{each}: {_SEVERITIES[each]}" for each in usable)
    return {"enum": usable, "default": "stop", "description": f"what a failure means. {meaning}"}


def _referable(field: Schema, secret: bool) -> Schema:
    """An option of a connection, which may be a reference; a secret must be one."""
    if secret:
        return {
            "type": "string",
            "pattern": rf"^\s*({_REFERENCE}\s*)*$",
            "description": field.get("description", ""),
        }
    kept = {key: each for key, each in field.items() if key in ("description", "default")}
    value = {key: each for key, each in field.items() if key not in kept}
    values = value.get("anyOf", [value])
    if any(each.get("type") == "string" and "enum" not in each for each in values):
        return field
    return kept | {"anyOf": [*values, {"type": "string", "pattern": _REFERENCE}]}


def _finished(title: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema with those definitions that it reaches, and its texts as Markdown."""
    reached: dict[str, Schema] = {}
    waiting = [*_references(schema)]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = definitions[name]
            waiting += _references(definitions[name])
    about = schema["description"].partition("\n\n")[0]  # the rest is about the class
    whole = {"$schema": DIALECT, "title": title, **schema, "description": about}
    if reached:
        whole["$defs"] = dict(sorted(reached.items()))
    worded: Schema = _worded(whole)
    return worded


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from _references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _worded(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: inspect.cleandoc(each).replace("``", "`")
            if key == "description" and isinstance(each, str) else _worded(each)
            for key, each in schema.items()
        }  # fmt: skip
    return [_worded(each) for each in schema] if isinstance(schema, list) else schema
