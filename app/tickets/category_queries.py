"""Categories as administrators look at them and as forms offer them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Team
from app.core.db import db
from app.core.language import language
from app.sla.models import Policy
from app.tickets.models import Category


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with the names of the team and the policy it leads to (empty when it names none)."""

    category: Category
    team_name: str
    policy_name: str


def categories() -> list[CategoryRow]:
    """Every category, those in use first, then by name."""
    rows = db.session.execute(
        sa.select(Category, Team.name, Policy.name)
        .outerjoin(Team, Team.id == Category.team_id)
        .outerjoin(Policy, Policy.id == Category.sla_policy_id)
        .order_by(Category.is_active.desc(), _name())
    )
    return [CategoryRow(category, team or "", policy or "") for category, team, policy in rows]


def choices() -> list[tuple[int, str]]:
    """The categories in use as choices of a form, by their name in the reader's language."""
    rows = db.session.execute(
        sa.select(Category.id, _name()).where(Category.is_active.is_(True)).order_by(_name())
    )
    return [(category_id, name) for category_id, name in rows]


def _name() -> InstrumentedAttribute[str]:
    return Category.name_en if language() == "en" else Category.name_de
