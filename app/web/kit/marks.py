"""What templates say most often, made quickly: sentences, icons, the token of forms."""

from __future__ import annotations

import functools
from typing import Any

from flask import g
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment
from markupsafe import Markup

from app.core import language
from app.core.text import clean
from app.web.kit.kept import Kept


def give(env: Environment) -> None:
    """Give the templates of an environment their words."""
    env.add_extension("jinja2.ext.i18n")
    env.add_extension(Kept)
    # Every import inside a template asks for the difference of two sets of names; of a ChainMap that is slow.
    env.make_globals = lambda d: {**env.globals, **(d or {})}  # type: ignore[method-assign]
    env.trim_blocks = env.lstrip_blocks = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        language.plain_gettext, language.plain_ngettext, newstyle=True, pgettext=language.plain_pgettext
    )
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(_=_said, csrf_token=csrf_token, icon_mark=icon_mark)
    env.filters["clean"] = clean


def _said(message: str, /, **gaps: Any) -> Markup:
    """The sentence in the reader's language, its gaps filled with escaped values."""
    if not gaps:
        return _whole(language.language(), message)
    return _with_gaps(language.language(), message) % gaps


@functools.lru_cache(maxsize=4000)
def _whole(code: str, message: str) -> Markup:
    return _with_gaps(code, message) % {}


@functools.lru_cache(maxsize=4000)
def _with_gaps(_code: str, message: str) -> Markup:
    # our own sentences, not what people wrote
    return Markup(language.plain_gettext(message))  # noqa: S704  # nosec B704


@functools.lru_cache(maxsize=1000)
def icon_mark(name: str, label: str = "", extra: str = "") -> Markup:
    """An icon of ``kit/icons.html``; some hundred stand on a page, so it is no macro."""
    mark = Markup('<i class="i i-{}{}" aria-hidden="true"></i>').format(name, extra and f" {extra}")
    return mark + Markup('<span class="visually-hidden">{}</span>').format(label) if label else mark


def csrf_token() -> str:
    """The token of this request's forms, asked for once; a page of agents has some twenty forms."""
    if "form_token" not in g:
        g.form_token = generate_csrf()
    return str(g.form_token)
