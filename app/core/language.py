"""Sentences in the reader's language: catalogues, the current language, lazy sentences.

Source sentences are plain English; German stands in ``app/translations/de/*.po``, one file per area, read at
start (there is nothing to compile and nothing to forget to compile).
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import escape

LANGUAGES = ("de", "en")
FOLDER = Path(__file__).resolve().parents[1] / "translations"

_language: ContextVar[str] = ContextVar("language", default="de")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """All areas of one language merged into one gettext catalogue."""
    merged = Catalog(locale=language)
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    merged.add(message.id, message.string, context=message.context)
    if not len(merged):
        return gettext.NullTranslations()
    binary = io.BytesIO()
    write_mo(binary, merged)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def language() -> str:
    """The language of whoever reads what is being written now."""
    return _language.get()


def set_language(code: str) -> None:
    """Choose the language for the rest of this request or task; unknown codes mean German."""
    _language.set(code if code in LANGUAGES else "de")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Write for a reader of this language, whatever language the surrounding request has."""
    token = _language.set(code if code in LANGUAGES else "de")
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str, /, **values: Any) -> str:
    """The sentence in the current language, with ``%(name)s`` filled in."""
    text = catalogue(language()).gettext(message)
    return text % values if values else text


def pgettext(context: str, message: str, /, **values: Any) -> str:
    """As ``_`` for a sentence whose meaning depends on its place."""
    text = catalogue(language()).pgettext(context, message)
    return text % values if values else text


def ngettext(one: str, many: str, n: int, /, **values: Any) -> str:
    """As ``_`` for a sentence that counts; ``%(num)s`` is the number."""
    return catalogue(language()).ngettext(one, many, n) % ({"num": n} | values)


def plain_gettext(message: str) -> str:
    """The translation without filling anything in: Jinja fills (and escapes) by itself."""
    return catalogue(language()).gettext(message)


def plain_ngettext(one: str, many: str, n: int) -> str:
    """As :func:`plain_gettext` for a sentence that counts."""
    return catalogue(language()).ngettext(one, many, n)


def plain_pgettext(context: str, message: str) -> str:
    """As :func:`plain_gettext` for a sentence with a context."""
    return catalogue(language()).pgettext(context, message)


class Lazy:
    """A sentence named now and said later, in the language of whoever reads it then."""

    __slots__ = ("context", "message")

    def __init__(self, message: str, context: str | None = None) -> None:
        self.message = message
        self.context = context

    def __str__(self) -> str:
        return pgettext(self.context, self.message) if self.context else _(self.message)

    def __html__(self) -> str:
        return str(escape(str(self)))


def lazy_gettext(message: str) -> Lazy:
    """For tables of words made at import time."""
    return Lazy(message)
