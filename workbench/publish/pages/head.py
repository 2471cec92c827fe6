"""The head of a page: what it is about, in one line, one sentence and a few facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.publish import markdown, markup
from workbench.publish.markup import Markup
from workbench.publish.pages.writer import Writer

#: Home is above every page.
Crumbs = tuple[tuple[str, str], ...]


def breadcrumbs(w: Writer, crumbs: Crumbs, title: str) -> Markup:
    """The way from home to here; ``crumbs`` are (title, path)."""
    items = [
        markup.tag("li", w.link(path, name)) for name, path in ((w.t("home"), "index"), *crumbs)
    ]
    items.append(markup.tag("li", markup.bdi(title), aria_current="page"))
    return markup.tag(
        "nav", markup.tag("ol", *items), class_="wb-breadcrumbs", aria_label=w.t("nav.breadcrumbs")
    )


def head(
    w: Writer,
    title: str,
    *,
    kicker: str = "",
    lead: Any = "",
    facts: Iterable[Any] = (),
    crumbs: Crumbs | None = None,
) -> str:
    """Breadcrumbs and head of a page as a block; home has no ``crumbs``.

    There is always a line above the title: Quarto would move a title that comes first elsewhere.
    """
    kicker = kicker or (w.t("home") if crumbs is None else w.world.title)
    shown = [each for each in facts if each]
    return markdown.html(
        markup.join(
            (
                None if crumbs is None else breadcrumbs(w, crumbs, title),
                markup.tag(
                    "header",
                    markup.tag("p", markup.bdi(kicker), class_="wb-kicker"),
                    markup.tag("h1", markup.bdi(title)),
                    markup.tag("p", markup.bdi(lead), class_="wb-lead") if lead else None,
                    markup.tag("div", markup.join(shown, " "), class_="wb-facts")
                    if shown
                    else None,
                    class_="wb-pagehead",
                ),
            )
        )
    )


def sections(w: Writer, items: Sequence[tuple[str, str, int | None]]) -> str:
    """Local navigation: (anchor, title, number of what is in it)."""
    links = [
        markup.tag(
            "li",
            markup.link(
                f"#{anchor}",
                title,
                markup.join((" ", markup.tag("span", w.n(count), class_="wb-count")))
                if count is not None
                else "",
            ),
        )
        for anchor, title, count in items
    ]
    return markdown.html(
        markup.tag(
            "nav", markup.tag("ul", *links), class_="wb-sections", aria_label=w.t("nav.sections")
        )
    )
