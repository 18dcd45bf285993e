"""Is this mail from a person? Auto-replies, bounces, receipts, complaints, lists and our own mail told apart.

After RFC 3834 (auto-replies), RFC 3464 and 6522 (delivery reports), RFC 8098 (receipts), RFC 5965 (complaints),
RFC 2919 and 2369 (lists), and the bounces that follow none of them. A false alarm costs a person the answer, so
whatever only hints at a machine needs a second hint; people who write from postmaster@ stay people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.mailroom.machines import signs
from app.mailroom.mail import Mail, ReportedRecipient
from app.mailroom.words import MachineKind, ReportKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who wrote a mail and why we think so.

    rule is a short English phrase for the log and the agent. answerable says whether an automatic mail may go
    back; it is False for some people too (they asked for none). failures and original_message_id lead a bounce,
    receipt or complaint to the delivery it is about ('' when unknown); a failure's action is 'failed' unless
    the report says otherwise ('delayed').
    """

    kind: MachineKind
    rule: str
    answerable: bool = False
    failures: tuple[ReportedRecipient, ...] = ()
    original_message_id: str = ""

    @property
    def is_bounce(self) -> bool:
        """A mail of ours (or one that claims to be) did not arrive, or not yet."""
        return self.kind is MachineKind.BOUNCE

    @property
    def is_auto_reply(self) -> bool:
        """A machine answered for a person: out of office, or a receipt."""
        return self.kind in (MachineKind.AUTO_REPLY, MachineKind.RECEIPT)

    @property
    def is_machine(self) -> bool:
        """Bounce, auto-reply, receipt or complaint: never to be answered, never to move a ticket or a clock."""
        return self.is_bounce or self.is_auto_reply or self.kind is MachineKind.COMPLAINT


def judge(
    mail: Mail,
    *,
    own_addresses: Collection[str] = (),
    is_own_id: Callable[[str], bool] | None = None,
) -> Verdict:
    """Decide who wrote a mail.

    Args:
        mail: as parsed.
        own_addresses: the addresses of our mailboxes, in lower case.
        is_own_id: whether a Message-ID is one we gave out (keyed, see abuse case A11).
    """
    return (
        _own(mail, own_addresses, is_own_id)
        or _reported(mail)
        or _bounced(mail)
        or _receipt(mail)
        or _automatic(mail)
        or _listed(mail)
        or _person(mail)
    )


def _own(mail: Mail, addresses: Collection[str], is_own_id: Callable[[str], bool] | None) -> Verdict | None:
    if mail.message_id and is_own_id is not None and is_own_id(mail.message_id):
        return Verdict(MachineKind.OWN, "our own Message-ID")
    if mail.sender and mail.sender.email.lower() in addresses:
        return Verdict(MachineKind.OWN, "from our own address")
    return None


def _reported(mail: Mail) -> Verdict | None:
    """A machine-readable report. A person who encloses one does so inside a message of its own."""
    report = mail.report
    if report is None or not (mail.content_type == "multipart/report" or _from_post_office(mail)):
        return None
    original = report.original_message_id or (mail.enclosed_ids[0] if mail.enclosed_ids else "")
    if report.kind is ReportKind.DISPOSITION:
        return Verdict(MachineKind.RECEIPT, "disposition notification", original_message_id=original)
    if report.kind is ReportKind.FEEDBACK:
        return Verdict(MachineKind.COMPLAINT, "feedback report", original_message_id=original)
    arrived = {"delivered", "relayed", "expanded"}
    if report.recipients and all(recipient.action in arrived for recipient in report.recipients):
        return Verdict(MachineKind.RECEIPT, "delivery report: delivered", original_message_id=original)
    return Verdict(
        MachineKind.BOUNCE, "delivery status report", failures=report.recipients, original_message_id=original
    )


def _bounced(mail: Mail) -> Verdict | None:
    rule = _bounce_rule(mail)
    if not rule:
        return None
    ids = mail.enclosed_ids or tuple(signs.MESSAGE_ID_LINE.findall(mail.text[: signs.READ_TEXT])[:1])
    return Verdict(
        MachineKind.BOUNCE, rule, failures=_failures(mail), original_message_id=ids[0] if ids else ""
    )


def _bounce_rule(mail: Mail) -> str:
    sender = mail.sender.email if mail.sender else mail.sender_text
    if mail.header("x-failed-recipients"):
        return "X-Failed-Recipients"
    if "x-ms-exchange-message-is-ndr" in mail.headers or mail.header("x-tnef-message-class").startswith(
        "REPORT"
    ):
        return "Exchange says it is one"
    if signs.MAILER_DAEMON.match(sender):
        return "from the mailer daemon"
    if not signs.BOUNCE_SUBJECT.match(mail.subject):
        return ""
    if _has_null_return_path(mail):
        return "bounce subject and empty return path"
    text = " ".join(mail.text[: signs.READ_TEXT].split())
    if signs.POST_OFFICE.match(sender) and signs.ADDRESS.search(text) and signs.BOUNCE_TEXT.search(text):
        return "bounce subject from the postmaster"
    return ""


def _receipt(mail: Mail) -> Verdict | None:
    if not signs.RECEIPT_PREFIX.match(mail.subject):
        return None
    if _has_null_return_path(mail) or signs.RECEIPT_TEXT.search(_first_lines(mail.text)):
        return Verdict(MachineKind.RECEIPT, "receipt subject", original_message_id=_answered(mail))
    return None


def _automatic(mail: Mail) -> Verdict | None:
    rule = _automatic_rule(mail)
    return Verdict(MachineKind.AUTO_REPLY, rule, original_message_id=_answered(mail)) if rule else None


def _automatic_rule(mail: Mail) -> str:
    submitted = mail.header("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted[:40]}"
    for name in signs.AUTO_HEADERS:
        if mail.header(name).lower() not in ("", "no", "false", "0"):
            return f"header {name}"
    if "auto_reply" in (
        _precedence(mail),
        mail.header("preference").lower(),
        mail.header("x-precedence").lower(),
    ):
        return "Precedence: auto_reply"
    if "autoresponder" in (mail.header("x-post-messageclass") + mail.header("delivered-to")).lower():
        return "autoresponder"
    if signs.AUTO_PREFIX.match(mail.subject):
        return "auto-reply subject"
    if _has_null_return_path(mail):
        return "empty return path"
    if signs.AUTO_WORDS.match(mail.subject) and (
        mail.header("x-auto-response-suppress") or _precedence(mail) in signs.BULK
    ):
        return "auto-reply subject with suppressed answers"
    return "X-Loop" if mail.header("x-loop") and not _list_rule(mail) else ""


def _listed(mail: Mail) -> Verdict | None:
    rule = _list_rule(mail)
    return Verdict(MachineKind.LIST, rule) if rule else None


def _list_rule(mail: Mail) -> str:
    for name in signs.LIST_HEADERS:
        if mail.header(name):
            return f"header {name}"
    return f"Precedence: {_precedence(mail)}" if _precedence(mail) in signs.BULK else ""


def _person(mail: Mail) -> Verdict:
    """X-Auto-Response-Suppress alone makes no machine: Exchange puts it on people's mail too."""
    if mail.sender is None:
        return Verdict(MachineKind.PERSON, "unknown sender")
    if signs.NO_REPLY.match(mail.sender.email):
        return Verdict(MachineKind.PERSON, "no-reply address")
    if "all" in re.split(r"[,\s]+", mail.header("x-auto-response-suppress").lower()):
        return Verdict(MachineKind.PERSON, "asks for no automatic answer")
    return Verdict(MachineKind.PERSON, "no sign of a machine", answerable=True)


def _from_post_office(mail: Mail) -> bool:
    sender = mail.sender.email if mail.sender else mail.sender_text
    return _has_null_return_path(mail) or bool(
        signs.MAILER_DAEMON.match(sender) or signs.POST_OFFICE.match(sender)
    )


def _has_null_return_path(mail: Mail) -> bool:
    """Present and empty (RFC 5321: of a notification nobody is to be notified); absent says nothing."""
    paths = mail.headers.get("return-path", ())
    return bool(paths) and paths[0].strip().strip("<>").strip() == ""


def _precedence(mail: Mail) -> str:
    return mail.header("precedence").strip().lower().replace("-", "_")


def _answered(mail: Mail) -> str:
    ids = mail.in_reply_to or mail.references
    return ids[-1] if ids else ""


def _first_lines(text: str) -> str:
    return " ".join(text[:2_000].split())


def _failures(mail: Mail) -> tuple[ReportedRecipient, ...]:
    """The addresses a bounce without a report names: those in its header, else the first in its own words."""
    named = signs.ADDRESS.findall(mail.header("x-failed-recipients"))
    own_words = "\n".join(mail.text[: signs.READ_TEXT].split("\n")[: signs.READ_LINES])
    status = signs.STATUS.search(own_words)
    addressed = {address.email.lower() for address in mail.to} | {
        mail.sender.email.lower() if mail.sender else ""
    }
    if not named:
        named = [found for found in signs.ADDRESS.findall(own_words) if found.lower() not in addressed][:1]
    return tuple(
        ReportedRecipient(address, "failed", status[1] if status else "", "")
        for address in dict.fromkeys(named[:20])
    )
