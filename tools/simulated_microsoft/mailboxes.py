"""Mailboxes in memory: folders, messages, and a journal of what changed for those who ask again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from tools.simulated_microsoft import mime

WELL_KNOWN = {
    "inbox": "Posteingang",
    "drafts": "Entwürfe",
    "sentitems": "Gesendete Elemente",
    "deleteditems": "Gelöschte Elemente",
    "junkemail": "Junk-E-Mail",
    "archive": "Archiv",
    "outbox": "Postausgang",
}
ROOT = "msgfolderroot"


class NotThere(LookupError):
    """There is no such message or folder."""


@dataclass
class Folder:
    folder_id: str
    name: str
    parent_id: str
    well_known: str = ""


@dataclass
class Message:
    """One mail in a mailbox.

    Args:
        message_id: changes when the mail is moved, as it does at Exchange.
        immutable_id: stays when the mail is moved inside the mailbox.
    """

    raw: bytes
    folder_id: str
    received_at: datetime
    message_id: str
    immutable_id: str
    is_read: bool = False
    is_draft: bool = False
    modified_at: datetime | None = None
    version: int = 1
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A line of the journal: what happened to a mail in one folder."""

    number: int
    folder_id: str
    immutable_id: str
    message_id: str
    kind: str  # created, updated, removed


class Mailbox:
    """The mail of one address.

    Args:
        told: called after a change, outside of the lock, with the change.
    """

    def __init__(self, address: str, object_id: str, told: Callable[[Mailbox, Change], None]) -> None:
        self.address = address
        self.object_id = object_id
        self.lock = RLock()
        self.journal: list[Change] = []
        self.sent: list[bytes] = []
        self.late: list[bytes] = []
        self._told = told
        self._messages: dict[str, Message] = {}
        self._by_id: dict[str, Message] = {}  # by the id that changes
        root = new_id("AQMk")
        self.root = Folder(root, "Oberste Ebene des Informationsspeichers", "", ROOT)
        made = [Folder(new_id("AQMk"), name, root, known) for known, name in WELL_KNOWN.items()]
        self.folders = {folder.folder_id: folder for folder in made}

    # What tests and people do

    def deliver(self, raw: bytes, folder: str = "inbox", received_at: datetime | None = None) -> str:
        """Bring a mail; returns its id.

        Raises:
            NotThere: there is no such folder.
        """
        return self.add(raw, folder, received_at=received_at).message_id

    def messages(self, folder: str = "inbox") -> list[Message]:
        """The mails of a folder in the order they came into it."""
        with self.lock:
            wanted = self.folder(folder).folder_id
            return [message for message in self._messages.values() if message.folder_id == wanted]

    def subjects(self, folder: str = "inbox") -> list[str]:
        return [mime.header(mime.parse(message.raw), "Subject") for message in self.messages(folder)]

    @property
    def drafts(self) -> list[Message]:
        return self.messages("drafts")

    def move(self, message_id: str, folder: str) -> str:
        """Move a mail; returns its new id. The one it had leads nowhere afterwards."""
        with self.lock:
            message, target = self.message(message_id), self.folder(folder)
            gone = self._note(message, "removed")
            del self._messages[message.immutable_id]
            self._messages[message.immutable_id] = message  # the last one of its new folder
            message.folder_id = target.folder_id
            self._rename(message)
            message.version += 1
            come = self._note(message, "created")
        self._told(self, gone)
        self._told(self, come)
        return message.message_id

    def mark_read(self, message_id: str, is_read: bool = True) -> None:
        self.change(message_id, is_read=is_read)

    def delete(self, message_id: str) -> None:
        """Take a mail away for good."""
        with self.lock:
            message = self.message(message_id)
            change = self._note(message, "removed")
            del self._messages[message.immutable_id], self._by_id[message.message_id]
        self._told(self, change)

    def create_folder(self, name: str, parent: str = ROOT) -> Folder:
        """Make a folder.

        Raises:
            ValueError: there is one of that name already.
        """
        with self.lock:
            parent_id = self.folder(parent).folder_id
            if any(
                one.name.lower() == name.lower() and one.parent_id == parent_id
                for one in self.folders.values()
            ):
                raise ValueError(name)
            made = Folder(new_id("AQMk"), name, parent_id)
            self.folders[made.folder_id] = made
            return made

    def catch_up(self) -> None:
        """Put what was sent and held back among the sent items."""
        while self.late:
            self.add(self.late.pop(0), "sentitems", is_read=True)

    # What the simulated Graph needs

    def add(
        self,
        raw: bytes,
        folder: str,
        received_at: datetime | None = None,
        is_read: bool = False,
        is_draft: bool = False,
    ) -> Message:
        with self.lock:
            now = datetime.now(UTC)
            place = self.folder(folder).folder_id
            message = Message(
                raw, place, received_at or now, new_id("AAMk"), new_id("AAkA"), is_read, is_draft, now
            )
            self._messages[message.immutable_id] = self._by_id[message.message_id] = message
            change = self._note(message, "created")
        self._told(self, change)
        return message

    def change(self, message_id: str, **columns: Any) -> Message:
        """Set columns of a message."""
        with self.lock:
            message = self.message(message_id)
            for name, value in columns.items():
                setattr(message, name, value)
            message.version += 1
            message.modified_at = datetime.now(UTC)
            change = self._note(message, "updated")
        self._told(self, change)
        return message

    def lose_id(self, message_id: str) -> None:
        """Both ids of a mail change, as when it was moved into an archive and back."""
        with self.lock:
            message = self.message(message_id)
            self._note(message, "removed")
            del self._messages[message.immutable_id]
            message.immutable_id = new_id("AAkA")
            self._rename(message)
            self._messages[message.immutable_id] = message
            self._note(message, "created")

    def message(self, message_id: str) -> Message:
        """A mail by either of its ids.

        Raises:
            NotThere: it is gone, or it never was.
        """
        with self.lock:
            found = self._messages.get(message_id) or self._by_id.get(message_id)
        if found is None:
            raise NotThere(message_id)
        return found

    def all_messages(self) -> list[Message]:
        with self.lock:
            return list(self._messages.values())

    def folder(self, name: str) -> Folder:
        """A folder by id, by the name everybody knows it by, or by the name people see.

        Raises:
            NotThere: there is none.
        """
        with self.lock:
            if name in (ROOT, self.root.folder_id):
                return self.root
            if name in self.folders:
                return self.folders[name]
            for folder in self.folders.values():
                if name.lower() == folder.well_known or name == folder.name:
                    return folder
        raise NotThere(name)

    def _rename(self, message: Message) -> None:
        del self._by_id[message.message_id]
        message.message_id = new_id("AAMk")
        self._by_id[message.message_id] = message

    def _note(self, message: Message, kind: str) -> Change:
        number = len(self.journal) + 1
        change = Change(number, message.folder_id, message.immutable_id, message.message_id, kind)
        self.journal.append(change)
        return change


def new_id(start: str) -> str:
    """An id as long and as awkward as those of Exchange: with dashes, lines below and an equals sign."""
    return f"{start}{secrets.token_urlsafe(60)}-_="
