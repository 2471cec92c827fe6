"""How far apart the cells of a sheet are.

The reader holds a sheet as a full rectangle, so two cells in opposite corners need as much memory
as seventeen thousand million. What they span is found out before, from the places that cells and
rows state, and as cheaply as can be: exact figures are taken only where rough ones do not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Cells of the largest rectangle that is held; each takes some thirty bytes.
MOST_CELLS = 30_000_000

_OVERLAP = 40
# the start is literal, so that search is fast
_FAR_RIGHT, _RIGHT = re.compile(rb'r="[A-Za-z]{3}\d'), re.compile(rb'r="[A-Za-z]{2,3}\d')
_FAR_DOWN = re.compile(rb'r="[A-Za-z]{0,3}\d{5}')
#: Places written otherwise.
_ODD = r"r(?:[ \t\n]=|=[' ])"
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,3})(\d{1,9})""")


class Extent:
    """Tells from the parts of one XML file whether its cells may span too much.

    They do not within 26 columns and the rows that a sheet may have, nor within 702 columns (to
    ZZ) and 9,999 rows.
    """

    def __init__(self) -> None:
        self._end = b""
        self._is_wide = self._is_long = self.may_be_too_large = False

    def add(self, part: bytes) -> None:
        """The next part of the file."""
        if self.may_be_too_large:
            return
        text = self._end + part
        self._end = text[-_OVERLAP:]
        self._is_long = self._is_long or _FAR_DOWN.search(text) is not None
        self._is_wide = self._is_wide or _RIGHT.search(text) is not None
        self.may_be_too_large = (
            (self._is_wide and self._is_long)
            or (self._is_wide and _FAR_RIGHT.search(text) is not None)
            or contains(text, _ODD)
        )


def contains(text: bytes, pattern: str) -> bool:
    """Whether a regular expression is found; where much is searched for little, Arrow is quick."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array([text], pa.large_binary()), pattern)
    return bool(found[0].as_py())


def span(parts: Iterable[bytes]) -> tuple[int, int]:
    """How many rows and columns the cells of an XML file span."""
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    end = b""
    for part in parts:
        text = end + part
        end = text[-_OVERLAP:]
        for letters, digits in _PLACE.findall(text):
            rows.add(digits)
            columns.add(letters)
    numbers = [int(each) for each in rows]
    places = [_position(each.upper()) for each in columns if each]
    return (
        max(numbers, default=1) - min(numbers, default=1) + 1,
        max(places, default=1) - min(places, default=1) + 1,
    )


def _position(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place
