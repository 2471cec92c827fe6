"""The rows that a preview starts from: a file parsed as a run would, or a published table."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import Settings
from workbench.errors import NotFound, SourceMissing
from workbench.lake.raw import RawStore, hash_stable
from workbench.model.dataset import Column
from workbench.model.ledger import ParseLedger
from workbench.records import batches
from workbench.records.store import Records
from workbench.registry import find, unknown
from workbench.spec.models import DatasetSpec
from workbench.steps.preview import packing
from workbench.steps.preview.cache import Cache, digest
from workbench.steps.preview.model import FileChoice, InputView, Scope

if TYPE_CHECKING:
    import pyarrow as pa

#: A sample is so many rows from the head of the file …
SAMPLE_ROWS = 5_000
#: … of which only so many bytes are read where the file is a text of more than _LARGE.
_HEAD, _LARGE = 8 << 20, 32 << 20
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Candidate:
    """A file that can be previewed, and where its bytes are."""

    choice: FileChoice
    path: Path
    sha256: str | None = None


@dataclass(frozen=True)
class Received:
    """Parsed rows, before they are put into the engine.

    ``table`` is as in ``Parsed``: text columns, ``_source`` and ``_row``. ``markers`` are the
    texts that stood in the file where the table has null, by column.
    """

    key: str
    view: InputView
    table: pa.Table
    markers: Mapping[str, pa.Table]


def candidates(
    spec: DatasetSpec, settings: Settings, records: Records | None
) -> tuple[Candidate, ...]:
    """The files of a dataset, newest first: those that wait where the source points, then RAW."""
    found: dict[tuple[str, str | None], Candidate] = {}
    source = find("sources", spec.source_type)
    try:
        waiting = source.find(spec.source, settings)
    except SourceMissing:
        waiting = []
    seen: set[tuple[str, int]] = set()
    for file in waiting:
        stat = file.path.stat()
        when = datetime.fromtimestamp(stat.st_mtime, UTC)
        choice = FileChoice(name=file.name, size=stat.st_size, modified=when.isoformat())
        found[file.name, None] = Candidate(choice, file.path)
        seen.add((file.name, stat.st_size))
    store = RawStore(settings)
    for one in batches.known_files(records, spec.dataset) if records else ():
        if one.correction or (one.name, one.bytes) in seen:
            continue
        choice = FileChoice(
            name=one.name, size=one.bytes, modified=one.received_at.isoformat(),
            received=True, sha256=one.sha256,
        )  # fmt: skip
        found[one.name, one.sha256] = Candidate(choice, store.path(one.sha256), one.sha256)
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (not one.choice.received, one.choice.modified, one.choice.name),
            reverse=True,
        )
    )


def choose(
    spec: DatasetSpec, settings: Settings, records: Records | None, file: str | None
) -> Candidate:
    """The file called ``file`` (a name, or the SHA-256 of a received one); default: the newest.

    ``SourceMissing`` where the dataset has no file, ``NotFound`` for a name that it has not.
    """
    known = candidates(spec, settings, records)
    if not known:
        # says which pattern matches nothing, and the nearest files
        find("sources", spec.source_type).find(spec.source, settings)
        raise SourceMissing("there is no file yet", where=f"dataset {spec.dataset}")
    if file is None:
        return known[0]
    for one in known:
        if file in (one.choice.name, one.sha256):
            return one
    raise NotFound(
        unknown("file", file, tuple(one.choice.name for one in known)),
        where=f"dataset {spec.dataset}",
    )


class Hashes:
    """SHA-256 of files, remembered as long as size and time of change stay the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], str] = {}

    def of(self, path: Path) -> str:
        """The hash of the file's bytes; ``SourceMissing`` or ``SourceUnreadable``."""
        try:
            stat = path.stat()
        except OSError:
            return hash_stable(path)[0]
        key = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if key not in self._known:
            self._known[key] = hash_stable(path)[0]
        return self._known[key]

    def for_scope(self, candidate: Candidate, scope: Scope) -> str:
        """What the bytes that a preview looks at are known by; a long text's head is hashed alone.

        A received file is named after its hash already.
        """
        if candidate.sha256 is not None:
            return candidate.sha256
        path = candidate.path
        if scope == "sample" and path.is_file() and _is_large_text(path):
            with path.open("rb") as file:
                head = hashlib.sha256(file.read(_HEAD)).hexdigest()
            return f"{head}+{path.stat().st_size}"
        return self.of(path)


def input_key(spec: DatasetSpec, name: str, sha256: str, scope: Scope) -> str:
    """What parsed rows are known by: bytes, name (values are taken from it), reading options."""
    given = spec.source.model_dump(mode="json")
    return digest("input", sha256, name, spec.source_hash, given.get("values_from_name"), scope)


def receive(
    spec: DatasetSpec,
    candidate: Candidate,
    sha256: str,
    scope: Scope,
    cache: Cache,
    parsed: dict[str, Received],
) -> Received:
    """The rows of a file as bronze has them; all of them, or those of its head.

    ``parsed`` remembers the last whole file, since its head is wanted first as a rule. Raises
    what the source raises for a file that cannot be read.
    """
    name = candidate.choice.name
    key = input_key(spec, name, sha256, scope)
    kept = packing.load(cache, key)
    if kept is not None:
        return kept
    received = _parse(spec, candidate, sha256, scope, parsed)
    packing.store(cache, received)
    return received


def _parse(
    spec: DatasetSpec,
    candidate: Candidate,
    sha256: str,
    scope: Scope,
    parsed: dict[str, Received],
) -> Received:
    name, path = candidate.choice.name, candidate.path
    source = find("sources", spec.source_type)

    def read(at: Path) -> Any:
        return source.read(at, name, spec.source)

    if scope == "sample" and _is_large_text(path):
        key = input_key(spec, name, sha256, scope)
        return _head_of(_received(key, candidate, sha256, _of_head(path, read), partial=True), key)
    key = input_key(spec, name, sha256, "whole")
    if key not in parsed:
        whole = _received(key, candidate, sha256, read(path))
        parsed.clear()
        parsed[key] = whole
    if scope == "whole":
        return parsed.pop(key)
    return _head_of(parsed[key], input_key(spec, name, sha256, scope))


def _received(
    key: str, candidate: Candidate, sha256: str, parsed: Any, *, partial: bool = False
) -> Received:
    """What was parsed; ``partial``: of the first lines of the file, so nobody knows how many."""
    parsed.ledger.check()
    rows = parsed.table.num_rows
    view = InputView(
        file=candidate.choice.name,
        sha256=sha256,
        size=candidate.choice.size,
        scope="sample" if partial else "whole",
        rows=rows,
        whole_rows=None if partial else rows,
        columns=parsed.columns,
        ledger=None if partial else parsed.ledger,
        unparseable=tuple(parsed.unparseable.slice(0, 100).to_pylist()),
        detected=parsed.detected,
        warnings=parsed.warnings,
    )
    return Received(key, view, parsed.table, parsed.markers)


def _head_of(received: Received, key: str) -> Received:
    """The first rows of what was received; all of them where there are no more."""
    import pyarrow.compute as pc

    table = received.table
    if table.num_rows <= SAMPLE_ROWS:
        return replace(received, key=key)
    markers = {
        name: found.filter(pc.less(found["index"], SAMPLE_ROWS))
        for name, found in received.markers.items()
    }
    view = received.view.model_copy(update={"rows": SAMPLE_ROWS, "scope": "sample"})
    return Received(key, view, table.slice(0, SAMPLE_ROWS), markers)


def _is_large_text(path: Path) -> bool:
    if path.stat().st_size <= _LARGE:
        return False
    with path.open("rb") as file:
        head = file.read(4)
    return not head.startswith((_ZIP, _OLE, *_WIDE))


def _of_head(path: Path, read: Callable[[Path], Any]) -> Any:
    """What ``read`` makes of the first lines of a text file, in a file of their own."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    head = head[: head.rfind(b"\n") + 1] or head
    with tempfile.TemporaryDirectory(prefix="workbench-preview-") as folder:
        at = Path(folder, "head")
        at.write_bytes(head)
        return read(at)


def from_published(
    dataset: str, version: int | None, table: pa.Table, columns: tuple[Column, ...], scope: Scope,
    rows: int,
) -> Received:  # fmt: skip
    """The rows of a published table, for datasets made from datasets."""
    key = digest("published", dataset, version, scope)
    view = InputView(
        file=dataset,
        sha256=f"{dataset}@{version}",
        size=0,
        scope="whole" if table.num_rows == rows else scope,
        rows=table.num_rows,
        whole_rows=rows,
        columns=columns,
        ledger=ParseLedger(name=dataset, records=table.num_rows, parsed=table.num_rows),
    )
    return Received(key, view, table, {})
