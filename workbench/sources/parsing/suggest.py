"""What a spec for a table could say: its key, columns that are values of a dimension, its types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from workbench.sources.parsing.dates import looks_dated
from workbench.sources.parsing.kinds import ColumnGuess

_MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre "
    "diciembre ene feb mar abr may jun jul ago sep set oct nov dic "
    "january february march april june july august september october november december "
    "jan apr aug sept dec "
    "janeiro fevereiro março marco maio junho julho setembro outubro novembro dezembro "
    "fev mai out dez"
).split()
_MONTH = re.compile(rf"({'|'.join(_MONTHS)})\.?([-_ /]?(19|20)?\d{{2}})?", re.IGNORECASE)
_YEAR = re.compile(r"(19|20)\d{2}")
_IDENTIFIER = re.compile(
    r"(^|_)(id|codigo|code|cod|clave|key|num|numero|number|nro|no|folio|rut|sku|symbol|boleta|"
    r"year|ano|anio|month|mes|week|semana|day|dia|hour|hora|fecha|date|linea|line)(_|$)|.id$|code$"
)
_MOST_CANDIDATES = 10
_MOST_TOGETHER = 4
_SAMPLE = 20_000


@dataclass(frozen=True)
class Wide:
    """Columns whose headers are values: what they are (month, year, date) and their guesses."""

    what: str
    columns: tuple[ColumnGuess, ...]

    def pattern(self, every: Iterable[str]) -> str | None:
        """A pattern for such columns, so that those of later files match too; ``None`` if it
        would match others of ``every``."""
        names = {guess.name for guess in self.columns}
        if self.what == "month":
            return f"^({'|'.join(guess.name for guess in self.columns)})$"
        shapes = {re.sub(r"\d+", lambda digits: f"[0-9]{{{len(digits.group())}}}", name)
                  for name in names}  # fmt: skip
        pattern = f"^({'|'.join(sorted(shapes))})$" if len(shapes) > 1 else f"^{min(shapes)}$"
        others = set(every) - names
        found = any(re.search(pattern, name) for name in others)
        return None if found or len(shapes) > 3 else pattern


def find_wide(guesses: Sequence[ColumnGuess]) -> Wide | None:
    """At least three numeric columns named by months, years or dates."""
    tests = (
        ("month", lambda text: _MONTH.fullmatch(text) is not None),
        ("year", lambda text: _YEAR.fullmatch(text) is not None),
        ("date", looks_dated),
    )
    for what, test in tests:
        found = tuple(g for g in guesses if g.original and test(g.original.strip()))
        if len(found) >= 3 and all(is_number(g) or g.confidence < 0.5 for g in found):
            return Wide(what, found)
    return None


def is_number(guess: ColumnGuess) -> bool:
    """Whether a column seems to hold numbers."""
    return guess.type in ("integer", "number") or guess.type.startswith("decimal")


def common_type(guesses: Iterable[ColumnGuess]) -> ColumnGuess:
    """The type that holds the values of all these columns, named like the first."""
    known = [guess for guess in guesses if guess.confidence >= 0.5 or is_number(guess)]
    numbers = [guess for guess in known if is_number(guess)]
    if not numbers:
        return next(iter(known), ColumnGuess(name=""))
    best = max(numbers, key=_generality)
    marks = next((guess for guess in numbers if guess.decimal), best)
    groups = next((guess.thousands for guess in numbers if guess.thousands), None)
    return best.model_copy(update={"decimal": marks.decimal, "thousands": groups})


def _generality(guess: ColumnGuess) -> tuple[int, int]:
    if guess.type == "number":
        return 2, 0
    if guess.type.startswith("decimal"):
        return 1, int(re.findall(r"\d+", guess.type)[1])
    return 0, 0


def find_key(
    table: pa.Table, guesses: Sequence[ColumnGuess], wide: Wide | None
) -> tuple[tuple[str, ...], bool]:
    """Fewest columns that identify each row, and whether none of them holds nulls.

    Only columns that can be dimensions are tried: texts, dates, codes and whole numbers that are
    named like identifiers or stand among the dimensions. Empty if nothing is found.
    """
    if not table.num_rows:
        return (), True
    candidates = _dimensions(guesses, wide)
    whole = [name for name in candidates if table.column(name).null_count == 0]
    found = _unique(table, whole)
    if found:
        return found, True
    return _unique(table, candidates), False


def _dimensions(guesses: Sequence[ColumnGuess], wide: Wide | None) -> list[str]:
    melted = {guess.name for guess in wide.columns} if wide else set()
    rest = [guess for guess in guesses if guess.name not in melted and guess.original]
    texts = [i for i, guess in enumerate(rest) if not is_number(guess)]
    last = texts[-1] if texts else 0
    chosen = [
        guess
        for i, guess in enumerate(rest)
        if not is_number(guess)
        or (guess.type == "integer" and (i < last or _IDENTIFIER.search(guess.name)))
    ]
    # identifiers first, then in the order of the file
    chosen.sort(key=lambda guess: 0 if _IDENTIFIER.search(guess.name) else 1)
    return [guess.name for guess in chosen[:_MOST_CANDIDATES]]


def _unique(table: pa.Table, candidates: Sequence[str]) -> tuple[str, ...]:
    order = {name: i for i, name in enumerate(table.column_names)}
    sample = table.slice(0, _SAMPLE)
    for size in range(1, min(_MOST_TOGETHER, len(candidates)) + 1):
        for names in combinations(candidates, size):
            if _distinct(sample, names) and _distinct(table, names):
                return tuple(sorted(names, key=lambda name: order[name]))
    return ()


def _distinct(table: pa.Table, names: Sequence[str]) -> bool:
    trimmed = pa.table(
        [pc.utf8_trim(table.column(name), characters=" \t\u00a0") for name in names],
        names=list(names),
    )
    return bool(trimmed.group_by(list(names)).aggregate([]).num_rows == table.num_rows)
