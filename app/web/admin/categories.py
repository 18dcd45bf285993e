"""`/admin/categories`: what tickets are about and where that leads."""

from __future__ import annotations

from typing import Any

from app.accounts.queries import team_choices
from app.core.actor import Actor
from app.core.language import _, pgettext
from app.sla import policy_queries
from app.tickets import category_queries
from app.tickets.actions import categories as actions
from app.tickets.actions.categories import CategoryCommand, category_for
from app.tickets.words import Priority
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form

FIELDS = ("name_de", "name_en", "team_id", "priority", "sla_policy_id", "is_active", "version")


@door.page("/admin/categories", allow="admin.categories")
def categories(_actor: Actor) -> str:
    """Every category."""
    return page.render("admin/categories.html", rows=category_queries.categories())


def _form_page(actor: Actor, form: Form[Any], category_id: int = 0) -> str:
    return page.render(
        "admin/category.html",
        form=form,
        category=category_for(actor, category_id) if category_id else None,
        teams=team_choices(actor),
        policies=policy_queries.choices(),
        priorities=priority_choices(),
    )


def priority_choices() -> list[tuple[str, str]]:
    """The priorities in words, the most urgent first."""
    words = {
        Priority.CRITICAL: pgettext("priority", "Critical"),
        Priority.HIGH: pgettext("priority", "High"),
        Priority.MEDIUM: pgettext("priority", "Medium"),
        Priority.LOW: pgettext("priority", "Low"),
    }
    return [(priority.value, words[priority]) for priority in Priority]


@door.page("/admin/categories/new", allow="admin.categories")
def new_category(actor: Actor) -> str:
    """The empty form."""
    return _form_page(actor, Form({"is_active": True}))


@door.deed("/admin/categories/new", allow="admin.categories", takes=CategoryCommand, again=_form_page)
def create_category(actor: Actor, command: CategoryCommand) -> Any:
    """Make a category."""
    made = actions.create(command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=made.name_de))
    return page.go("admin.categories")


@door.page("/admin/categories/<int:category_id>", allow="admin.categories")
def category(actor: Actor, category_id: int) -> str:
    """One category."""
    found = category_for(actor, category_id)
    return _form_page(actor, Form({name: getattr(found, name) for name in FIELDS}), category_id)


@door.deed(
    "/admin/categories/<int:category_id>", allow="admin.categories", takes=CategoryCommand, again=_form_page
)
def change_category(actor: Actor, command: CategoryCommand, category_id: int) -> Any:
    """Save a category."""
    changed = actions.change(category_id, command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=changed.name_de))
    return page.go("admin.categories")
