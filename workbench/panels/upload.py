"""Upload: files become the deliveries of a dataset, or a new dataset."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import Field

from workbench.errors import WorkbenchError
from workbench.panels.doors import doors
from workbench.panels.panel import Call, Panel, answers
from workbench.publish.messages import Language
from workbench.publish.messages.sentences import translated
from workbench.sources.parsing.skeleton import TypeChoice
from workbench.steps.receiving import archives, delivering, fetching, folders, tables
from workbench.steps.receiving.chunks import CHUNK
from workbench.steps.receiving.delivering import Origin
from workbench.steps.receiving.detecting import detection, reading_of
from workbench.steps.receiving.uploads import Upload as Received
from workbench.steps.receiving.uploads import Uploads

Reading = dict[str, Any]
Types = dict[str, TypeChoice]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
#: What a file of the server is called among the uploads.
_FILE = "file:"


class Upload(Panel):
    """Files from disk, from an address or from a folder of the server, into the project.

    Shows what was detected about each, lets everything be corrected, and makes a dataset of it or
    delivers it to one.
    """

    name = "upload"

    def __init__(self, dataset: str | None = None, **options: Any) -> None:
        super().__init__(dataset, **options)
        self.uploads = Uploads(self.workspace.settings)

    @answers("uploads")
    def list_uploads(self, call: Call) -> list[dict[str, Any]]:
        """All uploads, also those that another kernel began."""
        return [_plain(one) for one in self.uploads.all()]

    @answers("begin")
    def begin(self, call: Call, *, name: str, size: int) -> dict[str, Any]:
        """Make room for a file; it then comes in chunks, by the door or by ``chunk``."""
        return self._awaited(self.uploads.begin(name, size))

    @answers("chunk")
    def chunk(
        self, call: Call, *, upload: str, index: Annotated[int, Field(ge=0)], sha256: Sha256
    ) -> int:
        """Keep one chunk, which comes as the call's buffer; how many bytes have come."""
        if len(call.buffers) != 1:
            raise WorkbenchError("a chunk came without its bytes")
        data = call.buffers[0].cast("B")
        return self.uploads.take(upload, index, data, sha256).received

    @answers("prove")
    def prove(self, call: Call, *, upload: str) -> dict[str, Any]:
        """What is there for sure of an upload that was left off, with the hash of each chunk."""
        proven, hashes = self.uploads.prove(upload, _watched(call))
        return {**self._awaited(proven), "hashes": hashes}

    @answers("finish")
    def finish(self, call: Call, *, upload: str) -> dict[str, Any]:
        """Prove and keep the whole file."""
        return self._ready(self.uploads.finish(upload, _watched(call)))

    @answers("remove")
    def remove(self, call: Call, *, upload: str) -> None:
        """Forget an upload."""
        self.uploads.remove(upload)

    @answers("fetch")
    def fetch(self, call: Call, *, url: str) -> dict[str, Any]:
        """Fetch what is at an address."""
        got = fetching.fetch(self.uploads, url, progress=call.progress, stop=call.stop_if_cancelled)
        return self._ready(got)

    @answers("connections")
    def connections(self, call: Call) -> list[dict[str, str]]:
        """The configured connections."""
        known = self.workspace.project().connections
        return [{"name": name, "title": one.title, "type": one.type} for name, one in known.items()]

    @answers("tables", latest=True)
    def tables(self, call: Call, *, connection: str) -> list[dict[str, str]]:
        """The tables behind a connection."""
        known = self.workspace.project().connection(connection)
        return [asdict(one) for one in tables.tables(self.workspace.settings, known)]

    @answers("table")
    def table(self, call: Call, *, connection: str, schema: str, table: str) -> dict[str, Any]:
        """Take a table of a connection, as it is now."""
        taken = tables.take(
            self.workspace.settings,
            self.uploads,
            self.workspace.project().connection(connection),
            schema,
            table,
            progress=call.progress,
            stop=call.stop_if_cancelled,
        )
        return self._ready(taken)

    @answers("folder")
    def folder(self, call: Call, *, path: str = "") -> list[dict[str, Any]]:
        """What is in a folder of the project."""
        found = folders.entries(self.workspace.settings, path)
        return [{**asdict(one), "changed": one.changed.isoformat()} for one in found]

    @answers("choose")
    def choose(self, call: Call, *, path: str) -> dict[str, Any]:
        """A file of the server, to be used where it is."""
        file = folders.file(self.workspace.settings, path)
        return {
            "id": f"{_FILE}{path}",
            "name": file.name,
            "size": file.stat().st_size,
            "received": file.stat().st_size,
            "complete": True,
            "archive": archives.is_archive(file),
        }

    @answers("members")
    def members(self, call: Call, *, item: str) -> list[dict[str, Any]]:
        """The files in an archive."""
        origin = self._origin(item)
        return [asdict(one) for one in archives.members(origin.content, origin.name)]

    @answers("unpack")
    def unpack(self, call: Call, *, item: str, members: list[int]) -> list[dict[str, Any]]:
        """Take members out of an archive, each as an upload of its own."""
        origin = self._origin(item)
        known = {one.index: one for one in archives.members(origin.content, origin.name)}
        taken = []
        for done, index in enumerate(members):
            call.stop_if_cancelled()
            member = known.get(index)
            if member is None:
                raise WorkbenchError("there is no such file in the archive", where=origin.name)
            call.progress(done, len(members), member.name)
            name = PurePosixPath(member.name.replace("\\", "/")).name
            blocks = archives.unpack(origin.content, origin.name, index)
            taken.append(self._ready(self.uploads.adopt(name, blocks, archives.MOST_BYTES)))
        return taken

    @answers("detect", latest=True)
    def detect(
        self, call: Call, *, item: str, reading: Reading, types: Types, whole: bool = False
    ) -> dict[str, Any]:
        """What was found out about a file, with the corrections made."""
        origin = self._origin(item)
        options = reading_of(reading)
        found = detection(origin.content, origin.name, options, types, whole=whole)
        return _in_words(found, self.language)

    @answers("outline", latest=True)
    def outline(
        self, call: Call, *, item: str, dataset: str, reading: Reading, types: Types
    ) -> dict[str, str]:
        """The spec that would be written."""
        origin = self._origin(item)
        settings = self.workspace.settings
        seen = delivering.outline(settings, origin, dataset, reading_of(reading), types)
        return self._outlined(seen)

    @answers("create")
    def create(
        self, call: Call, *, item: str, dataset: str, reading: Reading, types: Types
    ) -> dict[str, str]:
        """Make a dataset of the file, and show it in all panels."""
        origin = self._origin(item)
        settings = self.workspace.settings
        made = delivering.create(settings, origin, dataset, reading_of(reading), types)
        self._done(item)
        self.workspace.emit("received", dataset=made.dataset, path=str(made.file))
        self.workspace.dataset = made.dataset
        return self._outlined(made)

    @answers("fit", latest=True)
    def fit(self, call: Call, *, item: str, dataset: str) -> dict[str, Any]:
        """Where the file would go as a delivery, and how its columns compare."""
        settings, project = self.workspace.settings, self.workspace.project()
        return asdict(delivering.fit(settings, project, dataset, self._origin(item)))

    @answers("deliver")
    def deliver(
        self, call: Call, *, item: str, dataset: str, replace: bool = False
    ) -> dict[str, str]:
        """Put the file where the dataset's next run finds it."""
        settings, project = self.workspace.settings, self.workspace.project()
        origin = self._origin(item)
        place = delivering.deliver(settings, project, dataset, origin, replace=replace)
        self._done(item)
        self.workspace.emit("received", dataset=dataset, path=str(place))
        self.workspace.dataset = dataset
        return {"dataset": dataset, "file": self._shown(place)}

    def _origin(self, item: str) -> Origin:
        if item.startswith(_FILE):
            path = folders.file(self.workspace.settings, item.removeprefix(_FILE))
            return Origin(path, path.name, stays=True)
        return Origin(self.uploads.content(item), self.uploads.get(item).name)

    def _awaited(self, upload: Received) -> dict[str, Any]:
        """An upload whose chunks will come, with the door for them in the Jupyter server."""
        return {**_plain(upload), "door": doors.to(self.workspace.settings)}

    def _ready(self, upload: Received) -> dict[str, Any]:
        archive = archives.is_archive(self.uploads.content(upload.id))
        return {**_plain(upload), "archive": archive}

    def _done(self, item: str) -> None:
        """What was delivered is in its place: the upload has served."""
        if not item.startswith(_FILE):
            self.uploads.remove(item)

    def _outlined(self, made: delivering.Outline) -> dict[str, str]:
        return {
            "dataset": made.dataset,
            "text": made.text,
            "spec": self._shown(made.spec),
            "file": self._shown(made.file),
        }

    def _shown(self, path: Any) -> str:
        project = self.workspace.settings.project
        return str(path.relative_to(project) if path.is_relative_to(project) else path)


def _in_words(found: dict[str, Any], language: Language) -> dict[str, Any]:
    """What was detected, with its reasons in a language."""
    reasons = ("evidence", "ambiguous")

    def worded(one: dict[str, Any]) -> dict[str, Any]:
        return one | {name: translated(one[name], language) for name in reasons if one.get(name)}

    return {
        **found,
        "properties": {name: worded(one) for name, one in found["properties"].items()},
        "columns": [worded(one) for one in found["columns"]],
        "warnings": [translated(one, language) for one in found["warnings"]],
    }


def _plain(upload: Received) -> dict[str, Any]:
    return {
        "id": upload.id,
        "name": upload.name,
        "size": upload.size,
        "received": upload.received,
        "missing": list(upload.missing),
        "complete": upload.complete,
        "sha256": upload.sha256,
        "chunk": CHUNK,
    }


def _watched(call: Call) -> Any:
    """Progress that also ends the work when the call is given up."""

    def progress(done: int, total: int) -> None:
        call.stop_if_cancelled()
        call.progress(done, total)

    return progress
