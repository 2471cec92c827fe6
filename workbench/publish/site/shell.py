"""What stands around every page: head, navigation, switch of language, footer."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from workbench.publish import markup
from workbench.publish.markdown import Page, document, words
from workbench.publish.markup import Markup
from workbench.publish.messages import LANGUAGES, NAMES, Language, text

#: Titles of the main pages and where they are.
NAVIGATION = (
    ("datasets", "datasets/index"),
    ("runs", "runs/index"),
    ("lineage", "lineage/index"),
    ("checks", "checks/index"),
    ("glossary", "glossary/index"),
    ("tools", "tools/index"),
    ("docs", "docs/index"),
)
#: The main page that pages of a kind belong to, where their path does not say it.
_BELOW = {"notebook": "runs/index"}


def folder(lang: Language) -> str:
    """Where the pages of a language are, from the root of the site."""
    return "" if lang == "en" else f"{lang}/"


def location(page: Page) -> str:
    """The path of a page from the root of the site, without a suffix."""
    return folder(page.lang) + page.path


def qmd(page: Page, title: str) -> str:
    """A page as a file of the Quarto project; ``title`` is the portal's."""
    up = "../" * location(page).count("/")
    full = title if page.title == title else f"{page.title} · {title}"
    layout = "wb-layout"
    if page.wide:
        layout += " wb-layout--wide"
    if page.toc:
        layout += " wb-layout--toc"
    front: dict[str, Any] = {
        "pagetitle": words(full),
        "lang": page.lang,
        "wb-kind": page.kind,
        "wb-layout": raw(Markup(layout)),
        **({"wb-toc": raw(contents(page))} if page.toc else {}),
        "include-in-header": [{"text": _scripts(page, up)}],
        "include-before-body": [{"text": str(_header(page, title, up))}],
        "include-after-body": [{"text": str(_after(page, up))}],
    }
    return document(front, page.blocks)


def raw(content: Markup) -> str:
    """HTML as the value of a key of front matter, which Pandoc reads as Markdown."""
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence}{content}{fence}{{=html}}"


def _scripts(page: Page, up: str) -> str:
    return "\n".join(
        (
            f'<script src="{up}assets/theme.js"></script>',
            f'<link rel="stylesheet" href="{up}assets/portal.css">',
            f'<link rel="icon" type="image/svg+xml" href="{up}assets/icon.svg">',
            f'<script src="{up}assets/messages-{page.lang}.js" defer></script>',
            f'<script src="{up}assets/portal.js" defer></script>',
        )
    )


def _header(page: Page, title: str, up: str) -> Markup:
    below = _BELOW.get(page.kind) or page.path.rpartition("/")[0] + "/index"
    here = page.path if page.path.endswith("index") else ""
    top = _top(page.lang, up + folder(page.lang), title, here, below)
    return Markup(top.replace(_PLACE, _languages(page, up), 1))


#: Where the links to other languages stand; they are the only part that each page has its own.
_PLACE = "<!--languages-->"


@lru_cache
def _top(lang: Language, root: str, title: str, here: str, below: str) -> Markup:
    items = []
    for key, path in NAVIGATION:
        current = "page" if here == path else "true" if below == path else None
        link = markup.link(f"{root}{path}.html", text(f"nav.{key}", lang), aria_current=current)
        items.append(markup.tag("li", link))
    home = "page" if here == "index" else None
    brand = markup.link(
        f"{root}index.html",
        Markup('<span class="wb-brand__mark" aria-hidden="true"></span>'),
        markup.tag("span", markup.bdi(title), class_="wb-brand__name"),
        class_="wb-brand",
        aria_current=home,
    )
    navigation = markup.tag(
        "nav", markup.tag("ul", *items), class_="wb-nav", aria_label=text("nav.main", lang)
    )
    return markup.join(
        (
            markup.link("#content", text("nav.skip", lang), class_="wb-skip"),
            markup.tag(
                "header",
                markup.tag(
                    "div",
                    brand,
                    navigation,
                    markup.tag("div", Markup(_PLACE), class_="wb-header__tools"),
                    class_="wb-header__inner",
                ),
                class_="wb-header",
            ),
        ),
        "\n",
    )


def _languages(page: Page, up: str) -> Markup:
    links = [
        markup.link(
            f"{up}{folder(lang)}{page.path}.html",
            NAMES[lang],
            lang=lang,
            hreflang=lang,
            aria_current="true" if lang == page.lang else None,
        )
        for lang in LANGUAGES
    ]
    label = text("nav.languages", page.lang)
    return markup.tag("nav", *links, class_="wb-languages", aria_label=label)


def _after(page: Page, up: str) -> Markup:
    parts = []
    if page.as_of:
        moment = datetime.fromisoformat(page.as_of)
        said = text("footer.as_of", page.lang)
        parts.append(markup.tag("p", said, " ", markup.time(moment, page.lang)))
    licences = markup.link(f"{up}assets/licences.txt", text("footer.licences", page.lang))
    parts.append(markup.tag("p", licences))
    inner = markup.tag("div", *parts, class_="wb-footer__inner")
    return markup.tag("footer", inner, class_="wb-footer")


def contents(page: Page) -> Markup:
    """The table of contents beside a page."""
    items = [markup.tag("li", markup.link(f"#{anchor}", title)) for anchor, title in page.toc]
    return markup.tag(
        "aside",
        markup.tag(
            "nav",
            markup.tag("p", text("nav.toc", page.lang), id="toc-title", class_="wb-toc__title"),
            markup.tag("ul", *items),
            aria_labelledby="toc-title",
        ),
        class_="wb-toc",
    )
