"""Machines told from people: every header and subject that gives one away, and the people who look like one."""

from __future__ import annotations

import pytest

from app.mailroom.machines import judge
from app.mailroom.parsing import message
from app.mailroom.words import MachineKind


def _judged(
    *headers: str, body: str = "Hallo", sender: str = "Ada <ada@kunde.example>", subject: str = "Frage"
):  # type: ignore[no-untyped-def]
    lines = [f"From: {sender}", f"Subject: {subject}", "To: support@helpdesk.example", *headers]
    return judge(message.parse(("\r\n".join(lines) + "\r\n\r\n" + body).encode()))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", MachineKind.AUTO_REPLY),
        ("Auto-Submitted: auto-generated (by me); owner=x", MachineKind.AUTO_REPLY),
        ("auto-submitted: AUTO-NOTIFIED", MachineKind.AUTO_REPLY),
        ("Precedence: bulk", MachineKind.LIST),
        ("Precedence: list", MachineKind.LIST),
        ("Precedence: junk", MachineKind.LIST),
        ("Precedence: auto_reply", MachineKind.AUTO_REPLY),
        ("Preference: auto_reply", MachineKind.AUTO_REPLY),
        ("X-Precedence: auto-reply", MachineKind.PERSON),
        ("X-Loop: support@kunde.example", MachineKind.AUTO_REPLY),
        ("X-Autoreply: yes", MachineKind.AUTO_REPLY),
        ("X-Autorespond: Frage", MachineKind.AUTO_REPLY),
        ("X-POST-MessageClass: 9; Autoresponder", MachineKind.AUTO_REPLY),
        ("List-Id: <technik.listen.example>", MachineKind.LIST),
        ("List-Unsubscribe: <mailto:weg@listen.example>", MachineKind.LIST),
        ("Return-Path: <>", MachineKind.AUTO_REPLY),
        ("X-Failed-Recipients: weg@kunde.example", MachineKind.BOUNCE),
        ("X-MS-Exchange-Message-Is-Ndr:", MachineKind.BOUNCE),
    ],
)
def test_a10_a_header_gives_a_machine_away(header: str, kind: MachineKind) -> None:
    verdict = _judged(header)
    assert verdict.kind is kind
    assert verdict.answerable is (kind is MachineKind.PERSON)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatische Antwort: [#4711] Prüfliste",
        "Automatic reply: Question",
        "Out of Office AutoReply: Question",
        "Abwesenheitsnotiz: bin im Urlaub",
        "Réponse automatique : Question",
        "Automatisch antwoord: Vraag",
        "Autosvar: Fråga",
        "Odpowiedź automatyczna: Pytanie",
    ],
)
def test_a_prefix_only_exchange_writes_is_enough(subject: str) -> None:
    assert _judged(subject=subject).kind is MachineKind.AUTO_REPLY


@pytest.mark.parametrize("subject", ["Abwesenheitsnotiz", "Out of office until Monday", "Ich bin im Urlaub"])
def test_words_a_person_could_write_need_a_second_hint(subject: str) -> None:
    assert _judged(subject=subject).kind is MachineKind.PERSON
    assert _judged("X-Auto-Response-Suppress: All", subject=subject).kind is MachineKind.AUTO_REPLY
    assert _judged("Return-Path: <>", subject=subject).kind is MachineKind.AUTO_REPLY


@pytest.mark.parametrize(
    ("subject", "sender"),
    [
        ("AW: Automatische Antwort: Frage", "Ada <ada@kunde.example>"),
        ("Abwesenheitsnotiz einrichten", "Ada <ada@kunde.example>"),
        ("Unzustellbar-Meldungen seit gestern", "Postmaster <postmaster@kunde.example>"),
        ("WG: Unzustellbar: Angebot", "Postmaster <postmaster@kunde.example>"),
        ("Undeliverable: what does that mean?", "Ada <ada@kunde.example>"),
        ("Gelesen: Ihr neues Handbuch", "Ada <ada@kunde.example>"),
        ("Delivery of the printer", "postmaster@kunde.example"),
    ],
)
def test_people_stay_people(subject: str, sender: str) -> None:
    verdict = _judged(subject=subject, sender=sender, body="Was bedeutet das? Bitte an weg@kunde.example")
    assert verdict.kind is MachineKind.PERSON
    assert verdict.answerable


def test_suppressed_answers_alone_make_no_machine() -> None:
    assert _judged("X-Auto-Response-Suppress: DR, OOF, AutoReply").answerable
    verdict = _judged("X-Auto-Response-Suppress: All")
    assert verdict.kind is MachineKind.PERSON
    assert not verdict.answerable


def test_mail_an_inbox_rule_passed_on_is_from_a_person() -> None:
    assert _judged("X-MS-Exchange-Inbox-Rules-Loop: info@kunde.example").kind is MachineKind.PERSON


@pytest.mark.parametrize(
    "sender", ["no-reply@shop.example", "noreply+7@shop.example", "mail.donotreply@shop.example"]
)
def test_nobody_reads_a_no_reply_address(sender: str) -> None:
    verdict = _judged(sender=sender)
    assert verdict.kind is MachineKind.PERSON
    assert not verdict.answerable


def test_an_unknown_sender_gets_no_answer() -> None:
    assert not _judged(sender="a@x.example, b@y.example").answerable


@pytest.mark.parametrize(
    "sender",
    ["MAILER-DAEMON@mx.example", "Mail Delivery System <mailer-daemon@mx.example>", "MAILER-DAEMON (x)"],
)
def test_the_mailer_daemon_only_bounces(sender: str) -> None:
    assert _judged(sender=sender).is_bounce


@pytest.mark.parametrize(
    "subject",
    [
        "Undelivered Mail Returned to Sender",
        "Mail delivery failed: returning message to sender",
        "Delivery Status Notification (Failure)",
        "Unzustellbar: Angebot",
        "Returned mail: see transcript for details",
        "failure notice",
        "DELIVERY FAILURE: User weg not listed",
        "Nicht zustellbar: Angebot",
        "Warning: could not send message for past 4 hours",
        "Onbestelbaar: Aanbod",
        "Non remis : Offre",
    ],
)
def test_a_bounce_without_a_report_is_known_by_subject_and_sender(subject: str) -> None:
    body = (
        "Your message\r\n\r\nto weg@kunde.example could not be delivered.\r\n550 5.1.1 unknown user\r\n\r\n"
        "Message-ID: <t-1@helpdesk.example>"
    )
    for verdict in (
        _judged("Return-Path: <>", subject=subject, body=body),
        _judged(subject=subject, body=body, sender="Mail Delivery Subsystem <postmaster@mx.example>"),
    ):
        assert verdict.is_bounce
        assert [(failure.address, failure.status) for failure in verdict.failures] == [
            ("weg@kunde.example", "5.1.1")
        ]
        assert verdict.original_message_id == "<t-1@helpdesk.example>"


def _report(report_type: str, part: str, *headers: str, kind: str = "report") -> bytes:
    return (
        "\r\n".join(
            [
                "From: postmaster@mx.example",
                f'Content-Type: multipart/{kind}; report-type={report_type}; boundary="b"',
                *headers,
                "",
                "--b",
                "",
                "Hallo",
                "--b",
                f"Content-Type: message/{report_type}",
                "",
                part,
                "--b--",
            ]
        )
    ).encode()


STATUS = "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; weg@kunde.example\r\nAction: {}\r\nStatus: 5.1.1\r\n"


def test_a12_a_delivery_report_is_a_bounce_with_its_recipients() -> None:
    verdict = judge(message.parse(_report("delivery-status", STATUS.format("failed"))))
    assert verdict.is_bounce
    assert verdict.failures[0].status == "5.1.1"


def test_a_report_that_all_went_well_is_a_receipt() -> None:
    assert (
        judge(message.parse(_report("delivery-status", STATUS.format("delivered")))).kind
        is MachineKind.RECEIPT
    )


def test_a_report_cut_off_before_its_facts_is_still_a_bounce() -> None:
    raw = _report("delivery-status", "")[:150]
    assert judge(message.parse(raw)).is_bounce


def test_a_person_who_passes_a_report_on_stays_a_person() -> None:
    raw = _report("delivery-status", STATUS.format("failed"), kind="mixed").replace(
        b"postmaster@mx", b"ada@kunde"
    )
    assert judge(message.parse(raw)).kind is MachineKind.PERSON


def test_a_complaint_is_told_from_a_bounce() -> None:
    verdict = judge(message.parse(_report("feedback-report", "Feedback-Type: abuse\r\n")))
    assert verdict.kind is MachineKind.COMPLAINT
    assert verdict.is_machine


def test_a_receipt_without_a_report_is_known_by_subject_and_words() -> None:
    verdict = _judged(
        "In-Reply-To: <t-2@helpdesk.example>",
        subject="Gelesen: Drucker",
        body="Ihre Nachricht wurde am Mittwoch, 6. März 2024 gelesen.",
    )
    assert verdict.kind is MachineKind.RECEIPT
    assert verdict.original_message_id == "<t-2@helpdesk.example>"


def test_a11_our_own_mail_is_known() -> None:
    mail = message.parse(
        b"From: Support@helpdesk.example\r\nMessage-ID: <own-1@helpdesk.example>\r\n\r\nHallo"
    )
    assert judge(mail).kind is MachineKind.PERSON
    assert judge(mail, own_addresses={"support@helpdesk.example"}).kind is MachineKind.OWN
    assert judge(mail, is_own_id=lambda found: found == "<own-1@helpdesk.example>").kind is MachineKind.OWN
