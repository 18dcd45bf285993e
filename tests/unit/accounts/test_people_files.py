"""Files of people as Excel and others write them, and files that only look like it."""

from __future__ import annotations

import pytest

from app.accounts import people_files
from app.accounts.import_rows import row_of
from app.accounts.people_files import HEADINGS, PeopleFile, read
from app.accounts.words import Role
from app.core.errors import Invalid
from app.core.sheets import BOM, original_cell, safe_cell, written

pytestmark = pytest.mark.sqlite_only
TABLE = "E-Mail;Vorname;Nachname;Straße\nmia@firma.example;Mia;Müßig;Am Weg 1\n"


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read(data)
    return caught.value.problems["file"][0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_whatever_wrote_it(encoding: str, separator: str, end: str) -> None:
    text = TABLE.replace(";", separator).replace("\n", end)
    found = read(text.encode(encoding))
    assert found.lines[0].cells == {
        "email": "mia@firma.example",
        "first_name": "Mia",
        "last_name": "Müßig",
        "street_address": "Am Weg 1",
    }
    assert found.lines[0].number == 2


def test_a_mark_of_excel_names_the_separator() -> None:
    assert read(b"sep=,\r\nE-Mail,Ort\r\na@b.example,Ulm\r\n").lines[0].cells["city"] == "Ulm"


def test_quotes_hold_separators_and_line_ends_and_lines_are_counted_as_an_editor_does() -> None:
    found = read('E-Mail;Firma\n"a@b.example";"Muster; Söhne\n& Co ""KG"""\n\nc@d.example;X\n'.encode())
    assert found.lines[0].cells["company"] == 'Muster; Söhne\n& Co "KG"'
    assert [line.number for line in found.lines] == [2, 5]


@pytest.mark.parametrize("field", HEADINGS)
def test_headings_are_known_in_german_and_english_whatever_their_capitals(field: str) -> None:
    for name in HEADINGS[field]:
        assert people_files.field_of(name.upper()) == people_files.field_of(f" {name} ") == field


def test_whole_names_in_one_column_are_taken_apart() -> None:
    found = read(b"E-Mail;Name\na@b.example;Muster, Mia\nb@b.example;Mia Muster\nc@b.example;Muster\n")
    assert found.fields == ["email", "first_name", "last_name"]
    assert [(line.cells.get("first_name"), line.cells["last_name"]) for line in found.lines] == [
        ("Mia", "Muster"),
        ("Mia", "Muster"),
        (None, "Muster"),
    ]


def test_headings_that_mean_nothing_are_told_and_passed_over() -> None:
    found: PeopleFile = read(b"E-Mail;Haustier;Ort\na@b.example;Katze;Ulm\n")
    assert found.passed_over == ["Haustier"]
    assert found.lines[0].cells == {"email": "a@b.example", "city": "Ulm"}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "Datei"),
        (b"PK\x03\x04" + b"x" * 100, "Arbeitsmappe"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "Arbeitsmappe"),
        (b"E-Mail\na\x00b@c.example\n", "Zeichen"),
        (b"\x00" * 500, "Zeichen"),
        (b"\xff\xfe" + b"\x41", "UTF-8"),
        (b"E-Mail\n\x81\x8d\xff\n", "UTF-8"),
        ("E-Mail\na@b.example\n".encode("utf-32"), "Zeichen"),
        (b"Vorname;Nachname\nMia;Muster\n", "E-Mail"),
        (b"E-Mail;Mail\na@b.example;c@d.example\n", "dasselbe"),
        (b"E-Mail;Ort\n", "keine Zeile"),
        (b'E-Mail;Ort\n"a@b.example;Ulm\n', "Zeile 2"),
        (b'E-Mail;Ort\na@b.example;"Ulm"x\n', "Zeile 2"),
        (b"E-Mail" + b";x" * 200 + b"\n", "Spalten"),
        (b"E-Mail;Ort\n" + b'a@b.example;"' + b"x" * 200_000 + b'"\n', "Zeile 2"),
        (b"E-Mail\n" + b"x" * people_files.FILE_BYTES, "größer"),
        (b"E-Mail\n" + b"a@b.example\n" * (people_files.MOST_LINES + 1), "Zeilen"),
    ],
)
def test_what_is_no_table_of_people_is_refused_plainly(data: bytes, word: str) -> None:
    assert word in refusal(data)


def test_a_cell_that_looks_like_a_formula_is_a_text() -> None:
    cells = read(b"E-Mail;Firma\na@b.example;=HYPERLINK(1)\n").lines[0].cells
    row, reason = row_of(cells)
    assert row is not None and (row.company, reason) == ("=HYPERLINK(1)", "")


@pytest.mark.parametrize("text", ["=1+1", "+49 911", "-", "@x", "'quoted'", "plain", ""])
def test_a_cell_that_was_made_safe_can_be_read_again(text: str) -> None:
    assert original_cell(safe_cell(text)) == text
    assert written([[text]]).strip("\r\n").lstrip('"')[:1] not in set("=+-@\t")
    assert BOM == "\ufeff"


@pytest.mark.parametrize(
    ("cells", "name", "value"),
    [
        ({"language": "Englisch"}, "language", "en"),
        ({"language": "DE"}, "language", "de"),
        ({"role": "Team-Leitung"}, "role", Role.TEAM_LEADER),
        ({"role": "support_agent"}, "role", Role.SUPPORT_AGENT),
        ({"is_active": "Nein"}, "is_active", False),
        ({"is_active": "x"}, "is_active", True),
    ],
)
def test_words_of_tables_are_words_of_ours(cells: dict[str, str], name: str, value: object) -> None:
    row, _reason = row_of({"email": "a@b.example", **cells})
    assert getattr(row, name) == value


@pytest.mark.parametrize(
    "cells",
    [
        {"email": "a@b@c"},
        {},
        {"email": "a@b.example", "role": "Chef"},
        {"email": "a@b.example", "phone": "1" * 41},
    ],
)
def test_a_cell_that_cannot_be_understood_is_named(cells: dict[str, str]) -> None:
    row, reason = row_of(cells)
    assert row is None and ":" in reason
