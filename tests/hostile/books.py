"""Workbooks and archives by hand, so that they can be what no honest program writes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_OFFICE = "application/vnd.openxmlformats"
_TYPES = (
    '<?xml version="1.0"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Default Extension="rels" ContentType="{_OFFICE}-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    f' ContentType="{_OFFICE}-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    f' ContentType="{_OFFICE}-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def cell(place: str, value: object) -> str:
    """One cell as XML: numbers as numbers, ``#…!`` as errors, ``=…`` as formulas with a value."""
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    text = str(value)
    if text.startswith("#"):
        return f'<c r="{place}" t="e"><v>{escape(text)}</v></c>'
    if text.startswith("date:"):
        return f'<c r="{place}" s="1"><v>{text[5:]}</v></c>'
    if text.startswith("="):
        formula, _, shown = text[1:].partition("|→")
        return f'<c r="{place}" t="str"><f>{escape(formula)}</f><v>{escape(shown)}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def sheet(rows: Sequence[Sequence[object]], *, dimension: str = "", more: str = "") -> str:
    """A sheet as XML; ``more`` follows the cells."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            cell(f"{chr(65 + column)}{number}", value)
            for column, value in enumerate(row)
            if value is not None
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    size = f'<dimension ref="{dimension}"/>' if dimension else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet {_MAIN}>{size}'
        f"<sheetData>{''.join(lines)}</sheetData>{more}</worksheet>"
    )


def parts(
    body: str, *, name: str = "Sheet1", epoch: int = 1900, extra: Mapping[str, str | bytes] = {}
) -> dict[str, str | bytes]:
    """The files of a workbook with one sheet."""
    date = ' date1904="1"' if epoch == 1904 else ""
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">'
        f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook {_MAIN} xmlns:r="{_REL}">'
        f'<workbookPr{date}/><sheets><sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="1"'
        ' r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}">'
        f'<Relationship Id="r1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_REL}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r3" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<?xml version="1.0"?><styleSheet {_MAIN}><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": body,
        **extra,
    }


def archive(entries: Mapping[str, str | bytes], *, links: Mapping[str, str] = {}) -> bytes:
    """A zip archive; ``links`` are entries that claim to be symbolic links."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in entries.items():
            bundle.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        for name, target in links.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = 0o120777 << 16
            bundle.writestr(entry, target)
    return out.getvalue()


def book(rows: Sequence[Sequence[object]], **options: object) -> bytes:
    """A workbook with these rows."""
    about = {key: options.pop(key) for key in ("name", "epoch", "extra") if key in options}
    return archive(parts(sheet(rows, **options), **about))  # type: ignore[arg-type]


def lying(content: bytes, size: int) -> bytes:
    """The archive with the size of its last entry stated as another."""
    raw = bytearray(content)
    central = raw.rfind(b"PK\x01\x02")
    raw[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(raw)
