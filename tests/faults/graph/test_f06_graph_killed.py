"""Workers that die at every step of sending by Microsoft Graph: each mail leaves once, by draft and without."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.events.models import Delivery
from app.events.words import DeliveryState
from tests.faults import invariants
from tests.support.graph_office import GraphOffice
from tests.support.letters import SUPPORT
from tests.support.relaying import KILLED, Worker, wipe

pytestmark = pytest.mark.sqlite_only
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = timedelta(minutes=6)
BY_DRAFT = ("relay.prepared", "graph.drafted", "graph.noted", "graph.sent", "relay.spoken", "relay.settling")
AT_ONCE = ("relay.prepared", "graph.sent", "relay.spoken", "relay.settling")


@pytest.fixture
def worker(firm, microsoft, database_url, tmp_path):
    yield Worker(
        database_url,
        tmp_path,
        {
            "MICROSOFT_TENANT_ID": microsoft.tenant_id,
            "MICROSOFT_CLIENT_ID": microsoft.client_id,
            "MICROSOFT_CLIENT_SECRET": microsoft.client_secret,
            "MICROSOFT_AUTHORITY": microsoft.base_url,
            "GRAPH_BASE_URL": microsoft.graph_url,
            "MICROSOFT_CA_FILE": microsoft.ca_file,
            "MICROSOFT_MAILBOXES": SUPPORT,
        },
    )
    wipe()


def until_quiet(worker):
    moment = START
    for _ in range(6):
        moment += LATER
        assert worker.run(moment) == 0
        db.session.rollback()
        waiting = sa.select(sa.func.count()).where(
            Delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING))
        )
        if not db.session.scalar(waiting):
            return moment
    raise AssertionError("there is still something to send")


@pytest.mark.parametrize(
    ("changes", "point"),
    [*(("true", point) for point in BY_DRAFT), *(("false", point) for point in AT_ONCE)],
)
def test_f06_a_worker_killed_on_the_way_out_doubles_and_loses_nothing(
    firm, microsoft, worker, changes, point
):
    with time_machine.travel(START, tick=False):
        office = GraphOffice(firm, microsoft, graph_changes=changes)
        firm.agent(email="anna@firma.example", support_level=3)
        firm.ticket(firm.customer(email="mia@kunde.example"), title="Serverausfall")
    assert worker.run(START, fault=f"{point}:kill9") == KILLED
    end = until_quiet(worker)
    mails = [message_from_bytes(raw) for raw in office.box.sent]
    assert set(Counter(mail["Message-ID"] for mail in mails).values()) == {1}
    assert any("mia@kunde.example" in mail["To"] for mail in mails)
    assert office.box.drafts == [] and len(office.box.messages("sentitems")) == len(mails)
    db.session.expire_all()
    states = db.session.scalars(sa.select(Delivery.state).where(Delivery.consumer == "email"))
    assert set(states) == {DeliveryState.SENT}
    invariants.hold(end)
