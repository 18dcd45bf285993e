"""Every mail sample gives what expected.json says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mail_samples import BODIES, EXPECTED, MESSAGES, ROOT, collapsed, raw

from app.mailroom import parsing


def test_the_list_of_expectations_names_every_sample() -> None:
    assert sorted(EXPECTED) == sorted([*MESSAGES, *BODIES])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sample(name: str) -> None:
    expected = EXPECTED[name]
    parsed = parsing.parse(raw(name))
    told = parsed.as_dict()

    assert told["from_address"] == expected.get("from_address", told["from_address"])
    assert told["from_name"] == expected.get("from_name", told["from_name"])
    assert told["subject"] == expected.get("subject", told["subject"])
    assert told["message_id"] == expected.get("message_id", told["message_id"])
    assert told["is_auto_reply"] == expected.get("is_auto_reply", told["is_auto_reply"])
    assert told["is_bounce"] == expected.get("is_bounce", told["is_bounce"])
    assert parsed.verdict.is_machine == expected.get("machine", parsed.verdict.is_machine)
    if "attachments" in expected:
        assert [part["filename"] for part in told["attachments"]] == expected["attachments"]
    if "reply_text" in expected:
        assert collapsed(told["reply_text"]) == collapsed(expected["reply_text"])
    for phrase in expected.get("reply_has", ()):
        assert phrase in collapsed(told["reply_text"])
    for phrase in expected.get("reply_lacks", ()):
        assert phrase not in collapsed(told["reply_text"])


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_told_from_a_file(name: str) -> None:
    assert parsing.is_mail(raw(name)) is (name != "sisimai/size-0.eml")


@pytest.mark.parametrize(
    "path",
    sorted(path for path in ROOT.rglob("*") if path.is_file() and path.suffix != ".eml"),
    ids=lambda path: path.name,
)
def test_a_text_beside_the_messages_is_no_mail(path: Path) -> None:
    assert not parsing.is_mail(path.read_bytes())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_no_word_of_a_sample_is_lost_by_folding(name: str) -> None:
    reply = parsing.parse(raw(name)).reply
    assert sorted(reply.whole.split()) == sorted(" ".join([reply.new, *reply.folded]).split())


@pytest.mark.parametrize(
    ("name", "address", "original"),
    [
        ("synthetic/ndr-exchange-de.eml", "klaus.weg@kunde.example", "<ticket-4770-1@helpdesk.example>"),
        (
            "sisimai/lhost-gmx-02.eml",
            "shironeko@example.jp",
            "<trinity-fde69d4e-12a0-462b-9dcd-7312ce506d03-1417194013122@3capp-mailcom-lxa07>",
        ),
        (
            "sisimai/lhost-einsundeins-02.eml",
            "kijitora@example.org",
            "<eeeeeeee.neko.000000000nyaaan-00@smtp.example.jp>",
        ),
        (
            "flanker/bounce--gmail-invalid-address.eml",
            "awfawfawfawfawfaw@someserverhere.com",
            "<CAKsfaBUUGqVZiaMrmH3TRPfq1odQPtM7Ey5YW1SgyJJRHtAjgw@mail.gmail.com>",
        ),
        (
            "sisimai/lhost-outlook-06.eml",
            "kijitora@example.com",
            "<BAY182-W4180385B0DABF89EB94B34A9300@phx.gbl>",
        ),
        (
            "spamscope/mail_malformed_2.eml",
            "abh@netpar.com.br",
            "<004801d1fc84$01c934ac$b247f0b7$@infospacemail.com>",
        ),
    ],
)
def test_a_bounce_leads_to_the_message_it_is_about(name: str, address: str, original: str) -> None:
    verdict = parsing.parse(raw(name)).verdict
    assert [failure.address for failure in verdict.failures] == [address]
    assert verdict.original_message_id == original


def test_a_delay_is_told_from_a_failure() -> None:
    assert parsing.parse(raw("sisimai/lhost-outlook-06.eml")).verdict.failures[0].action == "delayed"
    assert parsing.parse(raw("synthetic/ndr-exchange-de.eml")).verdict.failures[0].action == "failed"


def test_a_receipt_leads_to_the_message_that_was_read() -> None:
    verdict = parsing.parse(raw("synthetic/read-receipt-outlook-de.eml")).verdict
    assert verdict.original_message_id == "<ticket-4733-1@helpdesk.example>"


def test_an_invitation_is_kept() -> None:
    mail = parsing.parse(raw("synthetic/calendar-invite-outlook-de.eml")).mail
    assert [(part.filename, part.content_type) for part in mail.attachments] == [
        ("invite-1.ics", "text/calendar")
    ]
    assert b"METHOD:REQUEST" in mail.attachments[0].data
    assert "Wartungsfenster März" in mail.text


def test_a_winmail_dat_is_unpacked() -> None:
    mail = parsing.parse(raw("synthetic/tnef-winmail-dat-de.eml")).mail
    assert [(part.filename, part.size) for part in mail.attachments] == [("Rechnung_März.csv", 27)]
    assert mail.text == "Im Anhang die Rechnung für März."


def test_a_winmail_dat_that_holds_no_file_is_kept_whole() -> None:
    mail = parsing.parse(raw("sisimai/lhost-amazonworkmail-05.eml")).mail
    assert "winmail.dat" in [part.filename for part in mail.attachments]


def test_an_image_shown_by_its_content_id_is_inline() -> None:
    (logo,) = parsing.parse(raw("synthetic/outlook-desktop-reply-de.eml")).mail.attachments
    assert logo.inline
    assert logo.content_id == "image001.png@01DA6E1F.4C0D1B20"


@pytest.mark.parametrize("name", ["flanker/enclosed.eml", "flanker/enclosed-broken.eml"])
def test_an_enclosed_message_is_a_file(name: str) -> None:
    mail = parsing.parse(raw(name)).mail
    assert [(part.filename, part.content_type) for part in mail.attachments] == [
        ("thanks.eml", "message/rfc822")
    ]
    assert mail.enclosed_ids == ("<BANLkTinHZL1QMDHOv7Ewp+Z5u6SPvYcc+Q@mail.gmail.com>",)


def test_the_long_subject_is_kept_to_a_readable_length() -> None:
    mail = parsing.parse(raw("flanker/long-header.eml")).mail
    assert mail.title.startswith("Die heiße Zypernsonne quälte Max und Victoria")
    assert len(mail.title) == 200
    assert len(mail.subject) == 1_000


def test_bare_carriage_returns_end_lines() -> None:
    mail = parsing.parse(raw("sisimai/mac--lhost-postfix-01.eml")).mail
    assert mail.subject == "Undelivered Mail Returned to Sender"
    assert mail.report is not None
    assert mail.report.recipients[0].status == "5.1.1"


def test_utf8_under_a_chinese_label_is_read_as_utf8() -> None:
    assert parsing.parse(raw("spamscope/mail_test_12.eml")).mail.text.startswith("你好！")


def test_an_unknown_sender_is_nobody() -> None:
    mail = parsing.parse(raw("mikel-mail/error_emails--bad_encoded_subject.eml")).mail
    assert mail.sender is None
    assert mail.subject == "TEST"
