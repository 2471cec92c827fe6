"""The Upload panel: with mouse and keyboard, from disk, address and archive, after a restart."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import served
from tests.browser.lab.conftest import Lab, OpenPanel, restart_kernel, run_all, violations_in
from workbench.config import Settings
from workbench.spec.loader import load_project

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request

CODE = "from workbench.panels import Upload\nUpload()"
#: Every chunk takes its time, so that something can happen meanwhile.
SLOW = """() => {
  const quick = window.fetch;
  window.fetch = async (url, ...rest) => {
    if (String(url).includes("/workbench/uploads/")) await new Promise((on) => setTimeout(on, 500));
    return quick(url, ...rest);
  };
}"""
#: In the address of a chunk that goes to the server.
CHUNKS = "/workbench/uploads/"
HOSTILE = "<img src=x onerror=alert(1)>"
CSV = (
    f"id;año;monto;fecha;nota\n1;2024;1.234,50;03/04/2025;{HOSTILE}\n"
    "2;2025;7,25;13/04/2025;b\n3;x\n4;2025;NA;14/04/2025;c\n5;2025;9,5;15/04/2025;d;extra\n"
)


@pytest.fixture(autouse=True)
def no_uploads(lab: Lab) -> None:
    """Nothing is left of other tests."""
    shutil.rmtree(lab.home / "uploads", ignore_errors=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"ventas {HOSTILE.replace('/', '')} 2025.csv"
    path.write_text(CSV)
    return path


def project(lab: Lab) -> Settings:
    return Settings(project=lab.project, home=lab.home, environ={})


def choose(panel: Locator, path: Path) -> None:
    panel.locator("input[type=file]").first.set_input_files(path)


def drop(panel: Locator, path: Path) -> None:
    """Drag a file over the panel, and let it go there."""
    data = panel.page.evaluate_handle(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            return data;
        }""",
        [path.name, path.read_text()],
    )
    zone = panel.locator(".wb-drop")
    zone.dispatch_event("dragenter", {"dataTransfer": data})
    expect(zone).to_have_class(re.compile("wb-drop--over"))
    zone.dispatch_event("drop", {"dataTransfer": data})
    expect(zone).not_to_have_class(re.compile("wb-drop--over"))


def test_a_file_is_corrected_and_becomes_a_dataset(
    open_panel: OpenPanel, lab: Lab, file: Path
) -> None:
    page, panel = open_panel(CODE)
    drop(panel, file)
    expect(panel.locator(".wb-file-name")).to_have_text(file.name)
    # what was detected, and the bad lines with their numbers
    expect(panel.get_by_role("combobox", name="Delimiter")).to_contain_text("detected: ;")
    bad = panel.get_by_role("region", name="2 bad lines go to quarantine")
    expect(bad.locator("tbody tr")).to_have_text(
        [
            "42 fields where 5 are expected3;x",
            "66 fields where 5 are expected5;2025;9,5;15/04/2025;d;extra",
        ]
    )
    assert panel.locator("img").count() == 0
    expect(panel.locator(".wb-head-table")).to_contain_text(HOSTILE)
    assert violations_in(page) == []
    # a correction is parsed at once, and undone
    panel.get_by_role("combobox", name="Delimiter").select_option("|")
    expect(panel.locator(".wb-columns tbody tr")).to_have_count(1)
    panel.get_by_role("button", name="Undo corrections").click()
    expect(panel.locator(".wb-columns tbody tr")).to_have_count(5)
    # a type that does not fit says so, with line and text
    panel.get_by_label("Type of nota").select_option("integer")
    expect(panel.locator(".wb-reads--not")).to_contain_text(f"line 2: {HOSTILE}")
    panel.get_by_label("Type of nota").select_option("text")
    panel.get_by_label("Type of ano").select_option("text")
    panel.get_by_role("combobox", name="Header line").select_option("other…")
    panel.get_by_role("textbox", name="Header line").fill("99")
    panel.get_by_role("textbox", name="Header line").press("Enter")
    expect(panel.locator(".wb-error")).to_contain_text("the header should be on line 99")
    panel.get_by_role("combobox", name="Header line").select_option("detected: 1")
    expect(panel.locator(".wb-error")).to_have_count(0)
    # the spec is seen before it is written
    panel.get_by_label("Name", exact=True).fill("Ventas!")
    expect(panel.locator(".wb-fault").first).to_contain_text("Ventas!")
    panel.get_by_label("Name", exact=True).fill("ventas")
    expect(panel.locator(".wb-yaml")).to_contain_text("dataset: ventas")
    expect(panel.locator(".wb-yaml")).to_contain_text("text, chosen by hand")
    panel.get_by_role("button", name="Create the dataset").click()
    expect(panel.locator(".wb-file-state")).to_contain_text("Dataset ventas was created")
    spec = load_project(project(lab)).dataset("ventas")
    assert spec.source.path == ("inbox/ventas/*.csv",)
    (delivered,) = (lab.project / "inbox" / "ventas").iterdir()
    assert delivered.read_text() == CSV
    assert not list((lab.home / "uploads").iterdir())


@pytest.mark.long
def test_with_the_keyboard_only(open_panel: OpenPanel, lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "clientes.csv"
    path.write_text("id,nombre\n1,Ana\n2,Luis\n")
    page, panel = open_panel(CODE)
    panel.get_by_role("textbox", name="From an address").focus()  # JupyterLab is left, once
    # from the beginning: Playwright begins to listen a moment after it is told
    page.on("filechooser", lambda chooser: chooser.set_files(path))
    reach(page, panel, "Choose files", backward=True)
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-properties")).to_be_visible()
    reach(page, panel, "Delimiter")
    page.keyboard.type(";")  # a select takes what is typed
    expect(panel.locator(".wb-columns tbody tr")).to_have_count(1)
    reach(page, panel, "Undo corrections", backward=True)
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-columns tbody tr")).to_have_count(2)
    reach(page, panel, "Name")
    expect(panel.locator(".wb-yaml")).to_contain_text("dataset: clientes")
    page.keyboard.press("End")
    page.keyboard.type("_nuevos")
    expect(panel.locator(".wb-yaml")).to_contain_text("dataset: clientes_nuevos")
    page.keyboard.press("Enter")
    expect(panel.locator(".wb-file-state")).to_contain_text("clientes_nuevos was created")
    assert load_project(project(lab)).dataset("clientes_nuevos")


def reach(page: Page, panel: Locator, name: str, *, backward: bool = False) -> None:
    """Press Tab until an element of this name has focus."""
    for _ in range(60):
        focused = page.evaluate(
            """() => {
              const it = document.activeElement;
              return it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent;
            }"""
        )
        if str(focused).strip() == name:
            return
        page.keyboard.press("Shift+Tab" if backward else "Tab")
    pytest.fail(f"{name} cannot be reached with Tab")


@pytest.mark.long
def test_an_archive_from_an_address_and_a_delivery(
    open_panel: OpenPanel, lab: Lab, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "mes.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../stock_05.csv", "sku;unidades\na;1\n")
        archive.writestr(f"{HOSTILE}.txt", "hola")
    (lab.project / "specs" / "datasets" / "stock.yml").write_text(
        "dataset: stock\nsource: {path: 'inbox/stock/*.csv'}\ntransforms: []\ncolumns: {}\n"
        "targets: [{connection: warehouse, strategy: append}]\n"
    )
    (lab.project / "inbox" / "stock").mkdir()
    (lab.project / "inbox" / "stock" / "stock_04.csv").write_text("sku;unidades;zona\na;1;n\n")
    _, panel = open_panel(CODE)
    with served(tmp_path) as address:
        panel.get_by_label("From an address").fill("file:///etc/passwd")
        panel.get_by_label("From an address").press("Enter")
        expect(panel.locator(".wb-error")).to_contain_text("only http:// and https://")
        panel.get_by_label("From an address").fill(f"{address}/mes.zip")
        panel.get_by_label("From an address").press("Enter")
        expect(panel.get_by_text("mes.zip holds 2 files")).to_be_visible()
    panel.get_by_label("../stock_05.csv").check()
    panel.get_by_role("button", name="Take 1 file").click()
    expect(panel.locator(".wb-columns tbody tr")).to_have_count(2)
    panel.get_by_role("tab", name="Deliver to a dataset").click()
    panel.get_by_label("Dataset", exact=True).last.select_option("stock")
    expect(panel.locator(".wb-fit")).to_contain_text("Columns that are missing: zona")
    panel.get_by_role("button", name="Deliver", exact=True).click()
    done = "Delivered to stock: inbox/stock/stock_05.csv"
    expect(panel.locator(".wb-file-state", has_text=done)).to_be_visible()
    assert (lab.project / "inbox" / "stock" / "stock_05.csv").read_text() == "sku;unidades\na;1\n"


@pytest.mark.long
def test_an_upload_goes_on_after_its_kernel_was_restarted(
    open_panel: OpenPanel, lab: Lab, tmp_path: Path
) -> None:
    data = b"id;texto\n" + random.Random(5).randbytes(15 << 20).hex().encode()
    path = tmp_path / "grande.csv"
    path.write_bytes(data)
    page, panel = open_panel(CODE)
    page.evaluate(SLOW)
    asked = chunks_asked(page)
    choose(panel, path)
    page.wait_for_function(
        "() => { const bar = document.querySelector('.wb-file progress');"
        " return bar && bar.value > 0.2 && bar.value < 0.9; }"
    )
    restart_kernel(page)
    expect(panel.locator(".wb-gone")).to_be_visible()
    (upload,) = (lab.home / "uploads").iterdir()
    assert (upload / "content.part").exists()
    run_all(page)
    left = page.locator(".wb-panel:not(.wb-panel--gone) .wb-file")
    expect(left).to_contain_text("choose the same file again")
    # another file of this size is not taken for it
    other = tmp_path / "sub" / "grande.csv"
    other.parent.mkdir()
    other.write_bytes(bytes(len(data)))
    left.locator("input[type=file]").set_input_files(other)
    expect(left).to_contain_text("another file")
    left.locator("input[type=file]").set_input_files(path)
    expect(left.locator("[data-state=ready]")).to_be_visible()
    assert (
        hashlib.sha256((upload / "content").read_bytes()).digest() == hashlib.sha256(data).digest()
    )
    # all but those on their way when the kernel went were taken by the server
    assert len(asked) > 8
    left.get_by_role("button", name="Remove").click()
    expect(left).to_have_count(0)


def chunks_asked(page: Page) -> list[Request]:
    """The chunks that the page sends to the server from now on."""
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if CHUNKS in each.url else None)
    return asked


@pytest.mark.long
@pytest.mark.parametrize("extension", [True, False], ids=["server", "kernel"])
def test_chunks_go_to_the_server_and_without_its_extension_to_the_kernel(
    open_panel: OpenPanel, lab: Lab, tmp_path: Path, extension: bool
) -> None:
    data = b"id;texto\n" + random.Random(6).randbytes(5 << 20).hex().encode()
    path = tmp_path / "mediano.csv"
    path.write_bytes(data)
    page, panel = open_panel(CODE)
    asked = chunks_asked(page)
    if not extension:  # asked where no server has an answer
        page.route(f"**{CHUNKS}**", lambda route: route.continue_(url=f"{lab.url}/api/no/such"))
    choose(panel, path)
    expect(panel.locator(".wb-file [data-state=ready]")).to_be_visible()
    (upload,) = (lab.home / "uploads").iterdir()
    assert (upload / "content").read_bytes() == data
    statuses = [found.status for each in asked if (found := each.response())]
    assert statuses == [200 if extension else 404] * 3
