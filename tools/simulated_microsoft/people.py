"""The people of the simulated firm, and what the directory says about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

TENANT = "5a1e2c3d-0000-4000-8000-00000000f17a"
FOREIGN_TENANT = "5a1e2c3d-0000-4000-8000-0000000f4e16"
DOMAIN = "musterfirma.example"
FIRM = "Musterfirma"
SUPPORT = f"support@{DOMAIN}"
MANY = 201  # a token holds no more than 200 groups
COLOURS = ("#1f6f8b", "#8b4a1f", "#3c7a3f", "#6a4c93", "#a23b4a", "#44546a", "#7a6a1f", "#2f5d9b")
ROLES = {"agent": "Helpdesk.Agent", "leader": "Helpdesk.TeamLeader", "admin": "Helpdesk.Admin"}


@dataclass
class Person:
    """Somebody in the directory.

    Args:
        manager: object id of the manager.
        roles: app roles, by their values.
        groups: object ids of the groups.
        guest: known here, at home in another directory.
        overage: the token names no groups but says where they can be asked for.
    """

    object_id: str
    upn: str
    mail: str
    given_name: str
    surname: str
    department: str = ""
    job_title: str = ""
    phone: str = ""
    employee_id: str = ""
    manager: str = ""
    roles: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    photo: bytes | None = None
    enabled: bool = True
    tenant_id: str = TENANT
    guest: bool = False
    overage: bool = False
    language: str = "de-DE"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}".strip()

    @property
    def too_many_groups(self) -> bool:
        return self.overage or len(self.groups) >= MANY

    def row(self) -> dict[str, Any]:
        """The person as Graph writes one; empty columns are null."""
        texts = {
            "id": self.object_id,
            "displayName": self.name,
            "givenName": self.given_name,
            "surname": self.surname,
            "userPrincipalName": self.upn,
            "mail": self.mail,
            "jobTitle": self.job_title,
            "department": self.department,
            "employeeId": self.employee_id,
            "mobilePhone": "",
            "officeLocation": "",
            "preferredLanguage": self.language,
        }
        return {name: text or None for name, text in texts.items()} | {
            "businessPhones": [self.phone] if self.phone else [],
            "accountEnabled": self.enabled,
            "userType": "Guest" if self.guest else "Member",
            "companyName": FIRM,
            "proxyAddresses": [f"SMTP:{self.mail}"] if self.mail else [],
            "identities": [],
        }


@cache
def drawn(name: str, place: int) -> bytes:
    """A portrait: a head and shoulders on a colour of one's own, as a JPEG."""
    image = Image.new("RGB", (240, 240), COLOURS[place % len(COLOURS)])
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 45, 160, 135), fill="#f3e3d3")
    draw.ellipse((40, 150, 200, 330), fill="#f3e3d3")
    draw.pieslice((76, 36, 164, 130), 180, 360, fill="#3a2e28")
    draw.text((12, 216), name, fill="#ffffff")
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def object_id(key: str) -> str:
    """The same id in each run, so that a demonstration can be started again."""
    return str(uuid.uuid5(uuid.UUID(TENANT), key))


def demo_people() -> dict[str, Person]:
    """The people of the demonstration by a short name each."""
    people = {
        "customer": _one("customer", "Carla", "Kunde", "Vertrieb", "Sachbearbeiterin", 1),
        "agent": _one("agent", "Anton", "Agent", "IT", "Support-Mitarbeiter", 2),
        "leader": _one("leader", "Lena", "Leitner", "IT", "Teamleiterin Support", 3),
        "admin": _one("admin", "Ada", "Adam", "IT", "Systemverwalterin", 4),
        "guest": _guest(),
        "foreign": _foreign(),
        "disabled": _one("disabled", "Doris", "Damals", "Vertrieb", "ausgeschieden", 5),
        "crowded": _one("crowded", "Viktor", "Vielgruppen", "Projekte", "Projektleiter", 6),
    }
    people["disabled"].enabled = False
    people["crowded"].groups = [object_id(f"group {number}") for number in range(MANY + 40)]
    for key in ("agent", "customer"):
        people[key].manager = people["leader"].object_id
    people["leader"].manager = people["admin"].object_id
    for key in ("agent", "leader", "admin"):
        people[key].groups = [object_id("group IT")]
        people[key].photo = drawn(people[key].name, len(key))
    people["customer"].photo = drawn(people["customer"].name, 0)
    return people


def _one(key: str, given: str, surname: str, department: str, title: str, number: int) -> Person:
    address = f"{given}.{surname}@{DOMAIN}".lower()
    return Person(
        object_id=object_id(key),
        upn=address,
        mail=address,
        given_name=given,
        surname=surname,
        department=department,
        job_title=title,
        phone=f"+49 30 5550 {number:03}",
        employee_id=f"M{number:04}",
        roles=[ROLES[key]] if key in ROLES else [],
    )


def _guest() -> Person:
    mail = "gerd.gast@partner.example"
    return Person(
        object_id=object_id("guest"),
        upn=f"{mail.replace('@', '_')}#EXT#@{DOMAIN}",
        mail=mail,
        given_name="Gerd",
        surname="Gast",
        job_title="Berater",
        guest=True,
    )


def _foreign() -> Person:
    """Somebody of another firm whose mail column claims the administrator's address (A46)."""
    return Person(
        object_id=object_id("foreign"),
        upn="fritz.fremd@fremdfirma.example",
        mail=f"ada.adam@{DOMAIN}",
        given_name="Fritz",
        surname="Fremd",
        tenant_id=FOREIGN_TENANT,
    )
