"""A mail program on a Dovecot mailbox: brings mails, looks at them, and does what people do beside the helpdesk.

with Dovecot({BOX: WORD}) as server, MailProgram(server) as program:
    uid = program.append(letter())
    …
    assert program.folder("Erledigt") == [mail]
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from imapclient import DELETED, IMAPClient

from tests.support.dovecot import Dovecot

TOGETHER = 200
PATIENCE = 30.0


class MailProgram:
    """One connection, made at the first use.

    Args:
        user: whose mailbox, when the server has several.
    """

    def __init__(self, server: Dovecot, user: str = "") -> None:
        self._server = server
        self.user = user or next(iter(server.users))
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The library, logged in, for what is not offered here."""
        if self._client is None:
            trust = ssl.create_default_context(cafile=str(self._server.authority))
            self._client = IMAPClient("127.0.0.1", self._server.port, ssl_context=trust, timeout=PATIENCE)
            self._client.login(self.user, self._server.users[self.user])
        return self._client

    def append(
        self,
        raw: bytes,
        folder: str = "INBOX",
        flags: Sequence[str] = (),
        received_at: datetime | None = None,
    ) -> int:
        """Deliver a mail and return its UID."""
        said = self.client.append(folder, raw, flags, received_at)
        return int(said.split(b"]")[0].split()[-1])

    def append_many(self, mails: Iterable[bytes], folder: str = "INBOX") -> None:
        """Deliver mails by the hundred, which is much faster than one after the other."""
        waiting = iter(mails)
        while some := list(itertools.islice(waiting, TOGETHER)):
            self.client.multiappend(folder, some)

    def folder(self, name: str = "INBOX") -> list[bytes]:
        """The mails in a folder, oldest first, as they are; looking does not mark them as read."""
        found = self._all(name, "BODY.PEEK[]")
        return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def uids(self, name: str = "INBOX") -> list[int]:
        return sorted(self._all(name, "UID"))

    def flags(self, uid: int, folder: str = "INBOX") -> set[str]:
        r"""The flags of a mail but ``\Recent``, which belongs to a session."""
        said = self._all(folder, "FLAGS")[uid][b"FLAGS"]
        return {flag.decode() for flag in said} - {r"\Recent"}

    def mark(self, uid: int, *flags: str, folder: str = "INBOX") -> None:
        """Set flags, as reading (``\\Seen``) and deleting (``\\Deleted``) do."""
        self.client.select_folder(folder)
        self.client.add_flags([uid], flags)

    def remove(self, *uids: int, folder: str = "INBOX") -> None:
        """Delete mails for good."""
        self.client.select_folder(folder)
        self.client.add_flags(uids, [DELETED])
        self.client.uid_expunge(uids)

    def folders(self) -> list[str]:
        return sorted(name for _flags, _delimiter, name in self.client.list_folders())

    def create(self, folder: str) -> None:
        self.client.create_folder(folder)

    def delete(self, folder: str) -> None:
        self._leave()
        self.client.delete_folder(folder)

    def recreate(self, folder: str) -> None:
        """Delete a folder and make it anew: its numbers begin again under another UIDVALIDITY. Not for INBOX."""
        self.delete(folder)
        self.create(folder)

    def renumber(self, folder: str = "INBOX") -> None:
        """Make the server forget its numbers, as after a restore: the same mails, another UIDVALIDITY."""
        self.close()
        place = self._maildir(folder)
        for path in (*place.glob("dovecot.index*"), place / "dovecot-uidlist"):
            path.unlink(missing_ok=True)

    def shut(self, folder: str) -> None:
        """Let nothing more into a folder: the server answers every copy and move into it with no."""
        for place in (self._maildir(folder), *self._maildir(folder).glob("[cnt]*")):
            if place.is_dir():
                place.chmod(0o500)

    def close(self) -> None:
        if self._client is not None:
            self._client.__exit__(None, None, None)
            self._client = None

    def __enter__(self) -> MailProgram:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def _all(self, folder: str, item: str) -> dict[int, dict[bytes, Any]]:
        self.client.select_folder(folder, readonly=True)
        found: dict[int, dict[bytes, Any]] = self.client.fetch(self.client.search(), [item])
        return found

    def _maildir(self, folder: str) -> Path:
        mails = self._server.folder / "mail" / self.user
        return mails if folder == "INBOX" else mails / f".{folder}"

    def _leave(self) -> None:
        if self.client._imap.state == "SELECTED":
            self.client.unselect_folder()
