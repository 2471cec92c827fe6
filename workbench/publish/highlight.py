"""Source code with its tokens marked, so that keywords, texts and comments are told apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.publish.markup import Markup, esc

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_LONGEST = 200_000


@lru_cache(maxsize=512)
def highlighted(text: str, language: str) -> Markup:
    """``text`` as HTML; as it is where the language is not known. Code cells repeat from run to
    run, so that what was marked once is remembered."""
    text = text.rstrip("\n")
    lexer = _lexer(language) if len(text) <= _LONGEST else None
    if lexer is None:
        return esc(text)
    parts = []
    for kind, value in lexer.get_tokens(text):
        name = _class(kind)
        parts.append(f'<span class="wb-hl-{name}">{esc(value)}</span>' if name else esc(value))
    return Markup("".join(parts).rstrip("\n"))


@lru_cache
def _lexer(language: str) -> Lexer | None:
    options = {"stripnl": False, "ensurenl": False}
    if language in ("python", "py", "ipython3"):
        from pygments.lexers.python import PythonLexer

        return PythonLexer(**options)
    if language in ("yaml", "yml"):
        from pygments.lexers.data import YamlLexer

        return YamlLexer(**options)
    if language in ("sh", "bash", "console"):
        from pygments.lexers.shell import BashLexer

        return BashLexer(**options)
    if language == "sql":
        from pygments.lexers.sql import SqlLexer

        return SqlLexer(**options)
    return None


@lru_cache
def _class(kind: _TokenType) -> str:
    from pygments.token import Comment, Keyword, Name, Number, Punctuation, String

    for family, name in (
        (Comment, "comment"),
        (String, "string"),
        (Number, "number"),
        (Keyword, "keyword"),
        (Name.Tag, "key"),
        (Punctuation, "punct"),
    ):
        if kind in family:
            return name
    return ""
