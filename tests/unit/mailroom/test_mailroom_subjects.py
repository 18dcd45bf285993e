"""Subjects: what a ticket is called, and which tickets a subject names."""

from __future__ import annotations

import pytest

from app.mailroom import references, wording
from app.mailroom.parsing import subjects


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("[TICKET-123]", [123]),
        ("[TICKET-001]", [1]),
        ("RE: [TICKET-123] Drucker", [123]),
        ("#123", [123]),
        ("Ticket #123", [123]),
        ("AW: [#4711] Prüfliste", [4711]),
        ("[ticket-000042] x", [42]),
        ("TICKET-000042", [42]),
        ("Re: #TICKET-7", [7]),
        ("zu #12 und #13 und #12", [12, 13]),
        ("Ticket 123", []),
        ("C#7 oder F#8", []),
        ("Bestellung 2024-0815", []),
        ("&#123;", []),
        ("Farbe #12ab34", []),
        ("https://x.example/a#12", []),
        ("MY-TICKET-5", []),
        ("#0", []),
        ("#99999999999999999999999", []),
        ("#" * 2_000, []),
    ],
)
def test_ticket_numbers_in_a_subject(subject: str, numbers: list[int]) -> None:
    assert references.find(subject) == numbers


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: AW: WG: Fwd: Drucker", "Drucker"),
        ("RE: [TICKET-1] Drucker", "[TICKET-1] Drucker"),
        ("Re[2]: Drucker", "Drucker"),
        ("SV: Antw: Drucker", "Drucker"),
        ("Regen: draußen", "Regen: draußen"),
        ("Re:", ""),
        ("", ""),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_the_title_is_the_subject_without_its_prefixes(subject: str, title: str) -> None:
    assert subjects.title(subject) == title


@pytest.mark.parametrize(
    ("subject", "forward"),
    [("WG: x", True), ("Fwd: Re: x", True), ("Re: Fwd: x", False), ("x", False), ("FW: x", True)],
)
def test_only_the_outermost_prefix_makes_a_forward(subject: str, forward: bool) -> None:
    assert subjects.is_forward(subject) is forward


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("AW: [TICKET-000012] Drucker", "Drucker"),
        ("[TICKET-000012] AW: [TICKET-000013] RE: Drucker", "Drucker"),
        ("Frage zu TICKET-000012", "Frage zu TICKET-000012"),
        ("[Dringend] Drucker", "[Dringend] Drucker"),
        ("[TICKET-000012]", "(ohne Betreff)"),
        ("", "(ohne Betreff)"),
    ],
)
def test_a_ticket_is_not_called_after_the_ticket_it_answered(subject: str, title: str) -> None:
    assert wording.title_of(subject) == title


def test_marks_without_end_are_taken_off_in_bounded_time() -> None:
    assert wording.title_of("AW: [TICKET-1] " * 10_000)
