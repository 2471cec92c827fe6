"""The embedded renderer: a page of the Quarto project becomes HTML without Quarto.

It renders the constructs that ``constructs`` lists and the variables of ``_template.html``, which
Quarto uses, too. Words repeat from page to page, so pieces of Markdown are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from workbench.publish import remembered
from workbench.publish.constructs import Unsupported, heading, parse
from workbench.publish.highlight import highlighted
from workbench.publish.markup import source

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

#: What a page of the site may load: files of the site itself, and nothing inline.
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'"
)

_BLOCK = re.compile(r"\$(for|if)\(([\w-]+)\)\$\n?(.*?)\$end\1\$\n?", re.DOTALL)
_VARIABLE = re.compile(r"\$([\w-]+)\$")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_RAW = re.compile(r"^(`+)(.*?)\1\{=html\}$", re.DOTALL)
_COMMENT = re.compile(r"^\s*<!--.*?-->\s*$", re.MULTILINE | re.DOTALL)


def render(text: str, template: str, name: str) -> str:
    """The HTML of a page. Raises ``Unsupported`` for what the portal's pages may not use."""
    page = parse(text, name)
    parts: list[str] = []
    used: dict[str, int] = {}
    for block in page.blocks:
        if block.kind == "markdown":
            parts.append(_markdown(block.text, used))
        elif block.kind == "html":
            parts.append(block.text)
        elif block.kind == "open":
            anchor = f' id="{block.anchor}"' if block.anchor else ""
            classes = f' class="{" ".join(block.classes)}"' if block.classes else ""
            parts.append(f"<div{anchor}{classes}>")
        else:
            parts.append("</div>")
    values: dict[str, Any] = {
        "lang": page.front.get("lang", "en"),
        "pagetitle": escape(_ESCAPED.sub(r"\1", str(page.front.get("pagetitle", "")))),
        "csp": escape(POLICY, quote=False),
        "wb-kind": page.front.get("wb-kind", "page"),
        "wb-layout": _raw(page.front.get("wb-layout", "wb-layout")),
        "wb-toc": _raw(page.front.get("wb-toc", "")),
        "header-includes": _includes(page.front, "include-in-header", name),
        "include-before": _includes(page.front, "include-before-body", name),
        "include-after": _includes(page.front, "include-after-body", name),
        "body": "\n".join(parts),
    }
    return fill(template, values)


def _raw(value: Any) -> str:
    """A value of front matter that is HTML, as Pandoc reads it: code with ``{=html}``."""
    return _RAW.sub(r"\2", str(value))


def _includes(front: Mapping[str, Any], key: str, name: str) -> list[str]:
    found = front.get(key, [])
    if not isinstance(found, list) or any(set(each) != {"text"} for each in found):
        raise Unsupported(f"{key} is a list of texts", where=name)
    return [each["text"].rstrip("\n") for each in found]


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Pandoc's templates, as far as ours goes: variables, conditions and loops over lists."""

    def block(match: re.Match[str]) -> str:
        value = values.get(match[2], "")
        if match[1] == "if":
            return match[3] if value else ""
        items: Sequence[Any] = value if isinstance(value, list) else [value] if value else []
        return "".join(match[3].replace(f"${match[2]}$", str(item)) for item in items)

    # what is filled in is not looked at again: it may hold dollar signs
    pieces = _BLOCK.split(template)
    if len(pieces) == 1:
        return _VARIABLE.sub(lambda match: str(values.get(match[1], "")), template)
    out: list[str] = []
    end = 0
    for match in _BLOCK.finditer(template):
        out.append(_variables(template[end : match.start()], values))
        done = block(match)
        out.append(_variables(done, values) if match[1] == "if" else done)
        end = match.end()
    out.append(_variables(template[end:], values))
    return "".join(out)


def _variables(text: str, values: Mapping[str, Any]) -> str:
    return _VARIABLE.sub(lambda match: str(values.get(match[1], "")), text)


def _markdown(text: str, used: dict[str, int]) -> str:
    html: str
    html, anchors = remembered.piece("page", text, _rendered)
    end = 0
    for anchor in anchors:
        count = used.get(anchor, 0)
        used[anchor] = count + 1
        place = html.index(f' id="{anchor}"', end)
        end = place + len(anchor) + 6
        if count:  # as Pandoc does it
            html = f'{html[:place]} id="{anchor}-{count}"{html[end:]}'
    return html


def _rendered(text: str) -> list[Any]:
    """The HTML of a piece of Markdown, and the anchors that it made by itself."""
    text = _COMMENT.sub("", text)
    lines = []
    anchors: list[tuple[str, bool]] = []
    fence = ""
    for line in text.split("\n"):
        stripped = line.lstrip()
        if stripped.startswith(("```", "~~~")):
            fence = "" if fence and stripped.startswith(fence) else fence or stripped[:3]
        found = None if fence else heading(line)
        if found:
            level, title, anchor = found
            anchors.append((anchor, bool(anchor)))
            line = f"{'#' * level} {title}"
        lines.append(line)
    parser = _parser()
    tokens = parser.parse("\n".join(lines))
    made: list[str] = []
    given = iter(anchors)
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            anchor, is_given = next(given, ("", False))
            if not is_given:
                anchor = identifier(_plain(tokens[number + 1]))
                made.append(anchor)
            token.attrSet("id", anchor)
    return [str(parser.renderer.render(tokens, parser.options, {})).rstrip("\n"), made]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    language = token.info.strip()
    made = source(token.content, language or "text", html=highlighted(token.content, language))
    return f"{made}\n"


def _plain(token: Token) -> str:
    return "".join(
        child.content for child in token.children or () if child.type in ("text", "code_inline")
    )


def identifier(title: str) -> str:
    """The anchor that Pandoc gives to a heading."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " _-.")
    text = re.sub(r"\s+", "-", kept.strip())
    start = next((n for n, c in enumerate(text) if c.isalpha()), None)
    return text[start:] if start is not None else "section"


def contents(text: str, levels: tuple[int, ...] = (2,)) -> list[tuple[str, str]]:
    """The (anchor, title) of a text's headings of these levels, for a table of contents."""
    headings = remembered.piece("headings", text, _headings)
    return [(anchor, title) for level, anchor, title in headings if level in levels]


def _headings(text: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    used: dict[str, int] = {}
    for line in _outside_of_code(text):
        if not line.startswith("#") or not (parts := heading(line)):
            continue
        level, written, anchor = parts
        title = _plain(_parser().parseInline(written)[0])
        if not anchor:
            anchor = identifier(title)
            count = used.get(anchor, 0)
            used[anchor] = count + 1
            anchor += f"-{count}" if count else ""
        found.append((level, anchor, title))
    return found


def _outside_of_code(text: str) -> Iterator[str]:
    fence = ""
    for line in text.split("\n"):
        stripped = line.lstrip()
        if stripped.startswith(("```", "~~~")):
            fence = "" if fence and stripped.startswith(fence) else fence or stripped[:3]
        elif not fence:
            yield line
