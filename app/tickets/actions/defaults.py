"""The categories every installation begins with."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.events.log import action, record
from app.tickets.events import CategoryCreated
from app.tickets.models import Category

NAMES = (
    ("Computer und Zubehör", "Computers and accessories"),
    ("Drucker und Scanner", "Printers and scanners"),
    ("Zugänge und Passwörter", "Accounts and passwords"),
    ("Netzwerk und VPN", "Network and VPN"),
    ("Programme", "Applications"),
    ("Sonstiges", "Other"),
)


@action
def ensure_categories() -> None:
    """Make the usual categories where there is none at all."""
    if db.session.scalar(sa.select(Category.id).limit(1)):
        return
    for german, english in NAMES:
        category = Category(name_de=german, name_en=english, created_at=clock.now())
        db.session.add(category)
        db.session.flush()
        record(CategoryCreated(name=german), actor=SHELL, subject=("category", category.id))
