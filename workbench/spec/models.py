"""Models of a dataset spec: what it is, where it comes from, what is done to it, where it goes.

The parts that an extension owns (source options, transform options, connection options) are
validated by the model that stands beside the implementation; the registry finds it, and the
loader puts the validated options in. Here stands what belongs to every dataset.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from workbench.model.plan import Retry
from workbench.spec.params import ParamSpec, bind_source, bind_values
from workbench.spec.parts import (
    IDENTIFIER,
    ColumnName,
    ColumnSpec,
    ExpectationUse,
    Identifier,
    MemoryText,
    ScheduleSpec,
    Strategy,
    TargetSpec,
    TransformUse,
    TypeText,
)

__all__ = [
    "IDENTIFIER",
    "ColumnName",
    "ColumnSpec",
    "DatasetSpec",
    "ExpectationUse",
    "Identifier",
    "ScheduleSpec",
    "Strategy",
    "TargetSpec",
    "TransformUse",
    "TypeText",
    "Update",
]

Update = Literal["merge", "append", "replace"]


class DatasetSpec(BaseModel):
    """One dataset. ``source`` holds the options of its source type.

    A loaded spec knows its ``file``, ``text`` and hashes. ``bind`` gives the spec for one run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Identifier = Field(description="the dataset's name, unique in the project")
    title: str = Field(default="", description="a name for readers")
    description: str = Field(default="", description="what a row is, and what it is good for")
    owner: str = Field(default="", description="who answers for it: a person or a team")
    tags: tuple[str, ...] = Field(default=(), description="words to find it by")
    params: dict[Identifier, ParamSpec] = Field(
        default_factory=dict,
        description="values given to a run: ${param:name} in the source, :name in expressions",
    )
    source: Any = Field(description="where it comes from; files when `path` is given")
    transforms: tuple[TransformUse, ...] = Field(default=(), description="done in this order")
    key: tuple[ColumnName, ...] = Field(default=(), description="columns that identify a row")
    compare: tuple[ColumnName, ...] = Field(
        default=(), description="columns that decide whether a row changed; default: all others"
    )
    update: Update | None = Field(
        default=None,
        description="how a batch meets the published rows: merge by key (default with a key), "
        "append (default without), or replace (default for datasets made from datasets)",
    )
    columns: dict[ColumnName, ColumnSpec] = Field(
        default_factory=dict, description="what the published columns mean"
    )
    expectations: tuple[ExpectationUse, ...] = Field(
        default=(), description="checks of the candidate rows before they are published"
    )
    targets: tuple[TargetSpec, ...] = Field(default=(), description="where it is loaded")
    schedule: ScheduleSpec | None = Field(default=None, description="when it runs by itself")
    schema_policy: Literal["add", "refuse"] = Field(
        default="add", description="what a new column in the source means"
    )
    retry: Retry = Field(default=Retry(), description="how passing faults are tried again")
    timeout: float = Field(default=3600.0, gt=0, le=604_800, description="seconds for one step")
    cell_timeout: float | None = Field(
        default=None, gt=0, le=604_800, description="seconds for one cell of a step's notebook"
    )
    memory: MemoryText | None = Field(
        default=None,
        description="memory for one step and all that it starts, such as 4GB; default: "
        "WORKBENCH_MEMORY",
    )

    _file: str = PrivateAttr(default="")
    _text: str = PrivateAttr(default="")
    _source_type: str = PrivateAttr(default="")
    _given: dict[str, Any] = PrivateAttr(default_factory=dict)
    _unbound: DatasetSpec | None = PrivateAttr(default=None)

    @field_validator("targets", mode="after")
    @classmethod
    def _complete(
        cls, targets: tuple[TargetSpec, ...], info: ValidationInfo
    ) -> tuple[TargetSpec, ...]:
        """Fill in table and strategy where the spec leaves them to the dataset."""
        mode = _update_mode(info.data)
        fitting: dict[str, Strategy] = {
            "replace": "truncate_insert", "merge": "upsert", "append": "append"
        }  # fmt: skip
        completed = []
        for target in targets:
            filled: dict[str, Any] = {}
            if not target.table:
                filled["table"] = info.data.get("dataset", "")
            if "strategy" not in target.model_fields_set:
                filled["strategy"] = fitting[mode]
            completed.append(target.model_copy(update=filled) if filled else target)
        return tuple(completed)

    @property
    def file(self) -> str:
        """The file it was read from, relative to the project folder; empty if built by hand."""
        return self._file

    @property
    def text(self) -> str:
        """The YAML as it was read."""
        return self._text

    @property
    def source_type(self) -> str:
        """The registered name of the source: ``files``, ``dataset``, …"""
        return self._source_type or _source_type(self.source)

    @property
    def layer(self) -> Literal["silver", "gold"]:
        """``gold`` for a dataset made from datasets, else ``silver``."""
        return "gold" if self.source_type == "dataset" else "silver"

    @property
    def update_mode(self) -> Update:
        """``update``, or what it means to leave it out."""
        return _update_mode({"update": self.update, "key": self.key, "layer": self.layer})

    @property
    def hash(self) -> str:
        """Hash of the whole spec, whatever its layout, comments and order of keys."""
        spec = self._unbound or self
        content = spec.model_dump(mode="json", exclude_defaults=True)
        return _digest(content | {"source": [spec.source_type, content.get("source")]})

    @property
    def source_hash(self) -> str:
        """Hash of how received files are read; where they are found does not count.

        An ``Options`` class names the fields that only locate files in ``LOCATING``.
        """
        spec = self._unbound or self
        locating = getattr(type(spec.source), "LOCATING", frozenset({"path"}))
        content = spec.source.model_dump(mode="json", exclude_defaults=True, exclude=set(locating))
        content.pop("type", None)
        return _digest([spec.source_type, content])

    @property
    def transform_hash(self) -> str:
        """Hash of what decides which rows are published, given the rows of the source.

        Values of parameters count for gold, which is recomputed whole; in silver they belong to
        the batch that they were given for.
        """
        dump = self.model_dump(
            mode="json",
            exclude_defaults=True,
            include={"transforms", "key", "compare", "params", "expectations"},
        )
        return _digest(
            {
                "transforms": [
                    each for use, each in zip(self.transforms, dump.get("transforms", ()),
                                              strict=True) if use.enabled
                ],
                "key": dump.get("key"),
                "compare": dump.get("compare"),
                "update": self.update_mode,
                "params": {
                    name: [each.get("type"), each.get("default")]
                    for name, each in dump.get("params", {}).items()
                },
                "values": self.values if self.layer == "gold" else {},
                "quarantine": [
                    each for each in dump.get("expectations", ())
                    if each.get("severity") == "quarantine"
                ],
                "source": self.source.model_dump(mode="json") if self.layer == "gold" else None,
            }
        )  # fmt: skip

    @property
    def values(self) -> dict[str, Any]:
        """Typed values of the parameters: as bound, else their defaults."""
        defaults = {
            name: param.value() for name, param in self.params.items() if param.default is not None
        }
        return defaults | self._given

    def bind(self, params: Mapping[str, Any] | None = None) -> DatasetSpec:
        """The spec for one run, with parameters given (texts are cast) or by default.

        ``ConfigError`` for unknown parameters, missing ones and values that do not read as their
        type. The hashes of the source and of the whole spec stay those of the spec as written.
        """
        unbound = self._unbound or self
        where = self.file or f"dataset {self.dataset}"
        values = bind_values(self.params, params or {}, where=where)
        source = bind_source(unbound.source, values, where=where)
        bound = unbound.model_copy(update={"source": source})
        bound._given = values
        bound._unbound = unbound
        bound._source_type = self.source_type
        return bound


def _source_type(source: Any) -> str:
    """The type of a source by its options: their ``type``, else the module they stand in."""
    name = getattr(source, "type", None)
    return name if isinstance(name, str) else type(source).__module__.rpartition(".")[2]


def _update_mode(data: Mapping[str, Any]) -> Update:
    update: Update | None = data.get("update")
    if update:
        return update
    gold = data["layer"] == "gold" if "layer" in data else (
        _source_type(data.get("source")) == "dataset"
    )  # fmt: skip
    if gold:
        return "replace"
    return "merge" if data.get("key") else "append"


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
