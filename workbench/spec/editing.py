"""Lossless edits of YAML: an edit changes its own lines and nothing else.

Comments, order, quotes, blank lines, line breaks, brackets, keys that nobody knows: what an edit
does not name stays as it was written, because edits are cuts and pastes in the text. After every
edit the text is read again and must say exactly what the edited data says; else the edit is
refused and nothing changes::

    text = apply(text, Set(("transforms", 0, "melt", "names_to"), "month"))

Paths are tuples of keys and indexes, as in ``spec/yaml_source.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.errors import EditRefused, SpecError
from workbench.spec import edits_blocks, edits_flow
from workbench.spec.edits import (
    Edit,
    Insert,
    Move,
    Put,
    Remove,
    RenameKey,
    Replace,
    Set,
    Step,
    edited,
    same,
    steps,
)
from workbench.spec.edits_values import rename, replace
from workbench.spec.edits_view import Splice, View, splice
from workbench.spec.yaml_source import Source, read_text

__all__ = [
    "Edit",
    "Insert",
    "Move",
    "Remove",
    "RenameKey",
    "Set",
    "apply",
    "edited",
    "same",
]

_BREAKS = ("\r\n", "\n", "\r")


def apply(text: str, *edits: Edit, file: str = "spec.yml") -> str:
    """The text after the edits, done in order.

    Raises ``SpecError`` if the text cannot be read, ``EditRefused`` if an edit leads nowhere or
    cannot be written without changing something else.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    source = read_text(text.removeprefix("\ufeff"), file)
    for edit in edits:
        source = _applied(source, edit)
    return mark + source.text


def _applied(source: Source, edit: Edit) -> Source:
    wanted = edited(source.data, edit)
    planned = list(steps(source.data, edit))
    if not planned:
        return source
    ordered = not isinstance(edit, Set)
    for start in _beginnings(source):
        try:
            changed = _stepped(start, planned)
        except (SpecError, ValueError):
            continue
        for text in _endings(source.text, changed, View(source).layout.eol):
            try:
                found = read_text(text, source.file)
            except SpecError:
                continue
            if same(found.data, wanted, ordered=ordered):
                return found
    shown = " › ".join(str(key + 1 if isinstance(key, int) else key) for key in edit.path)
    raise EditRefused(
        "this edit cannot be written without changing something else",
        where=f"{source.file}, {shown}",
        remedy="edit the YAML there by hand",
    )


def _stepped(source: Source, planned: Sequence[Step]) -> str:
    """The text after all steps; scalars that make way for scalars are done at once."""
    text = source.text
    waiting: list[Splice] = []
    for step in planned:
        if not isinstance(step, Replace) or not _is_simple(source, step):
            text, waiting = splice(text, waiting), []
            if text != source.text:
                source = read_text(text, source.file)
            text = splice(text, _splices(View(source), step))
            source = read_text(text, source.file)
        else:
            waiting += replace(View(source), step.path, step.value)
    return splice(text, waiting)


def _is_simple(source: Source, step: Replace) -> bool:
    """Whether a step changes nothing but one scalar on its line."""
    place = source.places.get(step.path)
    return (
        place is not None and place.style in ("plain", "quoted") and place.span[0] < place.span[1]
        and not isinstance(step.value, dict | list | tuple)
        and not (isinstance(step.value, str) and "\n" in step.value)
    )  # fmt: skip


def _splices(view: View, step: Step) -> list[Splice]:
    match step:
        case Replace(path=path, value=value):
            return replace(view, path, value)
        case RenameKey(path=path, key=key):
            return rename(view, path, key)
        case Put(path=path, index=index, values=values):
            insert = edits_flow.insert if view.place(path).flow else edits_blocks.insert
            return insert(view, path, index, values)
        case Move(path=path, from_=from_, to=to):
            move = edits_flow.move if view.place(path).flow else edits_blocks.move
            return move(view, path, from_, to)
        case Remove(path=path):
            remove = edits_flow.remove if view.place(path[:-1]).flow else edits_blocks.remove
            return remove(view, path)


def _beginnings(source: Source) -> Iterator[Source]:
    """The source, and as a second try the same where a block of text ends without line break.

    Such a block reads without a final line break only at the end of a file; with ``|-`` it does
    so everywhere.
    """
    yield source
    last = max(source.places, key=lambda keys: (source.places[keys].span[1], len(keys)))
    start, end = source.places[last].span
    if source.places[last].style in ("literal", "folded") and end == len(source.text):
        at = start + 1
        while source.text[at : at + 1].isdigit():
            at += 1
        kept = source.text[at : at + 1] == "+"
        if source.text[at : at + 1] != "-":
            yield read_text(splice(source.text, [Splice(at, at + kept, "-")]), source.file)


def _endings(before: str, text: str, eol: str) -> Iterator[str]:
    """The text, ending with or without a line break as it did before; else as it must."""
    if before.endswith(_BREAKS) or not before:
        yield text
        return
    for each in _BREAKS:
        if text.endswith(each):
            yield text.removesuffix(each)
            break
    yield text
    yield text + eol
