"""The embedded renderer renders the listed constructs, as Pandoc does, and refuses all others."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.publish.conftest import Portal
from tests.publish.links import Page
from workbench.publish import markdown
from workbench.publish.constructs import Unsupported, parse
from workbench.publish.embedded import contents, fill, identifier, render
from workbench.publish.markup import Markup, tag

TEMPLATE = Path(__file__).resolve().parents[2] / "portal" / "_template.html"
FRONT = '---\npagetitle: "T"\nlang: "en"\n---\n\n'


def body(text: str) -> str:
    """What a page's main part becomes."""
    html = render(FRONT + text, TEMPLATE.read_text("utf-8"), "page.qmd")
    return html.split('tabindex="-1">\n')[1].split("\n</main>")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Title {#here}", '<h2 id="here">Title</h2>'),
        ("## Two words, *and* `more`", '<h2 id="two-words-and-more">'),
        ("## Same\n\n## Same", '<h2 id="same-1">'),
        ("a **b** *c* `d`", "<strong>b</strong> <em>c</em> <code>d</code>"),
        ("[e](f.html)", '<a href="f.html">e</a>'),
        ("- a\n- b", "<li>a</li>"),
        ("1. a\n2. b", "<ol>"),
        ("> quoted", "<blockquote>"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", "<th>a</th>"),
        ("```yaml\na: 1\n```", 'data-language="yaml"'),
        ("```\n::: {.not-a-div}\n<b>\n```", "::: {.not-a-div}\n&lt;b&gt;"),
        ("::: {#i .a .b}\n\nwords\n\n:::", '<div id="i" class="a b">\n<p>words</p>\n</div>'),
        (":::: {.a}\n\n::: b\n\nx\n\n:::\n\n::::", '<div class="a">\n<div class="b">'),
        ("```{=html}\n<b>bold</b>\n```", "<b>bold</b>"),
        ("<!-- a comment -->\n\nwords", "<p>words</p>"),
        (r"\<b\> \*not\* \{x\} \$1\$", "<p>&lt;b&gt; *not* {x} $1$</p>"),
    ],
)  # fmt: skip
def test_constructs(text: str, expected: str) -> None:
    assert expected in body(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a <b>bold</b> word", "raw HTML"),
        ("<script>x()</script>", "raw HTML"),
        ("{{< include x.md >}}", "a shortcode"),
        ("a note[^1]", "a footnote"),
        ("the sum $a + b$ of", "mathematics"),
        ("see @fig-one", "a cross reference"),
        ("[words]{.class}", "a span"),
        ("```{python}\n1\n```", "a code block with"),
        ("```yaml\na: 1", "does not end"),
        ("::: {.x}\n\nwords", "does not end"),
        ("words\n\n:::", "that was not begun"),
    ],
)
def test_other_constructs_are_refused_with_their_line(text: str, what: str) -> None:
    with pytest.raises(Unsupported, match=re.escape(what)) as caught:
        parse(f"{FRONT}first\n\n{text}\n", "page.qmd")
    assert "page.qmd" in str(caught.value)


@pytest.mark.parametrize("front", ["---\nformat: pdf\n---\n", "---\n[1]\n---\n", "---\nlang: en\n"])
def test_other_front_matter_is_refused(front: str) -> None:
    with pytest.raises(Unsupported):
        parse(front, "page.qmd")


PAYLOADS = [
    "<script>alert(1)</script>",
    "</code></pre><img src=x onerror=alert(1)>",
    "*bold* _it_ `code` [a](b) ![i](j) | # - > 1. \\ ~~s~~ ^x^ ~y~",
    "{.class #id} {{< meta x >}} $x$ [^1] @fig-a ::: ```{=html}",
    "a\n\n## b\n\n---\n\n```{=html}\n<b>x</b>\n```",
    "\u202eabc\u2066def \u200bзд 😀\U0001f469\u200d\U0001f4bb",
    "\x00\x07\x1b[31m\x9b \ud800",
    "1) 2. + a",
    "&lt;b&gt; &amp; &#60;",
    "--- ... \"quoted\" 'single'",
    "$(x) ${y} $body$ $csp$ $for(x)$y$endfor$",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_words_are_shown_as_they_are(payload: str) -> None:
    html = body(f"{markdown.heading(2, payload, 'a')}\n\n{markdown.words(payload)}")
    page = Page(html)
    assert set(page.tags) == {"h2", "p"}
    wanted = " ".join(markdown.clean(payload).split())
    assert page.text.split("\n") == [wanted, wanted]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_of_builders_holds_text_as_text(payload: str) -> None:
    made = tag("p", payload, title=payload, data_x=payload)
    html = body(markdown.html(made))
    page = Page(html)
    assert page.tags == ["p"]
    assert page.text == markdown.clean(payload)
    assert {value for _, _, value in page.attributes} == {markdown.clean(payload)}


def test_text_cannot_pass_for_markup() -> None:
    with pytest.raises(TypeError):
        markdown.html("<b>x</b>")  # type: ignore[arg-type]
    assert tag("p", Markup("<b>") + "x") == "<p>&lt;b&gt;x</p>"


def test_variables_of_the_template_are_filled_once() -> None:
    template = "$a$ $if(b)$[$b$]$endif$$for(c)$<$c$>$endfor$$if(d)$no$endif$"
    assert fill(template, {"a": "$b$", "b": "$a$", "c": ["1", "$a$"]}) == "$b$ [$a$]<1><$a$>"


@pytest.mark.parametrize(
    ("title", "anchor"),
    [("Two words", "two-words"), ("1. A thing", "a-thing"), ("Ünï–x", "ünïx"), ("123", "section")],
)
def test_anchors_are_those_of_pandoc(title: str, anchor: str) -> None:
    assert identifier(title) == anchor


def test_contents_list_headings() -> None:
    text = "## A & b\n\n### C\n\n```\n## x\n```\n\n## A & b"
    assert contents(text) == [("a-b", "A & b"), ("a-b-1", "A & b")]


def rows(page: Page) -> list[str]:
    """The tables of a page, as tags."""
    return [tag for tag in page.tags if tag in ("table", "tr", "td", "th")]


def test_pandoc_makes_the_same_of_every_page(portal: Portal) -> None:
    """Quarto renders with Pandoc: where there is one, it is asked about every page."""
    pandoc = shutil.which("pandoc")
    if pandoc is None:
        pytest.skip("optional: pandoc is not installed; it compares the renderers page by page")
    project = portal.site.parent
    sources = [path for path in project.rglob("*.qmd") if path.name != "spec-reference.qmd"]
    for source in sources:
        done = subprocess.run(
            [pandoc, "-f", "markdown-smart", "-t", "html5", "--wrap=none", source],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        rendered = portal.site / source.relative_to(project).with_suffix(".html")
        main = rendered.read_text("utf-8").split("<main", 1)[1].split(">", 1)[1].split("</main>")[0]
        theirs, ours = Page(done.stdout), Page(main)
        assert ours.text.split() == theirs.text.split(), source
        assert ours.links == theirs.links, source
        assert rows(ours) == rows(theirs), source
