"""Tables of the mail room: accounts and where they stand, raw mail, bounces, blocked senders, mail passed on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, LongText, Model, Word, table_args
from app.mailroom.outcomes import State
from app.mailroom.words import Afterwards, Login, Match, PlaceState, Tls


class MailAccount(Model):
    """A mailbox the helpdesk reads and answers from.

    ``address_key`` is the folded address. Connection fields are empty when ``from_environment``: then the environment
    says them (see ``fixed``). Secrets are encrypted; an empty SMTP user name means that of IMAP, with its secret.
    ``authserv_id`` is the name our own mail server signs its Authentication-Results with (RFC 8601); without it nobody
    is believed to be who a mail says. ``plus_addressing``: the server takes ``name+anything@`` for ``name@``.
    ``start_on``: older mail is left alone. By Microsoft Graph an account has no servers; ``graph_reads``,
    ``graph_sends`` and ``graph_changes`` say what it may do there: read, send, and change (mark, move, draft).
    ``graph_person`` is the sign-in name of who connected it, whose refresh token it keeps.
    """

    __tablename__ = "mail_account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254))
    address_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    from_environment: Mapped[bool] = mapped_column(default=False)

    login: Mapped[Login] = mapped_column(Word(Login, 10), default=Login.PLAIN)
    imap_host: Mapped[str] = mapped_column(sa.String(253), default="")
    imap_port: Mapped[int] = mapped_column(default=993)
    imap_tls: Mapped[Tls] = mapped_column(Word(Tls, 10), default=Tls.IMPLICIT)
    imap_username: Mapped[str] = mapped_column(sa.String(254), default="")
    imap_secret: Mapped[str] = mapped_column(sa.Text, default="")
    imap_folder: Mapped[str] = mapped_column(sa.String(200), default="INBOX")
    smtp_host: Mapped[str] = mapped_column(sa.String(253), default="")
    smtp_port: Mapped[int] = mapped_column(default=587)
    smtp_tls: Mapped[Tls] = mapped_column(Word(Tls, 10), default=Tls.STARTTLS)
    smtp_username: Mapped[str] = mapped_column(sa.String(254), default="")
    smtp_secret: Mapped[str] = mapped_column(sa.Text, default="")
    oauth_token_url: Mapped[str] = mapped_column(sa.String(500), default="")
    oauth_client_id: Mapped[str] = mapped_column(sa.String(200), default="")
    oauth_scope: Mapped[str] = mapped_column(sa.String(500), default="")
    oauth_secret: Mapped[str] = mapped_column(sa.Text, default="")
    oauth_refresh_secret: Mapped[str] = mapped_column(sa.Text, default="")
    graph_reads: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    graph_sends: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    graph_changes: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    graph_person: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")

    afterwards: Mapped[Afterwards] = mapped_column(Word(Afterwards, 8), default=Afterwards.LEAVE)
    done_folder: Mapped[str] = mapped_column(sa.String(200), default="")
    start_on: Mapped[date | None]
    max_mb: Mapped[int] = mapped_column(sa.SmallInteger, default=40)
    authserv_id: Mapped[str] = mapped_column(sa.String(253), default="")
    plus_addressing: Mapped[bool] = mapped_column(default=False)
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"))
    language: Mapped[str] = mapped_column(sa.String(2), default="")

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Mailbox(Model):
    """Where reading an account stands; changes with every run, so it is no part of the account's own row.

    ``last_uid`` is the highest UID that was noted, under ``uidvalidity`` (RFC 3501, 2.3.1.1). ``trouble`` is a word of
    the IMAP client, "" when the last run went well; ``failing_since`` when it began, ``next_at`` the earliest next try.
    ``told_at``: when administrators were told that it fails or is silent. ``token`` is an encrypted access token.
    ``link``: where Microsoft Graph goes on listing, empty for from the beginning.
    """

    __tablename__ = "mailbox"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_account.id"), primary_key=True)
    uidvalidity: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    link: Mapped[str | None] = mapped_column(LongText)
    tried_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    last_mail_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(sa.String(40), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    token: Mapped[str] = mapped_column(sa.Text, default="")
    token_until: Mapped[datetime | None]


class MailPlace(Model):
    """Where a mail lies on the server, from the moment it was seen until nothing is left to do with it there.

    The row is written together with the raw mail, before anything is flagged or moved (faults F01 to F03); it goes
    when the server has been told. ``raw_mail_id`` is empty while the mail was only listed. ``remote_id`` is what
    Microsoft Graph calls the mail, ``uid`` a number made of it; such a row stays as ``done``, because a list that has
    to begin anew names every mail once more (fault F23).
    """

    __tablename__ = "mail_place"
    __table_args__ = table_args(
        sa.UniqueConstraint("account_id", "uidvalidity", "uid"),
        sa.Index("ix_mail_place_state", "account_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_account.id"))
    uidvalidity: Mapped[int] = mapped_column(sa.BigInteger)
    uid: Mapped[int] = mapped_column(sa.BigInteger)
    remote_id: Mapped[str] = mapped_column(sa.String(250), default="", server_default="")
    size: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[PlaceState] = mapped_column(Word(PlaceState, 10), default=PlaceState.LISTED)
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    raw_mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("raw_mail.id"))


class GraphDraft(Model):
    """A mail of ours that was made in a mailbox before it was sent from there, so that a death in between can be told
    from a mail that left. ``remote_id`` stays the same when the mail moves to the sent ones."""

    __tablename__ = "graph_draft"
    __table_args__ = table_args(sa.Index("ix_graph_draft_made_at", "made_at"))

    delivery_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_account.id"))
    remote_id: Mapped[str] = mapped_column(sa.String(250))
    made_at: Mapped[datetime]


class MailHint(Model):
    """A subscription by which Microsoft Graph tells that a mailbox has news; only a hint, never believed.

    ``remote_id`` is what Graph calls it, ``secret_hash`` the SHA-256 of what it says to prove itself. ``until`` is when
    it ends, ``heard_at`` when it last said something that was followed.
    """

    __tablename__ = "mail_hint"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("mail_account.id"), primary_key=True)
    remote_id: Mapped[str] = mapped_column(sa.String(100), unique=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64))
    until: Mapped[datetime]
    heard_at: Mapped[datetime | None]


class RawMail(Model):
    """One mail as it came; its bytes lie in the store under ``sha256``.

    ``account`` is where it came in: the folded address of a mailbox, so that an account that is set up again knows its
    mail, or ``import``. ``source`` is the file or place it was read from. ``sender`` and ``subject`` are what lists
    show, ``message_id`` is what our answers refer to ("" when it is too long for that). ``reason`` is a word (see
    ``outcomes``), ``detail`` what was measured. ``matched_by`` is why it went where it is. ``named_ticket_id`` is a
    ticket the mail names without its sender taking part in it, ``asker_email`` whose mail a colleague passed on,
    ``marks`` what is odd about its sender (words of ``suspicion``): hints for agents. ``is_forced``: somebody asked for
    a ticket. ``repeats_id`` says that an earlier mail had the same Message-ID and other content. ``due_at`` is when
    somebody should take it up while it is undecided; ``attempts`` are counted before the work, so that a mail which
    kills its reader is given up after some.
    """

    __tablename__ = "raw_mail"
    __table_args__ = table_args(
        sa.UniqueConstraint("account", "message_id_hash", "content_hash"),
        sa.Index("ix_raw_mail_due", "due_at"),
        sa.Index("ix_raw_mail_state", "state", "id"),
        sa.Index("ix_raw_mail_ticket", "ticket_id", "comment_id"),
        sa.Index("ix_raw_mail_sha256", "sha256"),
        sa.Index("ix_raw_mail_account", "mail_account_id", "kept_at"),
        sa.Index("ix_raw_mail_reason", "reason", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account: Mapped[str] = mapped_column(sa.String(254))
    mail_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail_account.id"))
    message_id_hash: Mapped[str] = mapped_column(sa.String(64))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    repeats_id: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    source: Mapped[str] = mapped_column(sa.String(190), default="")
    message_id: Mapped[str] = mapped_column(sa.String(500), default="")
    sender: Mapped[str] = mapped_column(sa.String(254), default="")
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    kept_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(Word(State, 12), default=State.KEPT)
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id"))
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comment.id"))
    matched_by: Mapped[Match | None] = mapped_column(Word(Match, 16))
    named_ticket_id: Mapped[int | None] = mapped_column(BigId)
    asker_email: Mapped[str] = mapped_column(sa.String(254), default="")
    asker_name: Mapped[str] = mapped_column(sa.String(160), default="")
    marks: Mapped[str] = mapped_column(sa.String(60), default="")
    is_forced: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]


class Bounce(Model):
    """A notice that a mail to an address did not arrive; ``delivery_id`` is the mail of ours it is about."""

    __tablename__ = "bounce"
    __table_args__ = table_args(sa.Index("ix_bounce_address", "address_key", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_key: Mapped[str] = mapped_column(sa.String(254))
    delivery_id: Mapped[int] = mapped_column(BigId)
    raw_mail_id: Mapped[int] = mapped_column(sa.ForeignKey("raw_mail.id"))
    is_lasting: Mapped[bool]
    words: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime]


class MutedAddress(Model):
    """An address that gets no automatic mail any more because mail to it keeps coming back."""

    __tablename__ = "muted_address"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_key: Mapped[str] = mapped_column(sa.String(254), unique=True)
    words: Mapped[str] = mapped_column(sa.String(300), default="")
    since: Mapped[datetime]


class BlockedSender(Model):
    """Whose mail becomes no ticket: an address, or a domain with its @ in front."""

    __tablename__ = "blocked_sender"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    pattern: Mapped[str] = mapped_column(sa.String(254), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
    hits: Mapped[int] = mapped_column(default=0)
    last_hit_at: Mapped[datetime | None]


class Forwarding(Model):
    """A ticket shown to somebody outside, a supplier; their answer comes back as a note. ``comment_id`` is ours."""

    __tablename__ = "forwarding"
    __table_args__ = table_args(sa.Index("ix_forwarding_ticket", "ticket_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("ticket.id"))
    comment_id: Mapped[int] = mapped_column(sa.ForeignKey("comment.id"))
    address: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(LongText)
    with_request: Mapped[bool] = mapped_column(default=False)
    file_ids: Mapped[list[Any]]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
