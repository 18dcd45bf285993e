"""A34: a file that moves people to another organisation makes nobody see that organisation's requests."""

from __future__ import annotations

import io

from app.core.db import db
from tests.support.accounts import reload

HEAD = "E-Mail;Organisation"


def taken_in(browser, text):
    """Send a file and let it be done."""
    browser.get("/people/import")
    sent = {"file": (io.BytesIO(text.encode()), "leute.csv")}
    place = browser.post("/people/import", sent, content_type="multipart/form-data").headers["Location"]
    assert browser.post(f"{place}/start").status_code == 303
    db.session.rollback()


def test_a34_who_manages_one_organisation_does_not_manage_the_next_by_a_file(world):
    first, second = world.organisation("Nord GmbH"), world.organisation("Süd GmbH")
    mia = world.customer(organisation_id=first.id, manages_organisation=True)
    browser = world.browser(world.admin())
    taken_in(browser, f"{HEAD}\n{mia.email};{first.name}\n")
    assert reload(mia).manages_organisation
    taken_in(browser, f"{HEAD}\n{mia.email};{second.name}\n")
    assert (reload(mia).organisation_id, reload(mia).manages_organisation) == (second.id, False)
