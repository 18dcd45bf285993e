"""The page "Microsoft 365": what is missing is said before anybody needs it, and the secret is shown to nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from app.core import clock
from app.settings import fixed, queries
from app.settings import microsoft as set_up
from app.settings.schemas import Microsoft
from tests.support.accounts import facts

LATER = timedelta(minutes=11)
FORM = {
    "admins": "Helpdesk.Admin",
    "team_leaders": "Helpdesk.TeamLeader",
    "agents": "Helpdesk.Agent",
    "agents_2": "",
    "agents_3": "",
    "agents_4": "",
    "further_tenants": "",
    "mailboxes": "",
    "sign_up": "true",
}


@pytest.fixture
def page(tenant):
    """An administrator's browser; nothing comes from the environment."""
    fixed.use({})
    queries.forget()
    return tenant.world.browser(tenant.world.admin())


def saved(tenant, page, **changed):
    """The form, filled in and sent."""
    page.get("/admin/microsoft")
    ids = {"tenant_id": tenant.ms.tenant_id, "client_id": tenant.ms.client_id}
    version = str(queries.version(Microsoft))
    answer = page.post("/admin/microsoft", FORM | ids | {"version": version} | changed)
    queries.forget()
    return answer


def checked(page):
    page.get("/admin/microsoft")
    return page.post("/admin/microsoft/check").text


def test_without_anything_the_page_says_how_to_set_it_up(tenant, page):
    text = page.get("/admin/microsoft").text
    assert "nicht eingerichtet" in text
    assert "http://localhost/auth/oauth_callback" in text
    assert "Mail.ReadWrite" in text
    assert "Mandant, Anwendung oder Geheimnis fehlt." in checked(page)


def test_an_administrator_sets_it_up_and_everything_is_in_order(tenant, page):
    tenant.ms.grants_application.update({"Mail.Read", "Mail.Send", "User.Read.All", "GroupMember.Read.All"})
    mailboxes = "support@musterfirma.example"
    answer = saved(tenant, page, client_secret=tenant.ms.client_secret, mailboxes=mailboxes)
    assert answer.status_code == 303
    text = checked(page)
    assert "exclamation-octagon" not in text
    assert mailboxes in text
    assert facts("settings.changed")[-1]["group"] == "microsoft"
    assert "Mit Microsoft anmelden" in tenant.world.browser().get("/auth/login").text


def test_the_secret_is_stored_encrypted_and_never_shown(tenant, page):
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    assert queries.read(Microsoft).client_secret.startswith("gAAAA")
    assert set_up.registration().client_secret == tenant.ms.client_secret
    text = page.get("/admin/microsoft").text
    assert tenant.ms.client_secret not in text
    assert "Gespeichert." in text


def test_an_empty_secret_keeps_the_stored_one(tenant, page):
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    assert saved(tenant, page, agents_2="Helpdesk.Zwei").status_code == 303
    assert set_up.registration().client_secret == tenant.ms.client_secret


def test_another_registration_wants_its_own_secret(tenant, page):
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    other = "5a1e2c3d-0000-4000-8000-00000000beef"
    answer = saved(tenant, page, client_id=other)
    assert answer.status_code == 422
    assert "Bitte geben Sie ihr Geheimnis ein." in answer.text
    assert other in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant_id", "contoso.onmicrosoft.com"),
        ("client_id", "abc"),
        ("further_tenants", "common"),
        ("mailboxes", "support"),
        ("mailboxes", "a@b.example; c@d.example"),
        ("admins", "<script>"),
        ("secret_expires_on", "morgen"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_everything_typed_is_kept(tenant, page, field, value):
    answer = saved(tenant, page, **{"agents_3": "Helpdesk.Drei", field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text or "has-error" in answer.text
    assert "Helpdesk.Drei" in answer.text
    assert queries.version(Microsoft) == 0


def test_somebody_elses_change_is_not_overwritten(tenant, page):
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    assert saved(tenant, page, version="0", agents_2="Alt").status_code == 409


def test_what_the_environment_says_is_fixed(tenant):
    page = tenant.world.browser(tenant.world.admin())
    text = page.get("/admin/microsoft").text
    assert "MICROSOFT_TENANT_ID" in text
    assert tenant.ms.client_secret not in text


def test_who_decides_who_comes_in_gives_the_password_first(tenant, page):
    page.get("/admin/microsoft")
    with time_machine.travel(clock.now() + LATER, tick=False):
        for answer in (page.get("/admin/microsoft"), page.post("/admin/microsoft", FORM)):
            assert answer.headers["Location"].startswith("/auth/confirm-password")


WRONG = {
    "a wrong secret": (lambda ms: {"client_secret": "falsch"}, "Das Geheimnis stimmt nicht."),
    "an unknown application": (
        lambda ms: {"client_id": "5a1e2c3d-0000-4000-8000-00000000beef", "client_secret": "x"},
        "Das Verzeichnis kennt diese Anwendung nicht.",
    ),
    "an unknown tenant": (
        lambda ms: {"tenant_id": "5a1e2c3d-0000-4000-8000-00000000beef", "client_secret": "x"},
        "Zu dieser Mandanten-ID gibt es kein Verzeichnis.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_check_says_what_is_wrong(tenant, page, case):
    values, sentence = WRONG[case]
    saved(tenant, page, **values(tenant.ms))
    assert sentence in checked(page)


def test_the_check_says_that_a_secret_has_expired(tenant, page):
    tenant.ms.secret_expired = True
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    assert "Das Geheimnis ist abgelaufen." in checked(page)


def test_the_check_names_the_permission_that_is_missing(tenant, page):
    tenant.ms.grants_application.clear()
    tenant.ms.grants_application.update({"Mail.Read"})
    saved(tenant, page, client_secret=tenant.ms.client_secret, mailboxes="support@musterfirma.example")
    text = checked(page)
    assert text.count("Fehlt") == 1
    assert "Mail.Send" in text
    assert text.count("Nicht erteilt") == 2


def test_the_check_names_a_mailbox_that_is_not_there_and_one_that_is_closed(tenant, page):
    tenant.ms.allowed_mailboxes = {"support@musterfirma.example"}
    addresses = "support@musterfirma.example, carla.kunde@musterfirma.example"
    saved(tenant, page, client_secret=tenant.ms.client_secret, mailboxes=addresses)
    assert "Die Anwendung darf dieses Postfach nicht lesen." in checked(page)


def test_a_microsoft_that_does_not_answer_is_no_error_of_ours(tenant, page):
    saved(tenant, page, client_secret=tenant.ms.client_secret)
    tenant.ms.faults.add("503", times=50)
    text = checked(page)
    assert "Microsoft war nicht zu erreichen." in text


def test_a_secret_that_ends_is_spoken_of_two_weeks_before(tenant, page):
    day = clock.now().date() + timedelta(days=20)
    saved(tenant, page, client_secret=tenant.ms.client_secret, secret_expires_on=day.isoformat())
    assert "Das Geheimnis endet am" not in page.get("/admin/microsoft").text
    with time_machine.travel(clock.now() + timedelta(days=7), tick=False):
        queries.forget()
        assert set_up.secret_ends_soon() == day


def test_nobody_but_administrators_sees_the_page(tenant):
    for person in (tenant.world.agent(), tenant.world.leader()):
        browser = tenant.world.browser(person)
        assert browser.get("/admin/microsoft").status_code == 403


def test_trying_the_sign_in_says_which_permission_of_people_is_missing(tenant):
    viktor = tenant.ms.people["crowded"]
    tenant.set_up(agents=viktor.groups[0])
    tenant.ms.grants_delegated.discard("GroupMember.Read.All")
    browser = tenant.world.browser(tenant.world.admin())
    tenant.sign_in(tenant.ms.people["admin"], browser, "/auth/microsoft/connect")
    page = browser.get("/auth/microsoft/account").text
    assert "Nicht erteilt wurde: GroupMember.Read.All" in page
