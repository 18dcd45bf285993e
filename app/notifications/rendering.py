"""Mail templates into text and HTML. One file says what a mail says; two frames say how it looks.

Templates are files of ours. What people wrote is only ever a value in them, never a template (abuse case A44).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from app.core import language
from app.core.text import clean, one_line

FOLDER = Path(__file__).resolve().parents[1] / "templates"
GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words."""

    subject: str
    text: str
    html: str


def write(template: str, values: Mapping[str, Any]) -> Written:
    """Fill a mail template in the present language.

    Args:
        template: name below ``templates/mail``, without its ending.
        values: what the template may name; a name it lacks is a bug and raised.
    """
    plain = _render("text", template, values)
    subject, _line, text = plain.partition("\n")
    return Written(
        one_line(subject), GAPS.sub("\n\n", text).strip() + "\n", _render("html", template, values)
    )


def _render(look: str, template: str, values: Mapping[str, Any]) -> str:
    frame = {"frame": f"mail/frame.{look}", "parts": f"mail/parts.{look}"}
    return _environment(look).get_template(f"mail/{template}.jinja").render(values, **frame)


@cache
def _environment(look: str) -> Environment:
    made = SandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        autoescape=look == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        language.plain_gettext, language.plain_ngettext, newstyle=True, pgettext=language.plain_pgettext
    )
    made.filters["clean"] = clean
    return made
