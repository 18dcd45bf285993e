"""Loading the demonstration: people, then tickets with a past, each in a unit of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from app.accounts.actors import actor_for_id
from app.accounts.queries import somebody_besides
from app.cli.demo import people
from app.cli.demo.stories import STORIES, Story
from app.core import clock
from app.core.actor import Actor
from app.core.uow import run_unit
from app.core.wiping import empty_all_tables
from app.events import spreading
from app.tickets import queries
from app.tickets.actions import rating, replying, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.schemas import NewComment, NewTicket, Score
from app.tickets.words import Channel

CUSTOMERS_FROM = 5  # where the customers begin in people.FIRM


def load(tickets: int, seed: int) -> Iterator[str]:
    """Make the firm and its tickets; yields lines of progress. What is there already is left alone."""
    ids = people.ensure()
    yield f"people: {len(ids)}"
    done = queries.count_all()
    for number in range(done, tickets):
        # ages are spread so that the newest tickets are minutes old and the oldest some weeks
        Play(ids, Random(f"{seed}/{number}"), age=_age(number, tickets)).perform()  # noqa: S311 demo data
        if (number + 1) % 20 == 0:
            yield f"tickets: {number + 1}"
    yield f"tickets: {max(tickets, done)}"


def _age(number: int, tickets: int) -> timedelta:
    share = (tickets - number) / max(tickets, 1)
    return timedelta(minutes=12 + 60 * 24 * 28 * share**2)


class Play:
    """One ticket from opening to wherever it has got by now.

    Args:
        ids: people of the firm.
        dice: decides everything, so that a seed gives the same firm again.
        age: how long ago it was opened.
    """

    def __init__(self, ids: list[int], dice: Random, *, age: timedelta) -> None:
        self.ids, self.dice = ids, dice
        self.opened_at = clock.now() - age
        self.is_fresh = age < timedelta(hours=30)  # older ones are not left lying about
        self.story: Story = dice.choice(STORIES)
        self.requester = actor_for_id(dice.choice(ids[CUSTOMERS_FROM:]))
        self.leader = actor_for_id(ids[1])

    def perform(self) -> None:
        """Play every scene that lies in the past."""
        ticket_id = self._at(timedelta(), self._open)
        wait = timedelta(minutes=self.dice.choice([8, 15, 25, 40, 55, 90, 200, 420]))
        if (self.is_fresh and self.dice.random() < 0.4) or not self._past(wait):
            return
        agent = self._agent(ticket_id)
        if self.story.note and self.dice.random() < 0.6:
            self._at(
                wait - timedelta(minutes=3), partial(self._say, agent, ticket_id, self.story.note, note=True)
            )
        then = self.dice.choice([None, "pending", "pending", "resolved"]) if self.is_fresh else "pending"
        self._at(wait, partial(self._say, agent, ticket_id, self.story.answer, then=then))
        again = wait + timedelta(minutes=self.dice.randint(15, 900))
        if then == "resolved" or not self._past(again):
            return
        self._at(again, partial(self._say, self.requester, ticket_id, self.story.thanks))
        self._finish(ticket_id, again)

    def _finish(self, ticket_id: int, after: timedelta) -> None:
        solved = after + timedelta(minutes=self.dice.randint(5, 300))
        if not self._past(solved) or (self.is_fresh and self.dice.random() < 0.5):
            return
        self._at(solved, lambda: triage.resolve_own(self.requester, ticket_id))
        if self.dice.random() < 0.6:
            score = Score(score=self.dice.choice([5, 5, 4, 4, 3]))
            self._at(solved + timedelta(minutes=20), lambda: rating.rate(self.requester, ticket_id, score))

    def _open(self) -> int:
        topics = {topic.name_de: topic.id for topic in queries.active_categories()}
        command = NewTicket(
            title=self.story.title,
            description=self.story.text,
            impact=self.story.impact,
            category_id=topics.get(self.story.category),
        )
        return open_ticket(command, actor=self.requester, channel=Channel.WEB).id

    def _say(self, who: Actor, ticket_id: int, text: str, *, note: bool = False, then: Any = None) -> None:
        replying.add_comment(who, ticket_id, NewComment(body=text, is_internal=note, then=then))

    def _agent(self, ticket_id: int) -> Actor:
        assignee = queries.assignee_of(ticket_id)
        return actor_for_id(assignee) if assignee else self.leader

    def _past(self, after: timedelta) -> bool:
        return self.opened_at + after < clock.now()

    def _at(self, after: timedelta, scene: Callable[[], Any]) -> Any:
        moment: datetime = min(self.opened_at + after, clock.now())

        def play() -> Any:
            result = scene()
            spreading.spread_silently()
            return result

        with clock.pretending(moment):
            return run_unit(play)


def reset() -> bool:
    """Empty every table, unless somebody is there who is not of the demonstration; False then."""
    if not people_are_all_of_the_firm():
        return False
    empty_all_tables()
    people.logins_file().unlink(missing_ok=True)
    return True


def people_are_all_of_the_firm() -> bool:
    """Whether nobody else has an account."""
    firm = [people.email_of(first, last) for _role, first, last, _department, _level in people.FIRM]
    return not somebody_besides(firm)
