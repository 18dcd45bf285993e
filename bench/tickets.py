"""The generated tickets with their conversation, clocks, events, tags and counters."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import datetime, timedelta

from app.core.db import db
from bench import life, texts
from bench.bulk import NULL, Bulk, Row
from bench.people import Firm, Ids

PRIORITIES = (("critical", 3), ("high", 17), ("medium", 60), ("low", 20))
URGENCY = {"critical": "1", "high": "2", "medium": "3", "low": "4"}
CHANNELS = (("email", 52), ("web", 33), ("agent", 9), ("api", 4), ("chat", 1.5), ("teams", 0.5))
YEARS = 3
Clock = life.Clock
TICKET_COLUMNS = [
    "id", "title", "description", "description_html", "requester_id", "created_by_id", "organisation_id",
    "assignee_id", "team_id", "category_id", "status", "phase", "stage", "pending_reason", "priority", "urgency",
    "priority_reason", "assign_reason", "support_level", "channel", "created_from_email", "version", "last_entry_id",
    "last_entry_by_customer", "has_files", "created_at", "updated_at", "first_response_at", "resolved_at",
    "closed_at", "sla_policy_id", "response_due_at", "response_state", "response_told", "resolution_due_at",
    "resolution_state", "resolution_told", "sla_state", "due_at", "check_at",
]  # fmt: skip


def stamp(at: datetime | None) -> str:
    """A moment as all three engines read it."""
    return NULL if at is None else at.isoformat(" ", "microseconds")


def number(value: int | None) -> str:
    return NULL if value is None else str(value)


class Writer:
    """Makes one ticket after the other.

    Args:
        comments: entries of an ordinary ticket.
        open_share: which part of the tickets is still being worked on.
    """

    def __init__(
        self, bulk: Bulk, firm: Firm, rng: random.Random, now: datetime, *, comments: int, open_share: float
    ) -> None:
        self.bulk, self.firm, self.rng, self.now = bulk, firm, rng, now
        self.comments, self.open_share = comments, open_share
        self.tally: Counter[tuple[int, bool, int, str]] = Counter()
        self.load: Counter[tuple[int, int]] = Counter()
        self.bodies = texts.bodies(rng, 400)
        tables = db.metadata.tables
        self.ids = {
            name: Ids(tables[name])
            for name in ("ticket", "comment", "event", "clock_change", "attachment", "tally", "load")
        }
        self._add = {name: bulk.table(tables[name], columns) for name, columns in _COLUMNS.items()}

    def write(self, share: float, *, comments: int | None = None) -> None:
        """One ticket that came when ``share`` (0 to 1) of the whole time had gone by."""
        rng, firm = self.rng, self.firm
        created = self._created(share)
        priority = rng.choices([p for p, _w in PRIORITIES], [w for _p, w in PRIORITIES])[0]
        found = self._life(created, priority)
        team = rng.choices(firm.teams, firm.weights)[0]
        requester, organisation = rng.choice(firm.customers)
        assignee = self._assignee(team, found)
        ticket_id = self.ids["ticket"]()
        last, by_customer, updated = self._talk(
            ticket_id, created, found, requester, assignee, self.comments if comments is None else comments
        )
        channel = rng.choices([c for c, _w in CHANNELS], [w for _c, w in CHANNELS])[0]
        has_files = rng.random() < 0.1
        text, html = rng.choice(self.bodies)
        category = rng.choice(firm.categories[team]) if rng.random() < 0.85 else None
        self._add["ticket"](
            [
                str(ticket_id), texts.title(rng), text, html, str(requester), str(requester), number(organisation),
                number(assignee), str(team), number(category), found.status, found.phase, str(found.stage),
                found.reason or NULL, priority, URGENCY[priority],
                f'{{"rules": [{{"rule": "base", "value": "", "priority": "{priority}"}}]}}', '{"rule": "idlest"}',
                "1", channel, "1" if channel == "email" else "0", str(2 + self.comments), str(last),
                "1" if by_customer else "0", "1" if has_files else "0", stamp(created), stamp(updated),
                stamp(found.first), stamp(found.resolved), stamp(found.closed), str(firm.policy_id),
                *_clock(found.response), *_clock(found.resolution), found.sla_state, stamp(found.due),
                stamp(found.check),
            ]
        )  # fmt: skip
        self.tally[team, assignee is None, found.stage, found.sla_state] += 1
        if assignee is not None:
            self.load[assignee, found.stage] += 1
        self._around(ticket_id, created, updated, found, assignee, last, has_files)
        self._events(ticket_id, created, found, requester, assignee, team, priority, channel)
        self.bulk.flush()

    def finish(self) -> None:
        """Write the counters."""
        for (team, is_free, stage, state), n in self.tally.items():
            place = [str(team), "1" if is_free else "0", str(stage), state]
            self._add["tally"]([str(self.ids["tally"]()), *place, str(n)])
        for (assignee, stage), n in self.load.items():
            self._add["load"]([str(self.ids["load"]()), str(assignee), str(stage), str(n)])

    def _created(self, share: float) -> datetime:
        """Most requests come between seven and eighteen o'clock."""
        span = timedelta(days=365 * YEARS)
        at = self.now - span * (1 - share) - timedelta(seconds=30)
        if self.now - at < timedelta(days=2):
            return at
        second = at.hour * 3600 + at.minute * 60 + at.second
        return at.replace(hour=6) + timedelta(seconds=-at.minute * 60 - at.second + second * 0.46)

    def _life(self, created: datetime, priority: str) -> life.Life:
        """Most tickets are done within days; those that are not stay for long, so that they add up to the share."""
        rng, age = self.rng, (self.now - created) / timedelta(days=1)
        odds = 0.7 * math.exp(-age / 2) + 0.3 * math.exp(-age / (self.open_share * 365 * YEARS / 0.3))
        if self.open_share >= 1:
            odds = 1.0
        if rng.random() >= odds:
            return life.finished(rng, created, self.now, priority)
        soon = self.now - created < life.TARGETS[priority][0] * 0.6
        if rng.random() < (0.6 if soon else 0.05):
            return life.unanswered(rng, created, self.now, priority)
        return life.answered(rng, created, self.now, priority)

    def _assignee(self, team: int, found: life.Life) -> int | None:
        nobody = 0.6 if found.stage == 1 else 0.01
        return None if self.rng.random() < nobody else self.rng.choice(self.firm.agents[team])

    def _talk(
        self,
        ticket_id: int,
        created: datetime,
        found: life.Life,
        requester: int,
        assignee: int | None,
        count: int,
    ) -> tuple[int, bool, datetime]:
        """The entries of a ticket; returns the last one's id, who wrote it, and when."""
        rng, last, by_customer = self.rng, 0, True
        at = found.first or created + (self.now - created) * 0.3
        step = ((found.resolved or self.now) - at) / (count + 1)
        first_agent = assignee or self.firm.agents[self.firm.teams[0]][0]
        for n in range(count):
            staff = found.first is not None and n % 2 == 0
            internal = staff and n > 0 and rng.random() < 0.2
            last, by_customer = self.ids["comment"](), not staff
            author = first_agent if staff else requester
            text, html = rng.choice(self.bodies)
            entry = [
                str(last), str(ticket_id), str(author), "1" if staff else "0", text, html, "1" if internal else "0",
                stamp(at), "{}",
            ]  # fmt: skip
            self._add["comment"](entry)
            payload = (
                f'{{"comment_id": {last}, "by_staff": {"true" if staff else "false"}, "by_machine": false}}'
            )
            kind = "ticket.note_added" if internal else "ticket.reply_added"
            self._event(kind, "internal" if internal else "public", at, author, ticket_id, payload)
            at += step
        moments = [created, at - step if count else created, found.changes[-1][0], found.closed or created]
        return last, by_customer, max(moments)

    def _around(
        self, ticket_id: int, created: datetime, updated: datetime, found: life.Life, assignee: int | None,
        last: int, has_files: bool,
    ) -> None:  # fmt: skip
        rng, one = self.rng, str(ticket_id)
        for at, runs, reason in found.changes:
            change = [str(self.ids["clock_change"]()), one, stamp(at), "1" if runs else "0", reason]
            self._add["clock_change"](change)
        if rng.random() < 0.25:
            for tag in {self.firm.tags[min(int(rng.expovariate(0.3)), 19)] for _ in range(rng.randint(1, 2))}:
                self._add["ticket_tag"]([one, str(tag)])
        if assignee and found.phase == "active" and rng.random() < 0.6:
            self._add["read_mark"]([str(assignee), one, str(last - rng.randint(0, 1)), stamp(updated)])
        if rng.random() < 0.03:
            watcher = rng.choice(self.firm.agents[rng.choice(self.firm.teams[:-1])])
            self._add["watcher"]([one, str(watcher), found.phase, stamp(created)])
        if found.phase == "closed" and rng.random() < 0.15:
            self._add["rating"](
                [one, str(rng.choices((1, 2, 3, 4, 5), (3, 4, 10, 33, 50))[0]), *[stamp(updated)] * 2]
            )
        if has_files:
            self._add["attachment"](
                [str(self.ids["attachment"]()), one, f"{ticket_id:064x}", "Bildschirmfoto.png", "image/png", "81920",
                 "1", "clean", stamp(created)]
            )  # fmt: skip

    def _events(
        self, ticket_id: int, created: datetime, found: life.Life, requester: int, assignee: int | None, team: int,
        priority: str, channel: str,
    ) -> None:  # fmt: skip
        opened = f'{{"channel": "{channel}", "priority": "{priority}", "team_id": {team}, "requester_id": {requester}}}'
        self._event("ticket.opened", "public", created, requester, ticket_id, opened)
        if assignee:
            given = f'{{"old_id": null, "new_id": {assignee}, "how": "automatic"}}'
            self._event("ticket.assigned", "public", created, requester, ticket_id, given)
        if found.resolved:
            done = '{"old": "in_progress", "new": "resolved", "pending_reason": null, "how": ""}'
            self._event("ticket.status_changed", "public", found.resolved, assignee, ticket_id, done)

    def _event(
        self, kind: str, visibility: str, at: datetime, actor: int | None, ticket_id: int, payload: str
    ) -> None:
        one = str(ticket_id)
        row = [str(self.ids["event"]()), kind, "1", visibility, stamp(at), "person", number(actor)]
        self._add["event"]([*row, "ticket", one, one, payload])


def _clock(clock: Clock) -> Row:
    return [stamp(clock.due), clock.state, clock.told]


_COLUMNS = {
    "ticket": TICKET_COLUMNS,
    "comment": [
        "id", "ticket_id", "author_id", "by_staff", "body", "body_html", "is_internal", "created_at", "undo",
    ],
    "event": [
        "id", "kind", "version", "visibility", "at", "actor_kind", "actor_id", "subject_kind", "subject_id",
        "ticket_id", "payload",
    ],
    "clock_change": ["id", "ticket_id", "at", "runs", "reason"],
    "ticket_tag": ["ticket_id", "tag_id"],
    "read_mark": ["person_id", "ticket_id", "entry_id", "read_at"],
    "watcher": ["ticket_id", "person_id", "phase", "created_at"],
    "rating": ["ticket_id", "score", "created_at", "updated_at"],
    "attachment": [
        "id", "ticket_id", "sha256", "filename", "content_type", "size", "is_picture", "state", "created_at",
    ],
    "tally": ["id", "team_id", "is_free", "stage", "sla_state", "n"],
    "load": ["id", "assignee_id", "stage", "n"],
}  # fmt: skip
