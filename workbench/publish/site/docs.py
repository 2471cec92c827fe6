"""The hand-written pages: Markdown files of the portal's ``docs`` folder, as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.publish import markdown, markup
from workbench.publish.embedded import contents
from workbench.publish.markdown import Page
from workbench.publish.messages import LANGUAGES, Language
from workbench.publish.pages.head import head
from workbench.publish.pages.writer import World, Writer

_LINK = re.compile(r"(\]\()((?!\w+:)[^)\s#]+?)\.q?md((?:#[^)\s]*)?\))")
_TITLE = re.compile(r"^# +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Doc:
    """A hand-written page: its text in each language that it was written in."""

    name: str
    texts: dict[Language, str]

    @property
    def title(self) -> str:
        """Its first heading."""
        return title_of(self.texts["en"], self.name)

    @property
    def path(self) -> str:
        """Where its page is."""
        return f"docs/{self.name}"


def title_of(text: str, name: str) -> str:
    """The first heading of a text."""
    match = _TITLE.search(text)
    return match[1] if match else name


def read(folder: Path) -> tuple[Doc, ...]:
    """The docs of a portal; ``docs/es/NAME.md`` is ``docs/NAME.md`` in Spanish."""
    found = []
    for path in sorted((folder / "docs").glob("*.md")):
        texts: dict[Language, str] = {"en": path.read_text(encoding="utf-8")}
        for lang in LANGUAGES[1:]:
            other = path.parent / lang / path.name
            if other.is_file():
                texts[lang] = other.read_text(encoding="utf-8")
        found.append(Doc(path.stem, texts))
    # a newcomer reads them in this order
    names = ("first-dataset", "control-room", "concepts", "portal", "operations")
    order = {name: place for place, name in enumerate(names)}
    return tuple(sorted(found, key=lambda doc: (order.get(doc.name, 9), doc.name)))


def pictures(folder: Path) -> dict[str, Path]:
    """The pictures of the docs, by where they are in a site: beside the pages of each language."""
    found = {}
    for path in sorted((folder / "docs" / "images").glob("*")):
        if path.suffix in (".svg", ".png"):
            found[f"docs/images/{path.name}"] = path
            for lang in LANGUAGES[1:]:
                found[f"{lang}/docs/images/{path.name}"] = path
    return found


def pages(world: World, doc: Doc) -> Iterator[Page]:
    """A doc as a page of each language."""
    for lang in LANGUAGES:
        w = Writer(world, lang, doc.path)
        text = doc.texts.get(lang, doc.texts["en"])
        title = title_of(text, doc.name)
        body = _LINK.sub(r"\1\2.html\3", _TITLE.sub("", text, count=1)).strip("\n")
        blocks = [head(w, title, kicker=w.t("docs"), crumbs=((w.t("docs"), "docs/index"),))]
        foreign = lang not in doc.texts
        if foreign:
            said = markup.tag("p", w.t("docs.only_english"), class_="wb-callout__title")
            box = markup.tag("div", said, class_="wb-callout wb-callout--info", role="note")
            blocks += [markdown.html(box), markdown.html(markup.Markup('<div lang="en">'))]
        blocks.append(body)
        if foreign:
            blocks.append(markdown.html(markup.Markup("</div>")))
        yield Page(
            doc.path,
            lang,
            "docs",
            title,
            tuple(blocks),
            crumbs=((w.t("docs"), "docs/index"),),
            toc=tuple(contents(body)),
        )
