"""The kernel side of the Upload panel: what its front may ask, and what becomes of it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.panels.conftest import Front
from workbench.panels import doors
from workbench.panels.upload import Upload
from workbench.panels.workspace import Workspace
from workbench.steps.receiving.uploads import Uploads

Make = Callable[..., Front]
CSV = b"id;nombre;monto\n1;Ana;1,5\n2;Luis;2,5\n3;x\n"
PLAIN: dict[str, Any] = {"reading": {}, "types": {}}


def send(front: Front, name: str = "ventas.csv", data: bytes = CSV) -> str:
    """A whole upload; its id."""
    upload: str = front.call("begin", name=name, size=len(data))["id"]
    sha256 = hashlib.sha256(data).hexdigest()
    assert front.call("chunk", [data], upload=upload, index=0, sha256=sha256) == len(data)
    assert front.call("finish", upload=upload)["sha256"] == sha256
    return upload


def test_a_file_becomes_a_dataset_that_every_panel_shows(front: Make, workspace: Workspace) -> None:
    panel = front(Upload)
    other = front(Upload)
    told: list[dict[str, Any]] = []
    workspace.on("received", lambda **data: told.append(data))
    item = send(panel)
    seen = panel.call("detect", item=item, **PLAIN)
    assert [each["_row"] for each in seen["unparseable"]] == [4]
    types = {"id": {"type": "text"}}
    outline = panel.call("outline", item=item, dataset="", reading={"decimal": ","}, types=types)
    assert outline["dataset"] == "ventas"
    made = panel.call("create", item=item, dataset="ventas", reading={"decimal": ","}, types=types)
    assert made == outline
    assert (workspace.settings.project / made["file"]).read_bytes() == CSV
    assert (workspace.settings.project / made["spec"]).read_text() == made["text"]
    assert told[0]["dataset"] == workspace.dataset == other.panel.dataset == "ventas"
    assert panel.call("uploads") == []
    assert panel.call("datasets") == ["ventas"]
    panel.wait(lambda message: message.get("event") == "datasets")


def test_a_spanish_panel_says_in_spanish_what_was_found_and_what_failed(front: Make) -> None:
    panel = front(Upload, language="es")
    seen = panel.call("detect", item=send(panel), **PLAIN)
    assert seen["properties"]["delimiter"]["evidence"].endswith("líneas tiene 3 campos")
    assert seen["columns"][0]["evidence"] == "números enteros, por ejemplo '1'"
    told = panel.fail("begin", name="a.csv", size=0)
    assert told["message"] == "el archivo está vacío (0 bytes)"
    assert told["remedy"] == "pídalo de nuevo"


def test_the_front_is_told_the_door_for_chunks(front: Make, workspace: Workspace) -> None:
    panel = front(Upload)
    begun = panel.call("begin", name="a.csv", size=len(CSV))
    found = doors.find(begun["door"])
    assert found and found.path("uploads") == workspace.settings.path("uploads")
    sha256 = hashlib.sha256(CSV).hexdigest()
    assert Uploads(found).take(begun["id"], 0, CSV, sha256).received == len(CSV)
    assert panel.call("prove", upload=begun["id"])["door"] == begun["door"]
    finished = panel.call("finish", upload=begun["id"])
    assert finished["complete"]
    assert "door" not in finished


def test_what_was_left_off_goes_on_in_another_kernel(front: Make) -> None:
    first = front(Upload)
    upload = first.call("begin", name="a.csv", size=len(CSV))["id"]
    first.panel.close()
    second = front(Upload)
    (known,) = second.call("uploads")
    assert (known["id"], known["received"], known["missing"]) == (upload, 0, [0])
    assert second.call("prove", upload=upload)["hashes"] == [""]
    sha256 = hashlib.sha256(CSV).hexdigest()
    second.call("chunk", [CSV], upload=upload, index=0, sha256=sha256)
    assert second.call("prove", upload=upload)["hashes"] == [sha256]
    assert second.call("finish", upload=upload)["complete"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"index": -1, "sha256": "0" * 64}, "index"),
        ({"index": 0, "sha256": "x"}, "sha256"),
        ({"index": 0, "sha256": "0" * 64}, "without its bytes"),
        ({"index": 0, "sha256": "0" * 64, "path": "/etc/passwd"}, "path"),
    ],
)
def test_a_chunk_is_checked_before_it_is_kept(
    front: Make, arguments: dict[str, Any], said: str
) -> None:
    panel = front(Upload)
    upload = panel.call("begin", name="a.csv", size=4)["id"]
    assert said in panel.fail("chunk", upload=upload, **arguments)["message"]
    assert panel.call("uploads")[0]["received"] == 0


def test_a_damaged_chunk_says_what_it_is(front: Make) -> None:
    panel = front(Upload)
    upload = panel.call("begin", name="a.csv", size=4)["id"]
    error = panel.fail("chunk", [b"1234"], upload=upload, index=0, sha256="0" * 64)
    assert error["type"] == "ChunkDamaged"


@pytest.mark.parametrize("item", ["file:../x.csv", "file:/etc/passwd", "../../x", "file:"])
def test_items_are_no_paths_to_elsewhere(front: Make, item: str) -> None:
    panel = front(Upload)
    for call in ("detect", "create"):
        more = {"dataset": "x"} if call == "create" else {}
        assert panel.fail(call, item=item, **PLAIN, **more)["message"]
    assert panel.fail("members", item=item)["message"]


def test_members_of_an_archive_become_uploads(front: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../one.csv", CSV)
        archive.writestr("two.csv", b"x\n1\n")
    panel = front(Upload)
    item = send(panel, "a.zip", path.read_bytes())
    assert panel.call("finish", upload=item)["archive"]
    members = panel.call("members", item=item)
    assert [each["name"] for each in members] == ["../../one.csv", "two.csv"]
    (taken,) = panel.call("unpack", item=item, members=[members[0]["index"]])
    assert (taken["name"], taken["archive"]) == ("one.csv", False)
    assert len(panel.call("detect", item=taken["id"], **PLAIN)["rows"]) == 2
    assert "no such file" in panel.fail("unpack", item=item, members=[99])["message"]


def test_a_file_of_the_server_is_used_where_it_is(front: Make, workspace: Workspace) -> None:
    (workspace.settings.project / "inbox" / "stock.csv").write_bytes(CSV)
    panel = front(Upload)
    assert [each["path"] for each in panel.call("folder", path="inbox")] == ["inbox/stock.csv"]
    chosen = panel.call("choose", path="inbox/stock.csv")
    made = panel.call("create", item=chosen["id"], dataset="stock", **PLAIN)
    assert made["file"] == "inbox/stock.csv"
    assert "path: inbox/stock.csv" in made["text"]


def test_a_delivery_goes_to_its_dataset(front: Make, workspace: Workspace) -> None:
    panel = front(Upload)
    panel.call("create", item=send(panel), dataset="ventas", **PLAIN)
    item = send(panel, "ventas.csv", CSV + b"4;Eva;3\n")
    fit = panel.call("fit", item=item, dataset="ventas")
    assert (fit["exists"], fit["missing"], fit["new"]) == (True, (), ())
    done = panel.call("deliver", item=item, dataset="ventas")
    assert done == {"dataset": "ventas", "file": "inbox/ventas/ventas_2.csv"}
    assert "no dataset" in panel.fail("fit", item=send(panel), dataset="none")["message"]


def test_wrong_corrections_are_told_with_their_place(front: Make) -> None:
    panel = front(Upload)
    item = send(panel)
    error = panel.fail("detect", item=item, reading={"delimiter": ";;"}, types={})
    assert (error["where"], error["remedy"]) == ("delimiter", "correct it, or let it be detected")
    error = panel.fail("detect", item=item, reading={}, types={"id": {"type": "klingon"}})
    assert "klingon" in error["message"] or "types" in error["message"]
