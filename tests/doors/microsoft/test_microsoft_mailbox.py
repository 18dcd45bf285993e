"""Connecting a mailbox in the name of somebody who signs in at Microsoft."""

from __future__ import annotations

import pytest

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import fetching
from app.mailroom.actions import graph_accounts
from app.mailroom.models import MailAccount
from app.mailroom.schemas import NewGraphAccount
from app.mailroom.words import Login
from tests.support.accounts import facts
from tests.support.letters import letter

SUPPORT = "support@musterfirma.example"


@pytest.fixture
def account_id(tenant):
    """A mailbox that waits for somebody to connect it."""
    tenant.ms.grants_delegated.update({"Mail.Read", "Mail.Send", "Mail.Read.Shared", "Mail.Send.Shared"})
    command = NewGraphAccount(
        address="anton.agent@musterfirma.example",
        login=Login.GRAPH_USER,
        graph_reads=True,
        graph_sends=True,
        is_active=True,
    )
    return run_unit(lambda: graph_accounts.create(command, actor=SHELL).id)


@pytest.fixture
def admin(tenant):
    return tenant.world.browser(tenant.world.admin())


def test_a_mailbox_is_connected_and_read_in_somebodys_name(tenant, admin, account_id):
    assert f"/auth/microsoft/mailbox/{account_id}" in admin.get(f"/admin/mail/{account_id}").text
    anton = tenant.ms.people["agent"]
    answer = tenant.sign_in(anton, admin, f"/auth/microsoft/mailbox/{account_id}")
    assert answer.headers["Location"] == f"/admin/mail/{account_id}"
    assert "Das Postfach ist verbunden." in admin.get(f"/admin/mail/{account_id}").text
    account = db.session.get_one(MailAccount, account_id)
    assert account.oauth_refresh_secret.startswith("gAAAA")
    assert len(facts("mailbox.connected")) == 1
    tenant.ms.mailbox(anton.mail).deliver(letter(subject="Drucker brennt"))
    assert fetching.fetch(account_id).trouble == ""


def test_connecting_signs_nobody_in(tenant, admin, account_id):
    tenant.sign_in(tenant.ms.people["agent"], admin, f"/auth/microsoft/mailbox/{account_id}")
    assert facts("sign_in.succeeded") == []
    assert admin.get("/admin/health").status_code == 200


def test_what_was_not_granted_is_said_and_nothing_is_kept(tenant, admin, account_id):
    tenant.ms.grants_delegated.discard("Mail.Send")
    tenant.sign_in(tenant.ms.people["agent"], admin, f"/auth/microsoft/mailbox/{account_id}")
    assert "Mail.Send" in admin.get(f"/admin/mail/{account_id}").text
    assert db.session.get_one(MailAccount, account_id).oauth_refresh_secret == ""


@pytest.mark.parametrize("who", ["agent", "leader", "customer"])
def test_mailboxes_are_for_administrators(tenant, account_id, who):
    browser = tenant.world.browser(getattr(tenant.world, who)())
    assert browser.get(f"/auth/microsoft/mailbox/{account_id}").status_code == 403
