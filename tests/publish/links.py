"""Finds links that lead nowhere, and what a page must not have."""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_ADDRESSES = {"href", "src", "action", "data", "poster", "srcset", "formaction"}


class Page(HTMLParser):
    """Links, anchors, tags, attributes and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.scripts: list[dict[str, str | None]] = []
        self.script_text = ""
        self.lang = ""
        self.title = ""
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside.append(tag)
        values = dict(attrs)
        if tag == "html":
            self.lang = values.get("lang") or ""
        if tag == "script":
            self.scripts.append(values)
        for name, value in attrs:
            self.attributes.append((tag, name, value))
            if name in _ADDRESSES and value is not None:
                self.links.append(value)
            if name == "id" and value is not None:
                self.anchors.append(value)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._inside[-1:]:
            self.script_text += data
        else:
            self.text += data
        if self._inside[-1:] == ["title"] and "body" not in self._inside:
            self.title += data


def read(path: Path) -> Page:
    """The page in a file."""
    return Page(path.read_text(encoding="utf-8"))


def broken(site: Path) -> list[str]:
    """Links within the site that lead to no file or no anchor, and anchors that are there twice."""
    pages = {path: read(path) for path in sorted(site.rglob("*.html"))}
    found: list[str] = []
    inside = site.resolve()
    anchors = {path.resolve(): set(page.anchors) for path, page in pages.items()}
    for path, page in pages.items():
        where = path.relative_to(site)
        seen: dict[str, int] = defaultdict(int)
        for anchor in page.anchors:
            seen[anchor] += 1
        found += [f"{where}: the anchor {a!r} is there {n} times" for a, n in seen.items() if n > 1]
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else path.parent / unquote(parts.path)
            target = target.resolve()
            if link.startswith("/") or not target.is_relative_to(inside):
                found.append(f"{where}: {link} leaves the site")
            elif not target.is_file():
                found.append(f"{where}: {link} leads to no file")
            elif parts.fragment and target.suffix == ".html":
                fragment = unquote(parts.fragment)
                if "=" not in fragment and fragment not in anchors.get(target, set()):
                    found.append(f"{where}: {link} leads to no anchor")
    return found


def foreign(page: Page) -> list[str]:
    """What a page would load from elsewhere, and what would run within it."""
    found = [
        f"<{tag} {name}={value}>"
        for tag, name, value in page.attributes
        if value is not None
        and name in _ADDRESSES
        and tag != "a"
        and not value.startswith("data:image/")
        and (urlsplit(value).scheme or urlsplit(value).netloc)
    ]
    found += [f"<{tag} {name}>" for tag, name, _ in page.attributes if name.startswith("on")]
    found += [f"<{tag} style>" for tag, name, _ in page.attributes if name == "style"]
    found += [
        "a script within the page"
        for script in page.scripts
        if "src" not in script and script.get("type") != "application/json"
    ]
    found += [
        f"a link to {link}" for link in page.links if link.strip().lower().startswith("javascript:")
    ]
    refused = ("iframe", "object", "embed", "base", "form")
    return found + [f"<{tag}>" for tag in page.tags if tag in refused]
