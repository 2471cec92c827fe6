"""Models of the parts of a dataset spec, and the kinds of text in them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from workbench.config import size_in_bytes
from workbench.model.result import Severity
from workbench.model.types import TYPE_NAMES, parse_type
from workbench.model.value import Options
from workbench.spec.problems import did_you_mean

Strategy = Literal["append", "truncate_insert", "delete_insert", "upsert"]

IDENTIFIER = r"[a-z][a-z0-9_]{0,62}"
_CRON = "five fields: minute hour day-of-month month day-of-week, such as '0 6 * * 1-5'"
_TYPE = rf"^\s*({'|'.join(TYPE_NAMES)}|decimal\(\d{{1,2}},\s*\d{{1,2}}\))\s*$"


def _identifier(text: str) -> str:
    if re.fullmatch(IDENTIFIER, text):
        return text
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    near = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:63]
    example = f", for example {near}" if re.fullmatch(IDENTIFIER, near) else ""
    raise _fault(
        f"{text!r} is not a usable name",
        f"use at most 63 lower-case letters a-z, digits and _, a letter first{example}",
    )


def _cron(text: str) -> str:
    count = len(text.split())
    if count != 5:
        raise _fault(f"a cron line has five fields, and this has {count}", _CRON)
    try:
        CronSim(text, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        reason = str(error)
        raise _fault(f"not a cron line: {reason[:1].lower()}{reason[1:]}", _CRON) from None
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(name, available_timezones())
        raise _fault(
            f"unknown time zone {name!r}{near}",
            "use a name of the IANA list, such as America/Santiago or UTC",
        ) from None
    return name


def _memory(text: str) -> str:
    try:
        size_in_bytes(text)
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise _fault(message, remedy) from None
    return text


def _fault(message: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{message}", {"message": message, "remedy": remedy})


def _logical_type(text: str) -> str:
    return str(parse_type(text))


#: A name for datasets, tables and connections that every database takes without quotes.
Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": f"^{IDENTIFIER}$"}),
]
#: A logical type as text, normalized: ``integer``, ``decimal(18,2)``.
TypeText = Annotated[
    str,
    AfterValidator(_logical_type),
    WithJsonSchema({"type": "string", "pattern": _TYPE, "examples": [*TYPE_NAMES]}),
]
#: An amount of memory as text, such as ``4GB``.
MemoryText = Annotated[
    str,
    AfterValidator(_memory),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*\d+(\.\d+)?\s*[MGTmgt][iI]?[Bb]?\s*$",
            "examples": ["4GB", "800MB"],
        }
    ),
]
ColumnName = Annotated[
    str, Field(min_length=1, max_length=255, json_schema_extra={"format": "column"})
]


class ColumnSpec(Options):
    """What a column means: ``description``, ``type`` where stated, glossary ``term``.

    ``mask`` keeps its values out of the portal, ``sample`` out of its sample rows only.
    """

    description: str = Field(default="", description="what the column means, for readers")
    type: TypeText | None = Field(default=None, description="text, integer, decimal(18,2), date…")
    term: str | None = Field(default=None, description="the glossary term that it stands for")
    mask: bool | None = Field(
        default=None,
        description="true: its values are personal or secret, and the portal never shows them; "
        "default: as the columns that it is made from",
    )
    sample: bool = Field(default=True, description="whether the portal's sample rows show it")


class TransformUse(BaseModel):
    """One transform of a spec: its registered ``name`` and validated ``options``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    options: SerializeAsAny[Options]
    enabled: bool = True


class ExpectationUse(Options):
    """One expectation: Great Expectations' name and arguments, and what a failure means."""

    name: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "stop"


class TargetSpec(Options):
    """Where a dataset is loaded.

    ``table`` defaults to the dataset's name. ``strategy`` defaults to what keeps the target equal
    to the dataset: truncate_insert where it is replaced, upsert where it is merged, else append.
    ``append`` adds what is new; if a corrected file or a mended row replaces rows that were loaded,
    the table is filled anew, and refused if it holds other rows than the dataset's.
    ``on`` names the columns that ``delete_insert`` deletes by (default: the key).
    """

    connection: Identifier = Field(
        default="warehouse",
        description="a connection's name",
        json_schema_extra={"format": "connection"},
    )
    table: Identifier = Field(default="", description="default: the dataset's name")
    schema_: Identifier | None = Field(
        default=None, alias="schema", description="the database's schema, where it has schemas"
    )
    strategy: Strategy = Field(
        default="upsert",
        description="default: truncate_insert where the dataset is replaced, upsert where it is "
        "merged, else append",
    )
    on: tuple[ColumnName, ...] = Field(
        default=(), description="columns that delete_insert deletes by; default: the key"
    )
    provenance: bool = Field(
        default=False, description="load the columns _source, _row and _run too"
    )


class ScheduleSpec(Options):
    """When a dataset runs by itself: five-field ``cron`` in ``timezone``."""

    cron: Annotated[str, AfterValidator(_cron)] = Field(
        description="minute hour day-of-month month day-of-week, as in crontab"
    )
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        default="UTC", description="a name such as America/Santiago"
    )
    catch_up: Literal["none", "latest", "all"] = Field(
        default="latest", description="which missed slots run when the scheduler comes back"
    )
