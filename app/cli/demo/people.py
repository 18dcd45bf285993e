"""The people of the demonstration firm."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from app.accounts import passwords
from app.accounts.actions import demo
from app.accounts.queries import find_by_email
from app.accounts.schemas import NewPerson
from app.accounts.staffing import default_team
from app.accounts.words import Role
from app.core.environment import environment
from app.core.uow import run_unit

# role, first name, last name, department, support level; the first of each role gets a login that is shown
FIRM = (
    (Role.ADMIN, "Sofia", "Romano", "IT", 4),
    (Role.TEAM_LEADER, "Jonas", "Weber", "IT", 4),
    (Role.SUPPORT_AGENT, "Lea", "Hoffmann", "IT", 2),
    (Role.SUPPORT_AGENT, "Mehmet", "Yilmaz", "IT", 3),
    (Role.SUPPORT_AGENT, "Anna", "Berger", "IT", 1),
    (Role.CUSTOMER, "Miriam", "Scholz", "Buchhaltung", 0),
    (Role.CUSTOMER, "Paul", "Neumann", "Controlling", 0),
    (Role.CUSTOMER, "Katharina", "Vogt", "Personal", 0),
    (Role.CUSTOMER, "Oliver", "Lang", "Vertrieb", 0),
    (Role.CUSTOMER, "Elif", "Kaya", "Logistik", 0),
    (Role.CUSTOMER, "Stefan", "Brandt", "Einkauf", 0),
)


def logins_file() -> Path:
    """Where the demonstration's logins are kept for whoever runs it."""
    return environment().data_dir / "demo-logins.json"


def email_of(first: str, last: str) -> str:
    """The address of a person of the firm."""
    return f"{first}.{last}@musterwerk.example".lower()


def ensure() -> list[int]:
    """Make whoever is missing; returns the ids of all of them in the order of the firm."""
    known = _read_logins()
    ids = []
    for role, first, last, department, level in FIRM:
        email = email_of(first, last)
        found = find_by_email(email)
        if found is None:
            password = known.get(email) or "-".join(secrets.token_hex(2) for _ in range(4))
            known[email] = password
            _write_logins(known)
            found = _create(role, first, last, department, level, email, password)
        ids.append(found.id)
    return ids


def _create(role: Role, first: str, last: str, department: str, level: int, email: str, password: str) -> Any:
    password_hash = passwords.hashed(password)
    staff = role is not Role.CUSTOMER
    command = NewPerson(
        first_name=first,
        last_name=last,
        email=email,
        role=role,
        support_level=level if staff else 0,
        team_ids=[default_team().id] if staff else [],
        department=department,
    )
    return run_unit(lambda: demo.create(command, password_hash))


def _read_logins() -> dict[str, str]:
    try:
        rows = json.loads(logins_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {row["email"]: row["password"] for row in rows}


def _write_logins(known: dict[str, str]) -> None:
    """One login a role, first of the firm first; readable by this user only."""
    rows, seen = [], set()
    for role, first, last, _department, _level in FIRM:
        email = email_of(first, last)
        if email in known and role not in seen:
            seen.add(role)
            rows.append({"role": role.value, "email": email, "password": known[email]})
    text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    handle = os.open(logins_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
