"""The machine-readable part of a report: delivery status (RFC 3464), disposition (RFC 8098), feedback (RFC 5965)."""

from __future__ import annotations

from app.mailroom.mail import Report, ReportedRecipient
from app.mailroom.parsing import bodies, headers, message_ids
from app.mailroom.parsing.structure import Entity
from app.mailroom.words import ReportKind

MAX_RECIPIENTS = 100
_PARTS = {
    "message/delivery-status": ReportKind.DELIVERY,
    "message/global-delivery-status": ReportKind.DELIVERY,
    "message/disposition-notification": ReportKind.DISPOSITION,
    "message/global-disposition-notification": ReportKind.DISPOSITION,
    "message/feedback-report": ReportKind.FEEDBACK,
}
_ENCLOSED = frozenset({"message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers"})


def read(raw: bytes, root: Entity) -> tuple[Report | None, tuple[str, ...]]:
    """The report a message carries, and the Message-IDs of the messages enclosed in it.

    Args:
        raw: the message.
        root: its structure.
    """
    report: Report | None = None
    enclosed: list[str] = []
    for leaf in root.leaves():
        if leaf.content_type in _ENCLOSED:
            enclosed.extend(bodies.enclosed_fields(bodies.content(raw, leaf))[1])
        elif report is None and leaf.content_type in _PARTS:
            report = _report(_PARTS[leaf.content_type], bodies.content(raw, leaf))
    if report is None and root.content_type == "multipart/report":
        report = _announced(root.parameter("report-type").lower())
    return report, tuple(enclosed[:MAX_RECIPIENTS])


def _announced(report_type: str) -> Report | None:
    """A report that was cut off before its machine-readable part still says what it is."""
    kinds = {kind.value: kind for kind in ReportKind}
    return Report(kinds[report_type], (), "") if report_type in kinds else None


def _report(kind: ReportKind, data: bytes) -> Report:
    original = ""
    recipients: list[ReportedRecipient] = []
    for group in _groups(data):
        original = original or message_ids.one(group.get("original-message-id", ""))
        address = _address(group.get("final-recipient") or group.get("original-recipient", ""))
        if address and kind is ReportKind.DELIVERY:
            recipients.append(
                ReportedRecipient(
                    address,
                    group.get("action", "").lower().partition(" ")[0],
                    group.get("status", "").partition(" ")[0][:20],
                    group.get("diagnostic-code", "")[:1_000],
                )
            )
    return Report(kind, tuple(recipients[:MAX_RECIPIENTS]), original)


def _groups(data: bytes) -> list[dict[str, str]]:
    """The blocks of fields, one for the message and one for each recipient."""
    groups: list[dict[str, str]] = []
    position = 0
    data = data[: 256 * 1024]
    while position < len(data) and len(groups) <= MAX_RECIPIENTS * 2:
        fields, following = headers.read(data, position, len(data), top=False)
        if fields:
            groups.append({name: headers.text(value[:4_000]) for name, value in reversed(fields)})
        position = following if following > position else _behind_line(data, position)
    return groups


def _behind_line(data: bytes, position: int) -> int:
    newline = data.find(b"\n", position)
    return newline + 1 if newline >= 0 else len(data)


def _address(value: str) -> str:
    """'rfc822; user@host' or, from senders who forget the type, 'user@host'."""
    return value.rpartition(";")[2].strip().strip("<>")[:254]
