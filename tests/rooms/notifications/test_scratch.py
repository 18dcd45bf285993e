from app.core.uow import run_unit
from app.core.db import db
from app.events.models import Delivery, Event
from app.notifications.outbox import outbox
from app.notifications.queries import inbox, unread_count
from app.notifications.models import Notice
from app.tickets.actions.opening import open_ticket
from app.tickets.actions.replying import add_comment
from app.tickets.schemas import NewTicket, NewComment
from app.tickets.words import Channel
import sqlalchemy as sa

def test_it(world):
    c = world.customer(first_name="Mia", last_name="Muster")
    a = world.agent(first_name="Jonas", last_name="Weber", support_level=3)
    l = world.leader(first_name="Lea", last_name="Hoffmann")
    t = run_unit(lambda: open_ticket(NewTicket(title="Serverausfall <b>x</b>", description="Nichts geht mehr\n\n\nhallo"), actor=world.actor(c), channel=Channel.WEB))
    world.relay()
    k = run_unit(lambda: add_comment(world.actor(a), t.id, NewComment(body="Wir **kümmern** uns.\n\n- eins\n- zwei")))
    n = run_unit(lambda: add_comment(world.actor(l), t.id, NewComment(body="geheim", is_internal=True)))
    world.relay()
    for d in db.session.scalars(sa.select(Delivery).order_by(Delivery.id)):
        print(d.id, d.event_id, d.consumer, d.target, d.state, d.error)
    for e in db.session.scalars(sa.select(Event).order_by(Event.id)):
        print(e.id, e.kind, e.payload)
    for s in outbox():
        print("=====", s.delivery.id, s.recipient, s.subject); print(s.text)
        if s.delivery.id < 3 : print(s.html)
    for p in (a,l):
        act = world.actor(p)
        print(unread_count(act))
        for r in inbox(act).rows: print(r.number, r.title, r.topic, r.line.text)
    assert 0
