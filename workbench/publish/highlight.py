"""Source code with its tokens marked: comments, texts, numbers, keywords and keys.

A highlighter of the size that code cells and specs need. A library that knows every language takes
longer to import than a publication may take in all.
"""

from __future__ import annotations

import keyword
import re
from functools import lru_cache

from workbench.publish.markup import Markup, esc

_LONGEST = 200_000

_WORDS = "|".join((*keyword.kwlist, "match", "case"))
_PYTHON = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<string>(?:[rbfuRBFU]{0,2})(?:\"{3}[\s\S]*?(?:\"{3}|\Z)|'{3}[\s\S]*?(?:'{3}|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?))"
    r"|(?P<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)\b)"
    rf"|(?P<keyword>\b(?:{_WORDS})\b)"
    r"|(?P<punct>[()\[\]{},:;])"
    r"|\w+|\s+"
)
_YAML = re.compile(
    r"(?P<comment>(?:(?<=\s)|^)#[^\n]*)"
    r"|(?P<key>(?:(?<=[\s{,\[-])|^)(?:\"[^\"\n]*\"|'[^'\n]*'|[\w./$<>-]+)(?=\s*:(?:\s|$)))"
    r"|(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*')"
    r"|(?P<number>(?<![\w.-])-?\d+(?:\.\d+)?(?![\w.-]))"
    r"|(?P<keyword>(?<![\w-])(?:true|false|null)(?![\w-]))"
    r"|(?P<punct>[\[\]{},:]|(?:(?<=\s)|^)-(?=\s))"
    r"|[\w./-]+|\s+",
    re.MULTILINE,
)
_SHELL = re.compile(
    r"(?P<comment>(?:(?<=\s)|^)#[^\n]*)"
    r"|(?P<string>\"(?:\\.|[^\"\\])*\"|'[^']*')"
    r"|(?P<key>(?<=\s)--?[a-zA-Z][\w-]*)"
    r"|[^\s\"'#]+|\s+",
    re.MULTILINE,
)
_LANGUAGES = {
    "python": _PYTHON, "py": _PYTHON, "ipython3": _PYTHON, "yaml": _YAML, "yml": _YAML,
    "sh": _SHELL, "bash": _SHELL, "console": _SHELL,
}  # fmt: skip


@lru_cache(maxsize=512)
def highlighted(text: str, language: str) -> Markup:
    """``text`` as HTML; as it is where the language is not known.

    Code cells repeat from run to run, so that what was marked once is remembered.
    """
    text = text.rstrip("\n")
    tokens = _LANGUAGES.get(language)
    if tokens is None or len(text) > _LONGEST:
        return esc(text)
    parts: list[str] = []
    end = 0
    for match in tokens.finditer(text):
        if match.lastgroup is None:
            continue
        parts.append(esc(text[end : match.start()]))
        parts.append(f'<span class="wb-hl-{match.lastgroup}">{esc(match[0])}</span>')
        end = match.end()
    parts.append(esc(text[end:]))
    return Markup("".join(parts))
