"""From bytes to UTF-8: which encoding a text file has, and proof that all of it can be read."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from workbench.errors import SourceEmpty, SourceUnreadable
from workbench.sources.parsing.finding import Finding, given

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)
# the C1 range means printable signs in cp1252 and nothing in latin-1
_C1 = re.compile(rb"[\x80-\x9f]")
_CP1252_HOLES = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_SINGLE_BYTE = ("cp1252", "cp850", "mac_roman")
_HIGH_LINE = re.compile(rb"[^\r\n]{0,200}[\x80-\xff][^\r\n]{0,200}")
_SAMPLE = 1 << 16
_ASCII = bytes(range(128))
_NOTHING = b" \t\r\n\x00"


@dataclass(frozen=True)
class Text:
    """A whole file as UTF-8 without BOM."""

    data: bytes
    encoding: Finding


def decode(raw: bytes, encoding: str | None, *, name: str, partial: bool = False) -> Text:
    """The bytes of a file as UTF-8.

    ``encoding`` as given, or detected if ``None``. ``partial`` says that ``raw`` is only the head
    of a file. Raises ``SourceEmpty`` or ``SourceUnreadable`` with byte offset and line.
    """
    if not raw:
        raise SourceEmpty(
            "the file is empty (0 bytes)", where=name, remedy="ask for it again, or remove it"
        )
    bom = next((label for mark, label in _BOMS if raw.startswith(mark)), None)
    if encoding is None:
        refuse_binary(raw, name)
        found = _detect(raw, bom, name, partial)
    else:
        found = given(encoding)
        if bom and codecs.lookup(encoding).name in ("utf-8", "utf-16-le", "utf-16-be"):
            encoding = bom
    data = _to_utf8(raw, encoding or str(found.value), found, name, partial)
    if not data[:4096].strip(_NOTHING) and not data.strip(_NOTHING):
        raise SourceEmpty(
            "the file holds no text, only blank lines",
            where=name,
            remedy="ask for it again, or remove it",
        )
    return Text(data, found)


def refuse_binary(raw: bytes, name: str) -> None:
    """Raise ``SourceUnreadable`` if ``raw`` is no text."""
    kind = next((label for magic, label in _MAGIC if raw.startswith(magic)), None)
    if kind is None and not _utf16_by_zeros(raw) and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        # NUL runs come from interrupted writers and are dealt with record by record
        head = raw[:_SAMPLE]
        strange = len(_CONTROL.findall(head.replace(b"\x00", b"")))
        zeros = head.count(b"\x00")
        if strange > len(head) * 0.02 or zeros > len(head) * 0.3:
            kind = "binary data, not text"
    if kind is not None:
        raise SourceUnreadable(
            f"the file is {kind}",
            where=name,
            remedy="give a text file or an Excel workbook; unpack archives first",
        )


def _utf16_by_zeros(raw: bytes) -> str | None:
    """UTF-16 without BOM: nearly every second byte of Latin text is zero."""
    head = raw[:4096]
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > pairs * 0.6 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.6 and odd < pairs * 0.1:
        return "utf-16-be"
    return None


def _detect(raw: bytes, bom: str | None, name: str, partial: bool) -> Finding:
    if bom:
        return Finding(value=bom, evidence="byte order mark at the start")
    wide = _utf16_by_zeros(raw)
    if wide:
        return Finding(value=wide, confidence=0.95, evidence="every second byte is zero")
    if raw.isascii():
        return Finding(value="utf-8", evidence="only ASCII characters, alike in every candidate")
    try:
        raw.decode("utf-8")
        return Finding(value="utf-8", evidence="every byte of the file is valid UTF-8")
    except UnicodeDecodeError as error:
        if partial and error.reason == "unexpected end of data" and error.end == len(raw):
            return Finding(value="utf-8", evidence="every byte of the head is valid UTF-8")
        sample = _high_lines(raw) + b"\n" + raw[max(0, error.start - 500) : error.end + 500]
        loose = sample.decode("utf-8", "replace")
        broken = loose.count("\ufffd")
        valid = sum(1 for char in loose if char > "\x7f") - broken
        if valid > 20 * broken:
            raise SourceUnreadable(
                f"the file is UTF-8 but damaged: {_place(raw, error.start)} is not "
                "(tried: utf-8 with and without byte order mark, utf-16)",
                where=name,
                remedy="mend the file, or state another encoding, such as `encoding: cp1252`",
            ) from None
    return _single_byte(raw)


def _single_byte(raw: bytes) -> Finding:
    """Western encodings by how well their letters make words; others by charset-normalizer."""
    sample = _high_lines(raw)
    high = raw.translate(None, _ASCII)
    # the first of equals: cp1252 is by far the most frequent
    label = max(_SINGLE_BYTE, key=lambda one: _score(sample, one))
    best = _score(sample, label)
    if best < 0.6:
        other = _by_frequencies(sample)
        if other:
            return Finding(value=other, confidence=0.6, evidence="by how often letters come up")
    evidence = f"{best:.0%} of its accented letters stand in words"
    if label == "cp1252":
        if not _C1.search(high):
            return Finding(
                value="latin-1",
                confidence=max(0.5, round(best, 2)),
                evidence=f"not UTF-8, and no byte from 0x80 to 0x9f; {evidence}",
            )
        if _CP1252_HOLES.search(high):
            return Finding(
                value="latin-1",
                confidence=0.5,
                evidence="not UTF-8, and has bytes that cp1252 does not define",
            )
        evidence = f"not UTF-8, and has signs that only cp1252 has; {evidence}"
    return Finding(value=label, confidence=max(0.4, round(best * 0.95, 2)), evidence=evidence)


def _high_lines(raw: bytes) -> bytes:
    """Pieces of lines around bytes beyond ASCII, from the first ones of the file."""
    return b"\n".join(
        match.group() for _, match in zip(range(400), _HIGH_LINE.finditer(raw), strict=False)
    )


_LETTERS = frozenset("áéíóúñüçãõâêôàèìòùäößåøæëïîûÁÉÍÓÚÑÜÇÃÕÂÊÔÀÈÌÒÙÄÖÅØÆËÏÎÛ")
_SIGNS = frozenset("°ºª€£¿¡«»§©®±²³·–—‘’“”…•\xa0")


def _score(sample: bytes, label: str) -> float:
    """Share of characters beyond ASCII that are letters within words or usual signs."""
    text = sample.decode(label, "replace")
    good = total = 0.0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char <= "\x7f":
            continue
        total += 1
        if char in _LETTERS:
            near = (before.isalpha() and before.isascii()) or (after.isalpha() and after.isascii())
            odd_case = (
                char.isupper() and before.isalpha() and (before + after) != (before + after).upper()
            )
            good += 0.2 if odd_case else (1.0 if near else 0.5)
        elif char in _SIGNS:
            good += 0.6
    return good / total if total else 0.0


def _by_frequencies(sample: bytes) -> str | None:
    import charset_normalizer

    best = charset_normalizer.from_bytes(sample, threshold=0.3).best()
    return best.encoding if best else None


def _to_utf8(raw: bytes, encoding: str, found: Finding, name: str, partial: bool) -> bytes:
    label = codecs.lookup(encoding).name
    try:
        if label == "utf-8" or encoding == "utf-8-sig":
            data = raw.removeprefix(codecs.BOM_UTF8)
            if found.given or partial:
                data.decode("utf-8")
            return data
        return raw.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except UnicodeDecodeError as error:
        if partial and error.end >= len(raw) - 4:
            return raw[: error.start].decode(encoding).removeprefix("\ufeff").encode("utf-8")
        if error.start == len(raw) or error.reason in ("truncated data", "unexpected end of data"):
            reason = "it ends in the middle of a character"
        else:
            reason = _place(raw, error.start)
        said = "as the spec says" if found.given else "as detected"
        raise SourceUnreadable(
            f"the file does not read as {encoding}, {said}: {reason}",
            where=name,
            remedy="leave `encoding` out to have it detected, or state the right one",
        ) from None


def _place(raw: bytes, offset: int) -> str:
    before = raw[:offset]
    line = before.count(b"\n") + 1
    if b"\r" in before:
        line += before.count(b"\r") - before.count(b"\r\n")
    return f"byte 0x{raw[offset]:02x} at offset {offset:,} (line {line:,})"
