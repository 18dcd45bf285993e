"""Settings the platform decides: values in the environment win over what administrators saved.

The variable of a setting is its group and name in capitals: ``SITE_SUPPORT_EMAIL``, ``TICKETS_CLOSE_AFTER_DAYS``,
``SIGN_IN_SELF_REGISTRATION``. ``APP_NAME`` is the title of the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.settings.schemas import GROUPS, Group

Values = Mapping[str, Mapping[str, Any]]
ALIASES = {"SITE_TITLE": "APP_NAME"}

_fixed: Values = {}


def variable(group: type[Group], field: str) -> str:
    """The environment variable of a setting."""
    return f"{group.name}_{field}".upper()


def read(environ: Mapping[str, str]) -> Values:
    """The settings an environment decides: group → name → value.

    Raises:
        ValueError: a value is not valid; the text names the variable.
    """
    return {group.name: found for group in GROUPS if (found := _of_group(group, environ))}


def _of_group(group: type[Group], environ: Mapping[str, str]) -> dict[str, Any]:
    given = {}
    for field in group.model_fields:
        name = variable(group, field)
        value = environ.get(name) or environ.get(ALIASES.get(name, ""))
        if value:
            given[field] = value
    try:
        checked = group.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{variable(group, str(first['loc'][0]))}: {first['msg']}") from error
    return {field: getattr(checked, field) for field in given}


def use(values: Values) -> None:
    """Let these win in this process."""
    global _fixed
    _fixed = values


def of(group: type[Group]) -> Mapping[str, Any]:
    """What the environment decides of a group; empty when it leaves everything open."""
    return _fixed.get(group.name, {})
