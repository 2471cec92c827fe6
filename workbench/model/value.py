"""The base of all central values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that refuses unknown fields and travels as JSON.

    ``value.model_dump_json()`` writes it and ``Type.model_validate_json(text)`` reads it back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Options(BaseModel):
    """Base of what a spec says: strict, frozen, unknown keys refused.

    Options of transforms, sources and expectations stand beside their implementation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
