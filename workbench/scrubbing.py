"""Takes secrets out of what is to be saved or said."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "•••"

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

#: What the format of notebooks itself needs; nothing in them comes from a run.
_FORMAT = frozenset({"cell_type", "output_type", "id", "kernelspec", "language_info", "tags"})


class Scrubber:
    """Replaces each secret wherever it stands: plain, escaped, URL-encoded or in base64."""

    def __init__(self, secrets: Collection[str]) -> None:
        whole = [*secrets, *(part for secret in secrets for part in _passwords(secret))]
        forms = {form for secret in whole if secret for form in _forms(secret)}
        # the longest first, lest a part of it be replaced before
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """``text`` without secrets. Colours go too where they hide one."""
        if self._pattern is None:
            return text
        clean = self._pattern.sub(MASK, text)
        if "\x1b" in clean:
            bare = _COLOURS.sub("", clean)
            if self._pattern.search(bare):
                return self._pattern.sub(MASK, bare)
        return clean

    def value(self, value: Any) -> Any:
        """``value`` without secrets in any text, in keys neither; lists and mappings are copied."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return type(value)(
                {
                    self.text(str(key)): item if key in _FORMAT else self.value(item)
                    for key, item in value.items()
                }
            )
        return value


class ScrubbingFormatter(logging.Formatter):
    """Formats what is logged, tracebacks too, without secrets.

    ``secrets`` is asked again after ``AGE`` seconds; while it fails, those known before count.
    """

    AGE = 10.0

    def __init__(self, secrets: Callable[[], Collection[str]]) -> None:
        super().__init__("%(asctime)s %(name)s: %(message)s")
        self._secrets = secrets
        self._scrubber = Scrubber(())
        self._asked = float("-inf")

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback where there is one."""
        if time.monotonic() - self._asked > self.AGE:
            self._asked = time.monotonic()
            try:
                self._scrubber = Scrubber(self._secrets())
            except Exception as error:  # a spec that cannot be read must not silence the log
                record.msg = f"{record.msg} (secrets are not known: {type(error).__name__})"
        return self._scrubber.text(super().format(record))


def log_without_secrets(secrets: Callable[[], Collection[str]]) -> None:
    """Have this process log to standard error, without secrets."""
    handler = logging.StreamHandler()
    handler.setFormatter(ScrubbingFormatter(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _passwords(secret: str) -> set[str]:
    """The password within a secret that is a URL, as it is written and as it is meant."""
    try:
        password = urlsplit(secret).password if "://" in secret else None
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        raw.hex(),
    }
    if len(raw) < 3:
        return forms
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # within a longer text the first and last characters depend on the neighbours
            encoded = encode(b"\0" * shift + raw).decode().rstrip("=")
            end = len(encoded) - (1 if (shift + len(raw)) % 3 else 0)
            core = encoded[(0, 2, 3)[shift] : end]
            if len(core) >= 4:
                forms.add(core)
    return forms
