"""What pydantic finds wrong, as sentences with file, line and column.

``validate`` checks a part of a YAML source against a model. Each fault becomes one problem at the
key or value that causes it, with the valid values and the nearest one. Where a value may be one of
several things, only the faults of the nearest alternative are told.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from workbench.errors import Problem, WorkbenchError
from workbench.spec.yaml_source import Keys, Source

Model = TypeVar("Model", bound=BaseModel)

_LIST, _MAPPING = "a list, [a, b]", "a mapping, {key: value}"
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number", "int_parsing": "a whole number",
    "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number",
    "decimal_type": "a number", "decimal_parsing": "a number",
    "bool_type": "true or false", "bool_parsing": "true or false",
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "dict_type": _MAPPING, "mapping_type": _MAPPING, "model_type": _MAPPING,
    "model_attributes_type": _MAPPING, "none_required": "empty",
    "date_type": "a date, 2024-01-31", "date_from_datetime_parsing": "a date, 2024-01-31",
    "datetime_type": "a time, 2024-01-31 08:00:00",
    "datetime_from_date_parsing": "a time, 2024-01-31 08:00:00",
}  # fmt: skip


class _Fault(NamedTuple):
    """One error of pydantic: the path in the data, and the alternative that it speaks of."""

    keys: Keys
    split: int | None
    branch: str
    error: Mapping[str, Any]


def validate(
    model: type[Model], data: Any, source: Source, keys: Keys, problems: list[Problem], *,
    hidden: Collection[str] = (),
) -> Model | None:  # fmt: skip
    """``data``, which stands at ``keys`` in the source, as a ``model``; else ``None`` and problems.

    Values of keys that are ``hidden`` (they may be secrets) stay out of the messages.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for fault, expected in _nearest(_faults(error, data)):
            problems.append(_problem(fault, expected, model, data, source, keys, hidden))
    except WorkbenchError as error:
        message, remedy = advised(error.message, str(keys[-1]) if keys else "", "")
        problems.append(source.problem(keys, message, error.remedy or remedy, at="key"))
    return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def advised(message: str, name: str, about: str) -> tuple[str, str]:
    """A message and its remedy: what stands behind its semicolon, else what the key means."""
    head, _, advice = message.partition("; ")
    if advice and not advice.startswith("did you mean"):
        return head, advice
    return message, f"{name}: {about}" if about else f"mend {name!r}" if name else "mend the spec"


def listed(label: str, known: Collection[str], name: str = "") -> str:
    """``"label: a, b, c"``; of very many names those nearest to ``name``."""
    names = sorted(known)
    if len(names) > 30:
        near = difflib.get_close_matches(name, names, n=6, cutoff=0.3)
        return f"{label}: {', '.join(near or names[:6])}, … ({len(names)} in all)"
    return f"{label}: {', '.join(names) or 'none'}"


def describe(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {value if len(value) <= 60 else value[:57] + '…'!r}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _faults(error: ValidationError, data: Any) -> list[_Fault]:
    """Errors with the path in the data apart from the tags that pydantic puts into ``loc``."""
    faults = []
    for each in error.errors(include_url=False):
        keys: list[str | int] = []
        split, branch = None, ""
        here = data
        for position, part in enumerate(each["loc"]):
            inside: Any = (
                here if isinstance(here, Mapping)
                else dict(enumerate(here)) if isinstance(here, list | tuple) else {}
            )  # fmt: skip
            if part in inside:
                here = inside[part]
            elif each["type"] == "missing" and position == len(each["loc"]) - 1:
                pass
            else:
                if split is None:
                    split, branch = len(keys), str(part)
                continue
            keys.append(part)
        faults.append(_Fault(tuple(keys), split, branch, each))
    return faults


def _nearest(faults: list[_Fault]) -> list[tuple[_Fault, str]]:
    """The faults to tell; with them what would have been right, where alternatives are merged."""
    groups: dict[tuple[Keys, bool], dict[str, list[_Fault]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for fault in faults:
        whole = fault.split is None
        at = fault.keys if whole else fault.keys[: fault.split]
        groups[at, whole][fault.branch].append(fault)
    told: list[tuple[_Fault, str]] = []
    for (at, whole), branches in groups.items():
        if whole or len(branches) == 1:
            told += [(fault, "") for each in branches.values() for fault in each]
            continue
        shallow = [
            each for each in branches.values()
            if all(f.keys == at and _expected(f.error) for f in each)
        ]  # fmt: skip
        deep = [each for each in branches.values() if each not in shallow]
        if deep:
            told += [(fault, "") for fault in min(deep, key=len)]
        else:
            words = dict.fromkeys(_expected(each[0].error) for each in shallow)
            literal = [e[0] for e in shallow if e[0].error["type"] == "literal_error"]
            told.append(((literal or [shallow[0][0]])[0], ", or ".join(words)))
    return told


def _expected(error: Mapping[str, Any]) -> str:
    """What a value of another kind would have to be, in words; empty for faults of other sorts."""
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"])
    return _EXPECTED.get(error["type"], "")


def _problem(
    fault: _Fault, expected: str, model: type[BaseModel], data: Any, source: Source,
    keys: Keys, hidden: Collection[str],
) -> Problem:  # fmt: skip
    error, path = fault.error, (*keys, *fault.keys)
    kind, context = error["type"], error.get("ctx", {})
    value = error.get("input")
    name = str(path[-1]) if path else ""
    hide = any(str(key) in hidden for key in path)
    if kind == "extra_forbidden":
        known = _fields(model, error["loc"][:-1])
        near = did_you_mean(name, known)
        return source.problem(path, f"unknown key {name!r}{near}",
                              listed("valid keys", known, name), at="key")  # fmt: skip
    if kind == "missing":
        meaning = _fields(model, error["loc"][:-1]).get(name)
        remedy = f"write '{name}: …'" + (f" ({meaning})" if meaning else "")
        return source.problem(path[:-1], f"{name!r} is missing", remedy, at="key")
    label = f"{name!r}" if isinstance(path[-1] if path else 0, str) else "this"
    expected = expected or _expected(error)
    if kind == "literal_error":
        valid = [each for each in str(context["expected"]).split("'")[1::2] if each]
        shown = "this value" if hide else repr(value)
        near = did_you_mean(value, valid) if isinstance(value, str) and not hide else ""
        return source.problem(path, f"{label} cannot be {shown}{near}", f"valid: {expected}")
    if expected:
        is_what = "another kind of value" if hide else describe(value)
        remedy = f"write {expected}"
        if expected == "text" and isinstance(value, int | float) and not hide:
            remedy = f'put quotes round it: "{str(value).lower()}"'
        elif expected == _LIST and isinstance(value, str) and not hide:
            remedy = f"write it in brackets: [{value}]"
        return source.problem(path, f"{label} should be {expected}, but is {is_what}", remedy)
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind not in ("value_error", "fault"):
        message = message.replace("Input should", "should").replace("Input", "the value")
        message = f"{label}: {message[:1].lower()}{message[1:]}"
    told: str | None = context.get("remedy")
    if told is None:
        message, told = advised(message, name, _about(model, error["loc"]))
    at = "key" if "[key]" in error["loc"] else "value"
    return source.problem(path, message, told, at=at)


def _about(model: type[BaseModel], loc: tuple[Any, ...]) -> str:
    """The description of the field that an error stands at."""
    names = [part for part in loc if isinstance(part, str)]
    return _fields(model, loc[: loc.index(names[-1])]).get(names[-1], "") if names else ""


def _fields(model: type[BaseModel], loc: tuple[Any, ...]) -> dict[str, str]:
    """The valid keys at ``loc`` within the model, with their descriptions."""
    here: list[Any] = [model]
    for part in loc:
        found = [each for place in here for each in _descend(place, part)]
        named = [each for place in here for each in _models(place) if each.__name__ == part]
        here = found or named or here
    return {
        field.alias or name: field.description or ""
        for place in here
        for each in _models(place)
        for name, field in each.model_fields.items()
    }


def _alternatives(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [each for option in get_args(annotation) for each in _alternatives(option)]
    return [annotation]


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [
        each for each in _alternatives(annotation)
        if isinstance(each, type) and issubclass(each, BaseModel)
    ]  # fmt: skip


def _descend(annotation: Any, part: str | int) -> list[Any]:
    """The annotations one step further in; none if ``part`` is not a key there."""
    found: list[Any] = []
    for each in _alternatives(annotation):
        origin, arguments = get_origin(each), get_args(each)
        if isinstance(each, type) and origin is None and issubclass(each, BaseModel):
            found += [
                field.annotation for name, field in each.model_fields.items()
                if part in (name, field.alias)
            ]  # fmt: skip
        elif isinstance(part, int) and arguments and origin is not typing.Literal:
            found.append(arguments[0])
        elif isinstance(part, str) and isinstance(origin, type) and issubclass(origin, Mapping):
            found.append(arguments[1])
    return found
