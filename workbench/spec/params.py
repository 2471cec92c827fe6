"""Parameters of a run: declared in the spec, given as text, used as typed literals.

A spec declares ``params: {year: {type: integer, default: 2024}}``. In the source's texts
``${param:year}`` stands for the value; in expressions ``:year`` does. A value never becomes code:
it is a literal there, and plain text in a path.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from workbench.errors import ConfigError
from workbench.model.value import Options

#: Longest text of a value.
LONGEST = 10_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
REFERENCE = re.compile(r"\$\{param:([^}]*)\}")


class ParamSpec(Options):
    """A parameter: its ``type``, ``default`` (without one it must be given) and description."""

    type: Literal["text", "integer", "decimal", "number", "boolean", "date", "timestamp"] = Field(
        default="text", description="the type that its text is read as"
    )
    default: str | int | float | bool | None = Field(
        default=None, description="without a default it must be given to every run"
    )
    description: str = Field(default="", description="what it is for")

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.default is not None:
            self.value()
        return self

    def value(self, given: Any = None) -> Any:
        """``given`` (or the default) as a value of the type; ``ValueError`` says what is wrong."""
        raw = self.default if given is None else given
        if isinstance(raw, bool):
            text = "true" if raw else "false"
        else:
            text = str(raw).strip() if self.type != "text" else str(raw)
        if len(text) > LONGEST:
            raise ValueError(f"{len(text):,} characters; at most {LONGEST:,} can be given")
        if control := _CONTROL.search(text):
            raise ValueError(f"it holds the control character {control[0]!r}; remove it")
        try:
            return _CASTS[self.type](text)
        except (ValueError, KeyError, InvalidOperation):
            raise ValueError(
                f"{text!r} does not read as {self.type}; write it like {_EXAMPLES[self.type]}"
            ) from None


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


def _integer(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    return float(_decimal(text))


_CASTS: dict[str, Any] = {
    "text": str,
    "integer": _integer,
    "decimal": _decimal,
    "number": _number,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}
_EXAMPLES = {
    "text": "word", "integer": "2024", "decimal": "0.19", "number": "1.5", "boolean": "true",
    "date": "2024-01-31", "timestamp": "2024-01-31 08:00:00",
}  # fmt: skip


def bind_values(
    declared: Mapping[str, ParamSpec], given: Mapping[str, Any], *, where: str
) -> dict[str, Any]:
    """Typed values for all declared parameters; ``ConfigError`` names the first that is wrong."""
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            known = ", ".join(declared) or "none"
            raise ConfigError(
                f"unknown parameter {name!r}{hint}",
                where=where,
                remedy=f"parameters of this dataset: {known}",
            )
    values = {}
    for name, param in declared.items():
        if given.get(name) is None and param.default is None:
            raise ConfigError(
                f"the parameter {name!r} is not given and has no default",
                where=where,
                remedy=f"give it: --param {name}=VALUE, or write a default in the spec",
            )
        try:
            values[name] = param.value(given.get(name))
        except ValueError as error:
            raise ConfigError(
                f"parameter {name!r}: {error}", where=where, remedy=f"--param {name}=VALUE"
            ) from None
    return values


def references(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """All ``${param:name}`` in nested plain data, as pairs of path and name."""
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            yield path, match[1]
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from references(each, (*path, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from references(each, (*path, index))


def bind_source(source: Any, values: Mapping[str, Any], *, where: str) -> Any:
    """The options of a source with ``${param:name}`` replaced; ``ConfigError`` if they break.

    A value may not hold what would make it another path or a pattern.
    """
    raw = source.model_dump(by_alias=True, exclude_unset=True)
    used = {name for _, name in references(raw)}
    if not used:
        return source
    for name in used:
        text = _as_text(values.get(name, ""))
        if re.search(r"[\x00-\x1f/\\*?\[\]{}]|\.\.", text):
            raise ConfigError(
                f"parameter {name!r}: {text!r} cannot stand in the source",
                where=where,
                remedy="a value there has no / \\ * ? [ ] { } and no two dots in a row",
            )
    try:
        return type(source).model_validate(_substitute(raw, values))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"the source does not take these parameters: {first['msg']}",
            where=where,
            remedy=f"look at {'.'.join(map(str, first['loc']))} in the source",
        ) from None


def _substitute(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: _as_text(values.get(match[1], match[0])), value)
    if isinstance(value, Mapping):
        return {key: _substitute(each, values) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_substitute(each, values) for each in value]
    return value


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
