"""Parsed rows as bytes for the cache: JSON for what is said of them, Arrow IPC for the cells."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.steps.preview.cache import Cache
from workbench.steps.preview.model import InputView

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.steps.preview.inputs import Received

#: Rows that are not worth it are parsed again.
_MOST_BYTES = 192 << 20


def store(cache: Cache, received: Received) -> None:
    """Keep parsed rows, unless there are very many."""
    if cache.client is None or received.table.nbytes > _MOST_BYTES:
        return
    cache.put(received.key, pack(received))


def load(cache: Cache, key: str) -> Received | None:
    """Parsed rows as they were kept; ``None`` where there are none that can be read."""
    found = cache.get(key)
    return None if found is None else unpack(key, found)


def pack(received: Received) -> bytes:
    """The rows as bytes: the lengths of the parts, then the parts."""
    parts = [
        json.dumps(
            {"view": received.view.model_dump(mode="json"), "markers": list(received.markers)},
            ensure_ascii=False,
        ).encode(),
        _ipc(received.table),
        *(_ipc(table) for table in received.markers.values()),
    ]
    return b"".join(
        [struct.pack("<I", len(parts)), *(struct.pack("<Q", len(p)) for p in parts), *parts]
    )


def unpack(key: str, data: bytes) -> Received | None:
    """What ``pack`` made; ``None`` if it is not that."""
    import pyarrow as pa

    from workbench.steps.preview.inputs import Received

    try:
        (count,) = struct.unpack_from("<I", data)
        lengths = struct.unpack_from(f"<{count}Q", data, 4)
        at = 4 + 8 * count
        parts = []
        for length in lengths:
            parts.append(memoryview(data)[at : at + length])
            at += length
        if at != len(data):
            return None
        head = json.loads(bytes(parts[0]))
        view = InputView.model_validate(head["view"])
        table = _table(parts[1])
        markers = {
            str(name): _table(part) for name, part in zip(head["markers"], parts[2:], strict=True)
        }
    except (ValueError, KeyError, TypeError, IndexError, struct.error, ValidationError,
            pa.ArrowException):  # fmt: skip
        return None
    return Received(key, view, table, markers) if table.num_rows == view.rows else None


def _ipc(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    value: bytes = sink.getvalue().to_pybytes()
    return value


def _table(part: Any) -> pa.Table:
    import pyarrow as pa

    table = pa.ipc.open_stream(pa.py_buffer(part)).read_all()
    table.validate()
    return table
