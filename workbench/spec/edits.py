"""The edits of a spec, what they make of its data, and the steps they come down to."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from workbench.errors import EditRefused
from workbench.spec.yaml_source import Keys


@dataclass(frozen=True)
class Set:
    """Write a value. Missing keys of mappings are added at their end, missing parents are made.

    A list or mapping in the place of one of its kind changes only where the two differ.
    """

    path: Keys
    value: Any


@dataclass(frozen=True)
class Insert:
    """Put ``value`` into the list at ``path``, before ``index``; missing lists are made.

    Into a mapping: its keys, before the key at ``index``.
    """

    path: Keys
    index: int
    value: Any


@dataclass(frozen=True)
class Remove:
    """Take out an item of a list or a key of a mapping; comments above it stay."""

    path: Keys


@dataclass(frozen=True)
class Move:
    """Carry an item of the list at ``path`` so that its index becomes ``to``."""

    path: Keys
    from_: int
    to: int


@dataclass(frozen=True)
class RenameKey:
    """Give the last key of ``path`` another name; its value and place stay."""

    path: Keys
    key: str


Edit = Set | Insert | Remove | Move | RenameKey


@dataclass(frozen=True)
class Replace:
    """A step: another value in the place of one that is there."""

    path: Keys
    value: Any


@dataclass(frozen=True)
class Put:
    """A step: entries before the one at ``index`` of a list or mapping that is there."""

    path: Keys
    index: int
    values: list[Any] | dict[str, Any]


Step = Replace | Put | Remove | Move | RenameKey


def edited(data: Any, edit: Edit) -> Any:
    """What plain data is after an edit; the data that is given stays as it is."""
    root = {"": copy.deepcopy(data)}
    path: Keys = ("", *edit.path)
    match edit:
        case Set(value=value):
            here = _walk(root, path[:-1], {}, edit)
            if isinstance(here, list) and path[-1] == len(here):
                here.append(value)
            elif isinstance(here, dict) and isinstance(path[-1], str):
                here[path[-1]] = value
            else:
                _entry(here, path[-1], edit)
                here[path[-1]] = value
        case Insert(index=index, value=value):
            here = _walk(root, path, [], edit)
            if not isinstance(here, list | dict) or not 0 <= index <= len(here):
                raise nowhere(edit)
            if isinstance(here, list):
                here.insert(index, value)
            elif isinstance(value, Mapping) and not here.keys() & value.keys():
                pairs = list(here.items())
                _reorder(here, [*pairs[:index], *value.items(), *pairs[index:]])
            else:
                raise nowhere(edit)
        case Remove():
            here = _walk(root, path[:-1], None, edit)
            _entry(here, path[-1], edit)
            del here[path[-1]]
        case Move(from_=from_, to=to):
            here = _walk(root, path, None, edit)
            if not isinstance(here, list) or not all(0 <= at < len(here) for at in (from_, to)):
                raise nowhere(edit)
            here.insert(to, here.pop(from_))
        case RenameKey(key=key):
            here = _walk(root, path[:-1], None, edit)
            _entry(here, path[-1], edit)
            if not isinstance(here, dict) or (key in here and key != path[-1]):
                raise nowhere(edit)
            _reorder(here, [(key if name == path[-1] else name, each)
                            for name, each in here.items()])  # fmt: skip
    return root[""]


def steps(data: Any, edit: Edit) -> Iterator[Step]:
    """An edit as steps that can be done one after the other, on what is there."""
    match edit:
        case Set(path=path, value=value):
            yield from _setting(data, path, value)
        case Insert(path=path, index=index, value=value):
            here = _at(data, path)
            if isinstance(here, Mapping):
                yield from _putting(path, here, index, dict(value))
            elif isinstance(here, list):
                yield from _putting(path, here, index, [value])
            else:
                yield from _setting(data, path, [value])
        case Move(from_=from_, to=to):
            if from_ != to:
                yield edit
        case _:
            yield edit


def same(one: Any, other: Any, *, ordered: bool = False) -> bool:
    """Whether two values are the same for a reader of specs: ``1``, ``1.0`` and ``true`` differ.

    ``ordered`` compares the order of keys, too.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return (list(one) == list(other) if ordered else one.keys() == other.keys()) and all(
            same(one[key], other[key], ordered=ordered) for key in one
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            same(*pair, ordered=ordered) for pair in zip(one, other, strict=True)
        )
    return type(one) is type(other) and bool(one == other)


def nowhere(edit: Edit) -> EditRefused:
    """The refusal of an edit whose path is not in the spec."""
    shown = " › ".join(str(key + 1 if isinstance(key, int) else key) for key in edit.path)
    return EditRefused(
        f"there is nothing to edit at {shown or 'the top of the spec'}",
        remedy="the spec changed meanwhile: look at it again",
    )


_MISSING = object()


def _at(data: Any, path: Keys) -> Any:
    """The value at a path, or ``_MISSING``."""
    for key in path:
        of_list = isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data)
        if not of_list and not (isinstance(data, Mapping) and key in data):
            return _MISSING
        data = data[key]
    return data


def _walk(root: Any, path: Keys, kind: Any, edit: Edit) -> Any:
    """The list or mapping at a path; with ``kind`` what is missing is made, the last like it."""
    here = root
    for position, key in enumerate(path):
        found = _at(here, (key,))
        if kind is not None and (found is _MISSING or found is None):
            empty = copy.copy(kind) if position == len(path) - 1 else {}
            if isinstance(here, list) and key == len(here):
                here.append(empty)
            elif found is None or (isinstance(here, dict) and isinstance(key, str)):
                here[key] = empty
            else:
                raise nowhere(edit)
            found = empty
        if found is _MISSING or not isinstance(found, list | dict):
            raise nowhere(edit)
        here = found
    return here


def _entry(here: Any, key: str | int, edit: Edit) -> None:
    if _at(here, (key,)) is _MISSING:
        raise nowhere(edit)


def _reorder(here: dict[str, Any], pairs: list[tuple[str, Any]]) -> None:
    here.clear()
    here.update(pairs)


def _setting(data: Any, path: Keys, value: Any) -> Iterator[Step]:
    for size in range(len(path)):
        if _at(data, path[: size + 1]) is not _MISSING:
            continue
        here, key = _at(data, path[:size]), path[size]
        for inner in reversed(path[size + 1 :]):
            value = {inner: value}
        if here is None:
            yield Replace(path[:size], {key: value})
        elif isinstance(here, list):
            yield from _putting(path[:size], here, len(here), [value])
        else:
            yield from _putting(path[:size], here, len(here), {str(key): value})
        return
    yield from _differences(path, _at(data, path), value)


def _putting(
    path: Keys, here: Any, index: int, values: list[Any] | dict[str, Any]
) -> Iterator[Step]:
    """Entries into a list or mapping; an empty one is written anew, in the form that fits."""
    if here:
        yield Put(path, index, values)
    else:
        yield Replace(path, values)


def _differences(path: Keys, old: Any, new: Any) -> Iterator[Step]:
    """What makes ``new`` of ``old``, changing only where they differ."""
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() & new.keys():
        yield from _of_mappings(path, old, new)
    elif isinstance(old, list) and isinstance(new, list | tuple) and old and new:
        yield from _of_lists(path, old, list(new))
    else:
        yield Replace(path, new)


def _of_mappings(path: Keys, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    for key in old:
        if key in new:
            yield from _differences((*path, key), old[key], new[key])
    order = list(old)
    run: dict[str, Any] = {}
    at = 0
    for key in new:
        if key in old:
            if run:
                yield Put(path, at, run)
                order[at:at] = run
                run = {}
            at = order.index(key) + 1
        else:
            run[key] = new[key]
    if run:
        yield Put(path, at, run)
    for key in old:
        if key not in new:
            yield Remove((*path, key))


def _of_lists(path: Keys, old: list[Any], new: list[Any]) -> Iterator[Step]:
    """From the back to the front, so that indexes stay true."""
    before, after = ([json.dumps(each) for each in some] for some in (old, new))
    matched = SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
    if not any(kind == "equal" for kind, *_ in matched) and len(old) != len(new):
        matched = [("replace", 0, len(old), 0, len(new))]
    for kind, start, end, first, last in reversed(matched):
        if kind == "equal":
            continue
        both = min(end - start, last - first)
        if last - first > both:
            yield Put(path, start + both, new[first + both : last])
        for index in reversed(range(start + both, end)):
            yield Remove((*path, index))
        for offset in range(both):
            index = start + offset
            yield from _differences((*path, index), old[index], new[first + offset])
