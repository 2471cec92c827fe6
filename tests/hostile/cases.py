"""All hostile cases by name."""

from __future__ import annotations

from tests.hostile import names, specs, texts, values, workbooks
from tests.hostile.case import Case

TABLES: tuple[dict[str, Case], ...] = (
    texts.ENCODINGS,
    texts.BYTES,
    texts.SHAPES,
    texts.HEADERS,
    values.CODE,
    values.NUMBERS,
    values.PATTERNS,
    workbooks.CELLS,
    workbooks.EXPLOSIVE,
    workbooks.ARCHIVES,
    specs.YAML,
    specs.EXPRESSIONS,
    specs.PARAMETERS,
    names.NAMES,
)

CASES: dict[str, Case] = {name: case for table in TABLES for name, case in table.items()}

assert len(CASES) == sum(map(len, TABLES)), "two cases have the same name"
