"""Glossary, data dictionary, tools and docs: the pages that explain the others."""

from __future__ import annotations

from workbench.publish import markdown, markup
from workbench.publish.markdown import Page
from workbench.publish.markup import Th
from workbench.publish.messages import Language
from workbench.publish.pages.dataset_schema import column_anchor
from workbench.publish.pages.head import head
from workbench.publish.pages.writer import World, Writer

_KINDS = ("jupyter", "api", "database", "docs", "other")


def glossary(world: World, lang: Language) -> Page:
    """Terms with the columns that stand for them, and every column of every dataset."""
    w = Writer(world, lang, "glossary/index")
    uses = world.terms
    items = []
    terms = sorted(world.glossary.items(), key=lambda item: item[1].name.lower())
    for key, term in terms:
        columns = [
            markup.link(
                w.href(f"datasets/{dataset.name}", column_anchor(column)),
                markup.code(f"{dataset.name}.{column}"),
            )
            for dataset, column in uses.get(key, ())
        ]
        synonyms = ", ".join(term.synonyms)
        items.append(
            markup.tag(
                "div",
                markup.tag("dt", markup.bdi(term.name), id=f"term-{key}"),
                markup.tag(
                    "dd",
                    markup.tag("p", markup.bdi(term.definition or w.t("glossary.undefined"))),
                    markup.tag("p", w.t("glossary.synonyms"), " ", markup.bdi(synonyms))
                    if synonyms
                    else None,
                    markup.tag("p", w.t("owner"), ": ", markup.bdi(term.owner))
                    if term.owner
                    else None,
                    markup.tag(
                        "p",
                        w.t("glossary.columns") if columns else w.t("glossary.unused"),
                        " ",
                        markup.join(columns, ", "),
                        class_="wb-small",
                    ),
                ),
            )
        )
    blocks = [head(w, w.t("glossary"), lead=w.t("glossary.lead"), crumbs=())]
    if items:
        listed = markup.tag("dl", *items, class_="wb-dl")
        blocks.append(markdown.section("terms", w.t("glossary.terms"), markdown.html(listed)))
    else:
        blocks.append(markdown.html(markup.empty(w.t("glossary.none"), w.t("glossary.none.hint"))))
    blocks.append(
        markdown.section(
            "dictionary",
            w.t("dictionary"),
            markdown.words(w.t("dictionary.words")),
            markdown.html(_dictionary(w)),
        )
    )
    as_of = markup.iso(world.snapshot.as_of)
    return Page("glossary/index", lang, "glossary", w.t("glossary"), tuple(blocks), as_of=as_of)


def _dictionary(w: Writer) -> markup.Markup:
    columns = [
        Th(w.t("column")), Th(w.t("dataset")), Th(w.t("type")), Th(w.t("description")),
        Th(w.t("term")),
    ]  # fmt: skip
    rows = []
    for dataset in w.world.snapshot.datasets.values():
        for column in dataset.columns:
            term = w.world.glossary.get(column.term or "")
            rows.append(
                (
                    markup.link(
                        w.href(f"datasets/{dataset.name}", column_anchor(column.name)),
                        markup.code(column.name),
                    ),
                    w.dataset_link(dataset.name),
                    markup.tag("code", column.type, class_="wb-type"),
                    markup.bdi(column.description) if column.description else "–",
                    markup.link(f"#term-{column.term}", markup.bdi(term.name)) if term else "–",
                )
            )
    return markup.table("dictionary", w.t("dictionary"), columns, rows, tools=True)


def tools(world: World, lang: Language) -> Page:
    """Links to where the work is done; from ``specs/portal.yml``."""
    w = Writer(world, lang, "tools/index")
    blocks = [head(w, w.t("tools"), lead=w.t("tools.lead"), crumbs=())]
    for kind in _KINDS:
        cards = [
            markup.tag(
                "li",
                markup.tag(
                    "h3",
                    markup.link(tool.url, markup.bdi(tool.title), rel="noreferrer"),
                    class_="wb-card__title",
                ),
                markup.tag("p", markup.bdi(tool.description or tool.url), class_="wb-card__text"),
                class_="wb-card",
            )
            for tool in world.portal.tools
            if tool.kind == kind
        ]
        if cards:
            listed = markup.tag("ul", *cards, class_="wb-cards")
            blocks.append(
                markdown.section(f"tools-{kind}", w.t(f"tools.{kind}"), markdown.html(listed))
            )
    own = [
        markup.tag(
            "li",
            markup.tag("h3", w.link(path, w.t(key)), class_="wb-card__title"),
            markup.tag("p", w.t(f"{key}.lead"), class_="wb-card__text"),
            class_="wb-card",
        )
        for path, key in (
            ("checks/index", "checks"), ("lineage/index", "lineage"),
            ("glossary/index", "glossary"), ("docs/index", "docs"),
        )
    ]  # fmt: skip
    listed = markup.tag("ul", *own, class_="wb-cards")
    blocks.append(markdown.section("here", w.t("tools.here"), markdown.html(listed)))
    return Page("tools/index", lang, "tools", w.t("tools"), tuple(blocks))


def docs(world: World, lang: Language) -> Page:
    """The hand-written pages."""
    w = Writer(world, lang, "docs/index")
    cards = [
        markup.tag(
            "li",
            markup.tag("h3", w.link(path, title), class_="wb-card__title"),
            class_="wb-card",
        )
        for path, title in world.docs
    ]
    blocks = [
        head(w, w.t("docs"), lead=w.t("docs.lead"), crumbs=()),
        markdown.section(
            "pages",
            w.t("docs.pages"),
            markdown.html(markup.tag("ul", *cards, class_="wb-cards")),
        ),
    ]
    return Page("docs/index", lang, "docs", w.t("docs"), tuple(blocks))
