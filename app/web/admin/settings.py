"""`/admin/settings`: the groups of settings; what the environment decides is shown as fixed."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command
from app.settings import actions, fixed, queries
from app.settings.schemas import Group, Site
from app.web.admin.door import door
from app.web.admin.settings_fields import SHEETS, Sheet, form_of, merged
from app.web.kit import brand, page
from app.web.kit.forms import Form


@door.page("/admin/settings", allow="admin.settings")
def settings(_actor: Actor) -> Any:
    """The first group."""
    return page.go("admin.settings_site")


def _show(sheet: Sheet, form: Form[Any]) -> str:
    decided = fixed.of(sheet.group)
    return page.render(
        "admin/settings.html",
        sheet=sheet,
        sheets=[(name, other.title) for name, other in SHEETS.items()],
        form=form,
        fixed={name: fixed.variable(sheet.group, name) for name in decided},
    )


def _values(group: type[Group]) -> dict[str, Any]:
    return queries.read(group).model_dump(mode="json") | {"version": queries.version(group)}


def _with_decided(sheet: Sheet, form: Form[Any]) -> Form[Any]:
    """The form as it was sent, with what the environment decides, which browsers do not send."""
    for name, value in fixed.of(sheet.group).items():
        form.add(name, "true" if value is True else str(value or ""))
    return form


def _add(sheet: Sheet) -> None:
    """Give a group its page and its deed."""
    name = sheet.group.name
    rule = f"/admin/settings/{name.replace('_', '-')}"

    def show(_actor: Actor) -> str:
        return _show(sheet, Form(_values(sheet.group)))

    def again(_actor: Actor, form: Form[Any]) -> str:
        return _show(sheet, _with_decided(sheet, form))

    def save(actor: Actor, command: Command) -> Any:
        values = merged(sheet.group, queries.read(sheet.group), command)
        if isinstance(values, Site):
            _check_accent(values.accent)
        actions.change(values, actor=actor, version=command.model_dump()["version"])
        page.say(_("The settings were saved."))
        return page.go(f"admin.settings_{name}")

    show.__name__, save.__name__ = f"settings_{name}", f"save_settings_{name}"
    door.page(rule, allow="admin.settings")(show)
    door.deed(rule, allow="admin.settings", takes=form_of(sheet.group), again=again)(save)


def _check_accent(accent: str) -> None:
    """Whether white text can be read on it, and if not, at which ratio."""
    colour = accent.lower().removeprefix("#")
    if colour and not brand.is_readable(colour):
        ratio = page.formats().number(brand.contrast(colour, "ffffff"))
        raise Invalid(
            {"accent": _("White text cannot be read on it: contrast %(ratio)s, needed 4.5.", ratio=ratio)}
        )


for _sheet in SHEETS.values():
    _add(_sheet)
