"""Listening at mailboxes that tell of new mail by themselves (IDLE, RFC 2177), so that nobody waits five minutes.

Only a hint: what it misses is found by the next run of the timetable. One listener for each mailbox over all machines.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from app.accounts.actors import MAIL
from app.core import log
from app.core.errors import HouseError
from app.core.lease import lease
from app.integrations import imap
from app.integrations.outcome import RetryLater
from app.jobs import fetching, signing_in
from app.mailroom import connections, errands
from app.mailroom.access import account_for

# Servers hang up after half an hour without a word; a listener that died is replaced within the lease.
LISTENING_SECONDS = 240
LEASE_SECONDS = 600
PAUSE_SECONDS = 30


class Listener:
    """Listens at all mailboxes of an application, each in a thread of its own, until told to stop."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        self._threads: dict[int, threading.Thread] = {}

    def run(self) -> None:
        """Listen; looks for new accounts now and then. Returns after ``stop``."""
        while not self._stop.is_set():
            self._guarded(self._start_missing)
            self._stop.wait(PAUSE_SECONDS)
        for thread in self._threads.values():
            thread.join(timeout=5)

    def start(self) -> threading.Thread:
        """Listen in the background."""
        thread = threading.Thread(target=self.run, name="mail-watch", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End listening; what a mailbox says from now on is read by the next run."""
        self._stop.set()

    def _start_missing(self) -> None:
        with self._app.app_context():
            wanted = errands.accounts_due(by_graph=False)
        for account_id in wanted:
            known = self._threads.get(account_id)
            if known is None or not known.is_alive():
                name = f"mail-watch-{account_id}"
                thread = threading.Thread(target=self._listen, args=(account_id,), name=name, daemon=True)
                self._threads[account_id] = thread
                thread.start()

    def _listen(self, account_id: int) -> None:
        """One turn: hold the lease, listen for some minutes, read when something is there."""
        self._guarded(lambda: self._turn(account_id))

    def _turn(self, account_id: int) -> None:
        with self._app.app_context(), lease(f"mail.watch.{account_id}", LEASE_SECONDS) as mine:
            if not mine or not self._heard(account_id):
                return
        with self._app.app_context():
            fetching.fetch(account_id)

    def _heard(self, account_id: int) -> bool:
        """Whether the mailbox spoke of new mail within some minutes."""
        route = connections.way_in(account_for(MAIL, account_id), signing_in.token_for(account_id))
        if route is None:
            return False
        with imap.open_mailbox(route) as mailbox:
            if not mailbox.can_wait:
                self._stop.wait(LISTENING_SECONDS)
                return False
            # The server tells only of what comes from now on; what came between two turns is looked for.
            errand = errands.errand_for(account_id)
            if errand is None or mailbox.list_after(errand.last_uid, errand.start_on, limit=1):
                return errand is not None
            return mailbox.wait(LISTENING_SECONDS, self._stop)

    def _guarded(self, work: Callable[[], None]) -> None:
        """A listener must outlive whatever goes wrong with one mailbox, or with the database."""
        try:
            work()
        except (RetryLater, HouseError) as error:
            log.get(__name__).info("mail_watch_ended", error=str(error)[:200])
        except Exception:
            log.get(__name__).exception("mail_watch_failed")
