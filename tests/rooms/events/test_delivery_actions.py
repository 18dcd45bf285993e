"""What administrators do about deliveries, by page and by shell; and recording itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.outcome import Undeliverable
from app.core.uow import UnitError, run_unit
from app.events import deliveries as room
from app.events import relay
from app.events.consumers import Held, Target
from app.events.log import ChainTooLong, record
from app.events.models import Event
from app.events.words import DeliveryState
from tests.support.toys import Happened, ToyInside, ToyOutside, deliveries, delivery, happen, only

S = DeliveryState


@pytest.fixture
def toy(house: Flask) -> Iterator[ToyOutside]:
    made = ToyOutside()
    with only(made):
        yield made


@pytest.fixture
def shell(house: Flask) -> FlaskCliRunner:
    return house.test_cli_runner()


def fail(toy: ToyOutside, error: Exception | None = None) -> None:
    def speak(_message: object) -> str:
        raise error or Undeliverable("refused")

    toy.speaks = speak


def mend(toy: ToyOutside) -> None:
    toy.speaks = lambda _message: "ok"


def test_what_failed_can_be_tried_again(toy: ToyOutside) -> None:
    fail(toy)
    happen()
    relay.run()
    mend(toy)
    run_unit(partial(room.retry, delivery().id, actor=SHELL))
    relay.deliver_due()
    assert (delivery().state, delivery().attempts, delivery().error) == (S.SENT, 1, "")


def test_a_possible_repeat_stays_one_when_it_is_tried_again(toy: ToyOutside) -> None:
    fail(toy, ValueError("after everything was said"))
    happen()
    relay.run()
    mend(toy)
    run_unit(partial(room.retry, delivery().id, actor=SHELL))
    relay.deliver_due()
    assert delivery().may_be_repeat


def test_what_was_sent_is_neither_tried_again_nor_given_up(toy: ToyOutside) -> None:
    happen()
    relay.run()
    for verb in (room.retry, room.give_up):
        with pytest.raises(Conflict):
            run_unit(partial(verb, delivery().id, actor=SHELL))
        with pytest.raises(NotFound):
            run_unit(partial(verb, delivery().id + 1, actor=SHELL))


def test_what_is_given_up_is_never_said(toy: ToyOutside) -> None:
    fail(toy, Held("no_route"))
    happen()
    relay.run()
    mend(toy)
    run_unit(partial(room.give_up, delivery().id, actor=SHELL))
    run_unit(partial(room.release_held, "toy"))
    relay.deliver_due()
    assert delivery().state is S.CANCELLED
    assert len(toy.said) == 1


def test_an_event_is_brought_to_further_targets_once(toy: ToyOutside) -> None:
    (event_id,) = happen()
    relay.run()
    event = db.session.get_one(Event, event_id)
    tell = partial(room.also_tell, event, "toy", [Target("somebody"), Target("another")])
    assert run_unit(tell) == 1
    assert run_unit(tell) == 0
    relay.deliver_due()
    assert toy.said == [(event_id, "somebody"), (event_id, "another")]


def test_what_failed_inside_the_house_is_counted_and_shown(house: Flask) -> None:
    inside, outside = ToyInside(), ToyOutside()
    with only(inside, outside):
        inside.fails = lambda _event: True
        happen()
        for _ in range(3):
            relay.run()
            run_unit(
                lambda: db.session.execute(sa.text("UPDATE delivery SET due_at = NULL WHERE state = 'sent'"))
            )
            for one in deliveries(inside.name):
                if one.state is S.WAITING:
                    run_unit(partial(_make_due, one.id))
        assert room.counts() == {S.DEAD: 1}
        assert [one.consumer for one in room.page(None).rows] == ["toy", "toy_inside"]
        assert [one.consumer for one in room.page(S.DEAD).rows] == ["toy_inside"]
        assert [one.consumer for one in room.page(None, consumer="toy").rows] == ["toy"]


def _make_due(delivery_id: int) -> None:
    db.session.execute(sa.text("UPDATE delivery SET due_at = created_at WHERE id = :id"), {"id": delivery_id})


def test_the_page_of_deliveries_goes_on_where_it_ended(toy: ToyOutside) -> None:
    happen(room.ROWS + 5)
    relay.run()
    first = room.page(None)
    assert len(first.rows) == room.ROWS
    assert first.next_cursor is not None
    second = room.page(None, first.next_cursor)
    assert (len(second.rows), second.next_cursor) == (5, None)


def test_a_chain_of_causes_ends_after_five(house: Flask) -> None:
    def work() -> None:
        cause = None
        for _ in range(7):
            cause = record(_fact(), actor=SHELL, subject=("delivery", 1), cause=cause)

    with pytest.raises(ChainTooLong):
        run_unit(work)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


def _fact() -> Happened:
    fact = Happened()
    object.__setattr__(fact, "kind", "delivery.retried")
    return fact


def test_nothing_is_recorded_outside_a_unit(house: Flask) -> None:
    with pytest.raises(UnitError):
        record(_fact(), actor=SHELL, subject=("delivery", 1))


def test_the_shell_says_what_waits_and_what_failed(toy: ToyOutside, shell: FlaskCliRunner) -> None:
    fail(toy)
    happen(2)
    relay.run()
    happen()
    said = shell.invoke(args=["events", "status"]).output.splitlines()
    assert said[:5] == ["not spread yet: 1", "waiting: 0", "sending: 0", "held: 0", "dead: 2"]
    assert said[5].endswith("toy somebody  refused")


def test_the_shell_tries_one_delivery_again(toy: ToyOutside, shell: FlaskCliRunner) -> None:
    fail(toy)
    happen()
    relay.run()
    number = delivery().id
    assert shell.invoke(args=["events", "retry", str(number)]).output == f"{number} will be tried again\n"
    assert delivery().state is S.WAITING


def test_the_shell_tries_everything_that_failed_again(toy: ToyOutside, shell: FlaskCliRunner) -> None:
    fail(toy)
    happen(3)
    relay.run()
    assert shell.invoke(args=["events", "retry", "--dead"]).output == "3 will be tried again\n"
    assert {one.state for one in deliveries()} == {S.WAITING}


@pytest.mark.parametrize("words", [[], ["1", "--dead"], ["nonsense"], ["0"]])
def test_the_shell_wants_to_know_what_to_try_again(
    house: Flask, shell: FlaskCliRunner, words: list[str]
) -> None:
    assert shell.invoke(args=["events", "retry", *words]).exit_code == 2


def test_the_shell_says_which_delivery_it_cannot_try_again(toy: ToyOutside, shell: FlaskCliRunner) -> None:
    happen()
    relay.run()
    number = delivery().id
    answer = shell.invoke(args=["events", "retry", str(number), str(number + 1)])
    assert answer.exit_code == 1
    assert f"{number}: This delivery is already settled" in answer.output
    assert f"{number + 1}: there is no such delivery" in answer.output
