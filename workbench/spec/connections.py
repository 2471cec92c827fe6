"""Connections: where targets are, with secrets by reference.

``${env:NAME}`` and ``${file:path}`` stand for a secret. They are resolved only when a connection
is used, so neither a spec, a plan, a record nor a ``repr`` ever holds a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.config import Settings
from workbench.errors import ConfigError, Problem
from workbench.registry import find, names
from workbench.spec.models import Identifier
from workbench.spec.problems import describe, did_you_mean, listed, validate
from workbench.spec.yaml_source import Keys, Source

REFERENCE = re.compile(r"\$\{(env|file):([^}]*)\}")
WAREHOUSE = "warehouse"

_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|pwd|secret|token|credential|api_?key|private_key)"
)
_URL_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@:]*:(?!\$\{(?:env|file):)[^\s/@]+@", re.I)
_MAX_SECRET = 65_536


class ConnectionSpec(BaseModel):
    """What every connection says; the other keys are options of its type."""

    model_config = ConfigDict(frozen=True, extra="allow")

    connection: Identifier = Field(description="the connection's name, unique in the project")
    type: str = Field(description="the type of destination: duckdb, postgres, parquet…")
    title: str = Field(default="", description="a name for readers")
    description: str = Field(default="", description="what it is")
    owner: str = Field(default="", description="who answers for it")


@dataclass(frozen=True)
class SecretRef:
    """A reference to a secret: an environment variable or a file. Never holds the secret."""

    kind: str
    name: str
    file: str
    line: int

    def resolve(self, project: Path, environ: Mapping[str, str] | None = None) -> str:
        """The secret; ``ConfigError`` names the variable or file, and where it is referred to."""
        where = f"{self.file}:{self.line}"
        if self.kind == "env":
            value = (os.environ if environ is None else environ).get(self.name)
            if value is None:
                raise ConfigError(
                    f"the environment variable {self.name} is not set",
                    where=where,
                    remedy=f"set it where the workbench and its workers start: {self.name}=…",
                )
            return value
        path = project / Path(self.name).expanduser()
        try:
            with path.open(encoding="utf-8") as stream:
                text = stream.read(_MAX_SECRET + 1)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigError(
                f"the secret file {self.name} cannot be read: {reason}",
                where=where,
                remedy="check the path (relative to the project folder) and the permissions",
            ) from None
        if len(text) > _MAX_SECRET:
            raise ConfigError(
                f"the secret file {self.name} is larger than {_MAX_SECRET:,} characters",
                where=where,
                remedy="a secret file holds the secret and nothing else",
            )
        return text.rstrip("\r\n")


@dataclass(frozen=True)
class Connection:
    """A named connection. ``options`` are as written: with references, without secrets."""

    name: str
    type: str
    options: dict[str, Any]
    project: Path
    file: str = ""
    title: str = ""
    description: str = ""
    owner: str = ""
    lines: dict[Keys, int] = field(default_factory=dict, repr=False, compare=False)

    def references(self) -> tuple[SecretRef, ...]:
        """The references to secrets, in the order in which they are written."""
        return tuple(
            SecretRef(match[1], match[2], self.file, self.lines.get(keys, 1))
            for keys, text in _texts(self.options)
            for match in REFERENCE.finditer(text)
        )

    def secrets(self, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The secrets themselves, so that outputs can be scrubbed; those not set are left out."""
        found = []
        for reference in self.references():
            try:
                found.append(reference.resolve(self.project, environ))
            except ConfigError:
                continue
        return tuple(dict.fromkeys(secret for secret in found if secret))

    def resolve(self, settings: Settings, environ: Mapping[str, str] | None = None) -> Any:
        """The options of the destination, secrets resolved: use them at once, keep them nowhere.

        A relative ``path`` is made absolute within the project folder. ``ConfigError`` if a
        secret is missing or the resolved options are not valid; it never shows a value.
        """
        cache = {(ref.kind, ref.name): ref.resolve(settings.project, environ)
                 for ref in self.references()}  # fmt: skip
        data = _replace(self.options, cache)
        path = data.get("path")
        if isinstance(path, str) and "://" not in path:
            data["path"] = str(settings.project / Path(path).expanduser())
        options: type[BaseModel] = find("destinations", self.type).Options
        try:
            return options.model_validate(_typed(options, self.type, data))
        except ValidationError as error:
            first = error.errors(include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"connection {self.name!r}: option {place!r} is not valid once its references "
                "are resolved",
                where=self.file or None,
                remedy=f"check the value behind it: it has the wrong form ({first['type']})",
            ) from None


def warehouse(settings: Settings) -> Connection:
    """The built-in connection: a DuckDB file in the home folder."""
    return Connection(
        name=WAREHOUSE,
        type="duckdb",
        options={"path": str(settings.path("warehouse.duckdb"))},
        project=settings.project,
        title="Warehouse",
        description="The embedded DuckDB warehouse in the home folder.",
    )


def read_connection(source: Source, project: Path, problems: list[Problem]) -> Connection | None:
    """The connection that a YAML source describes; faults are added to ``problems``."""
    data = source.data
    if not isinstance(data, dict):
        problems.append(
            source.problem((), "a connection spec is a mapping, but this is " + describe(data),
                           "begin with 'connection: NAME' and 'type: TYPE'")
        )  # fmt: skip
        return None
    before = len(problems)
    head = {key: each for key, each in data.items() if key in ConnectionSpec.model_fields}
    options = {key: each for key, each in data.items() if key not in head}
    spec = validate(ConnectionSpec, head, source, (), problems)
    kind = data.get("type")
    model = _model(kind, source, problems) if isinstance(kind, str) else None
    for keys, text in _texts(options):
        _check_secret(keys, text, model, source, problems)
    secrets = {name for name in options if is_secret(name, model)}
    for name in sorted(secrets):
        if not isinstance(options[name], str | None):
            problems.append(_plain_secret(source, (name,)))
    if model is not None and isinstance(kind, str):
        found: list[Problem] = []
        validate(model, _typed(model, kind, options), source, (), found, hidden=secrets)
        problems += [each for each in found if not _is_settled(each, options, secrets, source)]
    if spec is None or len(problems) > before:
        return None
    return Connection(
        name=spec.connection, type=spec.type, options=options, project=project, file=source.file,
        title=spec.title, description=spec.description, owner=spec.owner,
        lines={keys: place.value[0] for keys, place in source.places.items()},
    )  # fmt: skip


def is_secret(name: str, model: type[BaseModel] | None) -> bool:
    """Whether an option of a connection holds a secret: by its type, or by its name."""
    option = model.model_fields.get(name) if model else None
    return "SecretStr" in repr(option) or bool(_SECRET_NAME.search(name.lower()))


def _model(kind: str, source: Source, problems: list[Problem]) -> type[BaseModel] | None:
    known = names("destinations")
    if kind not in known:
        near = did_you_mean(kind, known)
        problems.append(
            source.problem(("type",), f"unknown connection type {kind!r}{near}",
                           listed("known types", known))
        )  # fmt: skip
        return None
    try:
        options: type[BaseModel] = find("destinations", kind).Options
    except ImportError as error:
        problems.append(
            source.problem(("type",), f"connection type {kind!r} cannot be used here: {error}",
                           f"install what it needs: pip install 'data-workbench[{kind}]'")
        )  # fmt: skip
        return None
    return options


def _typed(model: type[BaseModel], kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, **data} if "type" in model.model_fields else data


def _check_secret(
    keys: Keys, text: str, model: type[BaseModel] | None, source: Source, problems: list[Problem]
) -> None:
    rest = REFERENCE.sub("", text)
    for match in re.finditer(r"\$\{([^}]*)\}?", rest):
        problems.append(
            source.problem(keys, f"{match[0]} is not a reference to a secret",
                           "write ${env:NAME} or ${file:path}")
        )  # fmt: skip
    for _, name in REFERENCE.findall(text):
        if not name.strip():
            problems.append(source.problem(keys, "a reference without a name", "write ${env:NAME}"))
    name = str(keys[-1])
    secret = is_secret(name, model)
    if (secret and rest.strip()) or _URL_PASSWORD.search(text):
        problems.append(_plain_secret(source, keys))


def _plain_secret(source: Source, keys: Keys) -> Problem:
    name = str(keys[-1])
    return source.problem(
        keys, f"{name!r} holds a secret, and specs hold no secrets",
        f"refer to it: ${{env:{name.upper()}}} or ${{file:path}}",
    )  # fmt: skip


def _is_settled(
    problem: Problem, options: dict[str, Any], secrets: set[str], source: Source
) -> bool:
    """Whether a value is known only when its reference is resolved, or was complained of before."""
    return any(
        source.places[keys].value == (problem.line, problem.column)
        for keys, text in _texts(options)
        if REFERENCE.search(text)
    ) or any(
        source.places[name,].value == (problem.line, problem.column)
        for name in secrets
        if not isinstance(options[name], str | None)
    )


def _texts(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*keys, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*keys, index))


def _replace(value: Any, secrets: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: secrets[match[1], match[2]], value)
    if isinstance(value, dict):
        return {key: _replace(each, secrets) for key, each in value.items()}
    return [_replace(each, secrets) for each in value] if isinstance(value, list) else value
