"""Reading a CSV file of people: which signs, separator and columns it has; hostile ones are refused plainly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.accounts.arrivals import split_name
from app.core.errors import Invalid
from app.core.language import _
from app.core.sheets import original_cell
from app.core.text import fold

FILE_BYTES = 5 * 1024 * 1024
MOST_LINES = 50_000
MOST_COLUMNS = 100
CELL_LENGTH = 2_000
HEAD_LENGTH = 20_000  # of the first line, where its separator is looked for
SEPARATORS = ";,\t"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
WIDE = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
UNEXPECTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Headings as people write them, folded and without anything but letters; the first one stands in the template.
HEADINGS: dict[str, tuple[str, ...]] = {
    "email": ("E-Mail", "email", "E-Mail-Adresse", "mail", "mailadresse", "e-mail address"),
    "first_name": ("Vorname", "first name", "given name", "firstname"),
    "last_name": ("Nachname", "Familienname", "Name", "last name", "surname", "family name", "lastname"),
    "phone": ("Telefon", "Telefonnummer", "Tel", "phone", "telephone", "phone number"),
    "company": ("Firma", "Unternehmen", "company"),
    "department": ("Abteilung", "department"),
    "position": ("Position", "Funktion", "job title", "title"),
    "employee_number": ("Personalnummer", "Personal-Nr.", "employee number", "employee id"),
    "street_address": ("Straße", "Straße und Hausnummer", "Anschrift", "street", "street address", "address"),
    "postal_code": ("PLZ", "Postleitzahl", "postal code", "zip", "zip code", "postcode"),
    "city": ("Ort", "Stadt", "city", "town"),
    "country": ("Land", "country"),
    "language": ("Sprache", "language"),
    "role": ("Rolle", "role"),
    "support_level": ("Stufe", "Support-Stufe", "level", "support level"),
    "organisation": ("Organisation", "organization"),
    "manager": (
        *("Vorgesetzte(r)", "Vorgesetzter", "Vorgesetzte", "Vorgesetzte/r", "Vorgesetzte:r", "Vorgesetzte*r"),
        *("Führungskraft", "manager", "supervisor", "manager e-mail", "reports to"),
    ),
    "is_active": ("Aktiv", "active"),
}
TEMPLATE = tuple(names[0] for names in HEADINGS.values())


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line with something in it: where it begins, its cells by field, and whether it had too many of them."""

    number: int
    cells: dict[str, str]
    is_too_wide: bool = False


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file that could be read: the fields of its columns in their order, headings that mean nothing, the lines."""

    fields: list[str]
    passed_over: list[str]
    lines: list[FileLine]


def read(data: bytes) -> PeopleFile:
    """The lines of a file.

    Raises:
        Invalid: too large, no text, no heading for the address, a heading twice, a quote that never ends …
    """
    text = _text(data)
    separator = _separator(text)
    rows = _rows(text, separator)
    columns, passed_over = _columns(next(rows, (1, []))[1])
    lines: list[FileLine] = []
    for number, cells in rows:
        if len(lines) == MOST_LINES:
            raise _no(_("The file has more than %(num)s lines.", num=MOST_LINES))
        lines.append(_line(number, cells, columns))
    if not lines:
        raise _no(_("There is no line below the headings."))
    fields = [field for field in columns if field]
    if "first_name" not in fields and "last_name" in fields:
        fields.insert(fields.index("last_name"), "first_name")
        lines = [_with_both_names(line) for line in lines]
    return PeopleFile(fields, passed_over, lines)


def _with_both_names(line: FileLine) -> FileLine:
    """Where one column holds whole names, they are taken apart; a single word stays the last name."""
    name = line.cells.get("last_name", "")
    if " " not in name and "," not in name:
        return line
    first, last = split_name(name)
    return replace(line, cells=line.cells | {"first_name": first, "last_name": last})


def field_of(heading: str) -> str:
    """The field a heading stands for, "" for none."""
    return _FIELDS.get(_plain(heading), "")


def _plain(heading: str) -> str:
    return re.sub("[^a-z]", "", fold(heading))


_FIELDS = {_plain(name): field for field, names in HEADINGS.items() for name in names}


def _no(sentence: str) -> Invalid:
    return Invalid({"file": sentence})


def _text(data: bytes) -> str:
    if not data:
        raise _no(_("Please choose a file."))
    if len(data) > FILE_BYTES:
        raise _no(_("The file is larger than %(size)s MB.", size=FILE_BYTES // 1024 // 1024))
    if data.startswith(WORKBOOKS):
        raise _no(_("This is a workbook or an archive. Please save it as CSV and choose that file."))
    text = _decoded(data)
    if UNEXPECTED.search(text):
        raise _no(_("This file is no text: it has signs in it that no table has."))
    return text


def _decoded(data: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16, or what Windows wrote in Western Europe."""
    encoding = next((name for mark, name in WIDE if data.startswith(mark)), "") or _wide_without_mark(data)
    try:
        if encoding:
            return data.decode(encoding).removeprefix("\ufeff")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if encoding:
            raise _no(_("The signs of this file cannot be read. Please save it as UTF-8.")) from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise _no(_("The signs of this file cannot be read. Please save it as UTF-8.")) from None


def _wide_without_mark(data: bytes) -> str:
    """Every second byte of Western text in UTF-16 is a NUL."""
    head = data[:200]
    if len(head) < 4 or len(head) % 2:
        return ""
    if not any(head[::2]) and all(head[1::2]):
        return "utf-16-be"
    return "utf-16-le" if not any(head[1::2]) and all(head[::2]) else ""


def _separator(text: str) -> str:
    """The one that makes most known headings of the first line; Excel may also say it (``sep=;``)."""
    first = text.lstrip("\r\n").partition("\n")[0][:HEAD_LENGTH]
    said = re.fullmatch(r'"?sep=(.)"?\r?', first, re.IGNORECASE)
    if said and said[1] in SEPARATORS:
        return said[1]
    return max(
        SEPARATORS, key=lambda sign: sum(bool(field_of(part.strip('" '))) for part in first.split(sign))
    )


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them, each with the number of the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for row in reader:
            begins, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in row]
            if any(cells) and not (begins == 1 and cells[0].lower().startswith("sep=")):
                yield begins, cells
    except csv.Error:
        sentence = _("Line %(num)s cannot be read: a quotation mark has no partner.", num=before + 1)
        raise _no(sentence) from None


def _columns(headings: Sequence[str]) -> tuple[list[str], list[str]]:
    """The field of each column ("" for none), and the headings that mean nothing."""
    if len(headings) > MOST_COLUMNS:
        raise _no(_("The file has more than %(num)s columns.", num=MOST_COLUMNS))
    columns = [field_of(heading) for heading in headings]
    for heading, field in zip(headings, columns, strict=True):
        if field and columns.count(field) > 1:
            raise _no(_("Two columns mean the same: %(name)s.", name=heading))
    if "email" not in columns:
        raise _no(_("No column is called “E-Mail”. The first line has to name the columns."))
    unknown = [name[:80] for name, field in zip(headings, columns, strict=True) if name and not field]
    return columns, unknown


def _line(number: int, cells: Sequence[str], columns: Sequence[str]) -> FileLine:
    named = {
        field: original_cell(cell)[:CELL_LENGTH]
        for field, cell in zip(columns, cells, strict=False)
        if field and cell
    }
    return FileLine(number, named, is_too_wide=any(cells[len(columns) :]))
